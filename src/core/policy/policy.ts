import { isMet, narrows, parseCondition, type Condition, type Context } from './conditions.js'
import { VaultError } from '../errors.js'
import { parseUniqueJson } from '../format/json.js'
import { oneSpelling, spellings } from '../partition.js'
import { matchesWildcard } from './wildcard.js'

/** The model's limit for a policy, in characters. */
const MAX_LENGTH = 20_480

/** The parts of an IAM policy document that decide a request. */
export interface Policy {
  readonly statements: readonly Statement[]
}

export interface Statement {
  readonly effect: 'Allow' | 'Deny'
  /** Absent in an identity policy, which applies to the principal it is attached to. */
  readonly principal?: PatternList
  readonly action: PatternList
  readonly resource: PatternList
  readonly conditions: readonly Condition[]
}

/** Matches if one of the patterns does; with `not` (NotAction, NotResource, NotPrincipal), if none does. */
interface PatternList {
  readonly not: boolean
  readonly patterns: readonly string[]
}

export interface PolicyRequest {
  readonly principal: { readonly arn: string; readonly account: string }
  /** `secretsmanager:GetSecretValue` */
  readonly action: string
  /** The secret's ARN; `*` if the operation has none. */
  readonly resource: string
  /** `secretsmanager:versionstage`, `aws:resourcetag/Team` */
  readonly conditions: Context
}

export type Decision = 'allow' | 'deny' | 'none'

/** The allowed members of a statement. */
const STATEMENT: ReadonlySet<string> = new Set([
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition'
])

const ACTION = /^(?:\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+)$/
const RESOURCE = /^(?:\*|arn:[^]+)$/
const ACCOUNT = /^\d{12}$/
const ROOT = /^arn:aws[a-z-]*:iam::(\d{12}):root$/
const AWS_PRINCIPAL =
  /^(?:\*|\d{12}|arn:aws[a-z-]*:(?:iam|sts)::\d{12}:(?:root|(?:user|role|assumed-role|federated-user)\/[^*?]+))$/
const SERVICE = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?$/
const FEDERATED = /^[A-Za-z0-9.:/_-]+$/

/** Principals that no caller of a vault can be. They matter in NotPrincipal. */
const FOREIGN_PRINCIPALS: Readonly<Record<string, RegExp>> = { Service: SERVICE, Federated: FEDERATED }

/**
 * Parses an IAM policy document (JSON text). Throws MalformedPolicyDocumentException, also for unknown
 * members and conditions: skipping a condition would allow more requests.
 */
export function parsePolicy(text: string, kind: 'identity' | 'resource'): Policy {
  if ([...text].length > MAX_LENGTH) malformed()
  const document = members(parseUniqueJson(text), name => ['Version', 'Id', 'Statement'].includes(name))
  const { Version, Id, Statement } = document
  if (Version !== undefined && Version !== '2012-10-17' && Version !== '2008-10-17') malformed()
  if (Id !== undefined && typeof Id !== 'string') malformed()
  const list = Array.isArray(Statement) ? (Statement as unknown[]) : [Statement]
  if (list.length === 0) malformed()
  const sids = new Set<unknown>()
  const statements = list.map(entry => {
    const statement = members(entry, name => STATEMENT.has(name))
    const { Sid } = statement
    if (Sid !== undefined && (typeof Sid !== 'string' || sids.has(Sid))) malformed()
    if (Sid !== undefined && Sid !== '') sids.add(Sid)
    return parseStatement(statement, kind)
  })
  return { statements }
}

/** The joint decision of several policies on a request: Deny wins over Allow. */
export function decide(policies: readonly Policy[], request: PolicyRequest): Decision {
  const effects = new Set(
    policies.flatMap(({ statements }) =>
      statements.filter(statement => applies(statement, request)).map(({ effect }) => effect)
    )
  )
  if (effects.has('Deny')) return 'deny'
  return effects.has('Allow') ? 'allow' : 'none'
}

/** Whether a resource policy is public: an Allow for everybody, without a condition that limits the callers. */
export function isPublic({ statements }: Policy): boolean {
  return statements.some(
    ({ effect, principal, conditions }) =>
      effect === 'Allow' &&
      (principal === undefined || principal.not || principal.patterns.includes('*')) &&
      !conditions.some(narrows)
  )
}

/**
 * A secret's ARN has another spelling if its region is not in the partition `aws`. A Deny applies to both, so that it also
 * applies if the policy and the secret are from different versions of git-vault. An Allow applies to the ARN as it is.
 */
function applies(statement: Statement, { principal, action, resource, conditions }: PolicyRequest): boolean {
  const isBroad = (statement.effect === 'Deny') !== statement.resource.not
  const resources = isBroad ? spellings(resource) : [resource]
  return (
    matchesList(statement.action, pattern => matchesWildcard(pattern.toLowerCase(), action.toLowerCase())) &&
    matchesList(statement.resource, pattern => resources.some(each => matchesWildcard(pattern, each))) &&
    (statement.principal === undefined ||
      matchesList(statement.principal, pattern => isPrincipal(pattern, statement, principal))) &&
    statement.conditions.every(condition => isMet(condition, conditions, statement.effect))
  )
}

function matchesList({ not, patterns }: PatternList, matches: (pattern: string) => boolean): boolean {
  return patterns.some(matches) !== not
}

/**
 * An account as the principal includes all its callers in a Deny and in NotPrincipal. In an Allow it only
 * permits the account's own policies to allow, so it matches only the account's root. The partition is ignored: there is one
 * account.
 */
function isPrincipal(
  pattern: string,
  { effect, principal }: Statement,
  { arn, account }: PolicyRequest['principal']
): boolean {
  if (pattern === '*' || oneSpelling(pattern) === oneSpelling(arn)) return true
  const named = ACCOUNT.test(pattern) ? pattern : ROOT.exec(pattern)?.[1]
  if (named !== account) return false
  return effect === 'Deny' || principal?.not === true || ROOT.test(arn)
}

function parseStatement(statement: Record<string, unknown>, kind: 'identity' | 'resource'): Statement {
  const { Effect, Condition } = statement
  if (Effect !== 'Allow' && Effect !== 'Deny') return malformed()
  const principal = either(statement, 'Principal', principals)
  if ((kind === 'resource') !== (principal !== undefined)) malformed()
  return {
    effect: Effect,
    ...(principal ? { principal } : {}),
    action: either(statement, 'Action', value => strings(value, ACTION)) ?? malformed(),
    resource: either(statement, 'Resource', resources) ?? malformed(),
    conditions: Condition === undefined ? [] : parseConditions(Condition)
  }
}

/** Parses `Action` or `NotAction`, for example. `undefined` if both are absent; having both is malformed. */
function either(
  statement: Record<string, unknown>,
  name: string,
  parse: (value: unknown) => string[]
): PatternList | undefined {
  const [yes, no] = [statement[name], statement[`Not${name}`]]
  if (yes !== undefined && no !== undefined) malformed()
  if (yes === undefined && no === undefined) return undefined
  return { not: yes === undefined, patterns: parse(yes ?? no) }
}

function principals(value: unknown): string[] {
  if (value === '*') return ['*']
  const kinds = Object.entries(
    members(value, name => name === 'AWS' || Object.hasOwn(FOREIGN_PRINCIPALS, name))
  )
  if (kinds.length === 0) malformed()
  return kinds.flatMap(([name, list]) =>
    strings(list, FOREIGN_PRINCIPALS[name] ?? AWS_PRINCIPAL).map(text =>
      name === 'AWS' ? text : `${name}:${text}`
    )
  )
}

/** Refuses policy variables: they are not supported, and a name with one would match nothing. */
function resources(value: unknown): string[] {
  const patterns = strings(value, RESOURCE)
  return patterns.some(hasVariable) ? malformed() : patterns
}

function parseConditions(value: unknown): Condition[] {
  return Object.entries(members(value, () => true)).flatMap(([operator, keys]) =>
    Object.entries(members(keys, () => true)).map(([key, values]) => {
      const texts = (Array.isArray(values) ? (values as unknown[]) : [values]).map(scalar)
      if (texts.some(hasVariable)) malformed()
      return parseCondition(operator, key, texts) ?? malformed()
    })
  )
}

function hasVariable(text: string): boolean {
  return text.includes('${')
}

function scalar(value: unknown): string {
  if (typeof value === 'string') return value
  return typeof value === 'boolean' || typeof value === 'number' ? String(value) : malformed()
}

/** One string or a list of at least one. Each must match `form`. */
function strings(value: unknown, form: RegExp): string[] {
  const list = Array.isArray(value) ? (value as unknown[]) : [value]
  if (list.length === 0) malformed()
  return list.map(text => (typeof text === 'string' && form.test(text) ? text : malformed()))
}

/** A JSON object with known members only. */
function members(value: unknown, isKnown: (name: string) => boolean): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return malformed()
  return Object.keys(value).every(isKnown) ? (value as Record<string, unknown>) : malformed()
}

function malformed(): never {
  throw new VaultError('MalformedPolicyDocumentException', 'This policy has invalid syntax.')
}
