import { isMet, narrows, parseCondition, type Condition } from './conditions.js'
import { VaultError } from '../errors.js'
import { parseUniqueJson } from '../format/json.js'
import { matchesWildcard } from './wildcard.js'

/** What the model allows for a policy: characters. */
const LONGEST = 20_480

/** An IAM policy document, as far as it decides. */
export interface Policy {
  readonly statements: readonly Statement[]
}

export interface Statement {
  readonly effect: 'Allow' | 'Deny'
  /** Left out in a policy that is attached to whoever it is about. */
  readonly principal?: Listed
  readonly action: Listed
  readonly resource: Listed
  readonly conditions: readonly Condition[]
}

/** One of some, or, where it was NotAction, NotResource or NotPrincipal, none of them. */
interface Listed {
  readonly not: boolean
  readonly patterns: readonly string[]
}

export interface PolicyRequest {
  readonly principal: { readonly arn: string; readonly account: string }
  /** `secretsmanager:GetSecretValue` */
  readonly action: string
  /** The secret's ARN, or `*` where the operation has none. */
  readonly resource: string
  /** Keys in lower case: `secretsmanager:versionstage`, `aws:resourcetag/team`. */
  readonly conditions: ReadonlyMap<string, readonly string[]>
}

export type Decision = 'allow' | 'deny' | 'none'

/** Which members a statement may have; and which kinds of principal there are. */
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

/** Principals that no caller of a vault is; they count for what they are not. */
const ELSEWHERE: Readonly<Record<string, RegExp>> = { Service: SERVICE, Federated: FEDERATED }

/**
 * Parses an IAM policy document (JSON text). What it does not know it refuses rather than skip, for a condition that was
 * skipped would let more in. Throws MalformedPolicyDocumentException.
 */
export function parsePolicy(text: string, kind: 'identity' | 'resource'): Policy {
  if ([...text].length > LONGEST) malformed()
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

/** What policies say of a request, taken together: Deny wins over allow. */
export function decide(policies: readonly Policy[], request: PolicyRequest): Decision {
  const effects = new Set(
    policies.flatMap(({ statements }) =>
      statements.filter(statement => applies(statement, request)).map(({ effect }) => effect)
    )
  )
  if (effects.has('Deny')) return 'deny'
  return effects.has('Allow') ? 'allow' : 'none'
}

/** Whether a resource policy lets anybody in: everybody in an Allow, and no condition that says who or from where. */
export function isPublic({ statements }: Policy): boolean {
  return statements.some(
    ({ effect, principal, conditions }) =>
      effect === 'Allow' &&
      (principal === undefined || principal.not || principal.patterns.includes('*')) &&
      !conditions.some(narrows)
  )
}

function applies(statement: Statement, { principal, action, resource, conditions }: PolicyRequest): boolean {
  return (
    listed(statement.action, pattern => matchesWildcard(pattern.toLowerCase(), action.toLowerCase())) &&
    listed(statement.resource, pattern => matchesWildcard(pattern, resource)) &&
    (statement.principal === undefined ||
      listed(statement.principal, pattern => isPrincipal(pattern, statement, principal))) &&
    statement.conditions.every(condition => isMet(condition, conditions))
  )
}

function listed({ not, patterns }: Listed, matches: (pattern: string) => boolean): boolean {
  return patterns.some(matches) !== not
}

/**
 * An account stands for all who belong to it, but to allow an account only lets its own policies allow: none gets in by
 * that alone, except the account itself.
 */
function isPrincipal(
  pattern: string,
  { effect, principal }: Statement,
  { arn, account }: PolicyRequest['principal']
): boolean {
  if (pattern === '*' || pattern === arn) return true
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

/** One of the two members, `Action` or `NotAction`; `undefined` where there is neither. */
function either(
  statement: Record<string, unknown>,
  name: string,
  parse: (value: unknown) => string[]
): Listed | undefined {
  const [yes, no] = [statement[name], statement[`Not${name}`]]
  if (yes !== undefined && no !== undefined) malformed()
  if (yes === undefined && no === undefined) return undefined
  return { not: yes === undefined, patterns: parse(yes ?? no) }
}

function principals(value: unknown): string[] {
  if (value === '*') return ['*']
  const kinds = Object.entries(members(value, name => name === 'AWS' || Object.hasOwn(ELSEWHERE, name)))
  if (kinds.length === 0) malformed()
  return kinds.flatMap(([name, list]) =>
    strings(list, ELSEWHERE[name] ?? AWS_PRINCIPAL).map(text => (name === 'AWS' ? text : `${name}:${text}`))
  )
}

/** Variables are not put in, and a name with one left as it stands would match nothing: refused. */
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

/** One string or a list of them, at least one, each of a form. */
function strings(value: unknown, form: RegExp): string[] {
  const list = Array.isArray(value) ? (value as unknown[]) : [value]
  if (list.length === 0) malformed()
  return list.map(text => (typeof text === 'string' && form.test(text) ? text : malformed()))
}

/** A JSON object with no members but those that may be. */
function members(value: unknown, isKnown: (name: string) => boolean): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return malformed()
  return Object.keys(value).every(isKnown) ? (value as Record<string, unknown>) : malformed()
}

function malformed(): never {
  throw new VaultError('MalformedPolicyDocumentException', 'This policy has invalid syntax.')
}
