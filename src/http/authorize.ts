import type { Access } from '../core/access/access.js'
import { isProvenPolicy } from '../core/access/policyProof.js'
import { VaultError } from '../core/errors.js'
import type { OperationName } from '../core/generated/operations.js'
import { formatArn, parseArn, parseSecretId } from '../core/service/name.js'
import { partitionOf, userArn } from '../core/partition.js'
import { decide, parsePolicy, type Policy, type PolicyRequest } from '../core/policy/policy.js'
import type { Secret } from '../vault/view.js'
import { conditionsOf, type Input } from './context.js'
import type { Credential } from './credentials.js'

/** The caller of a request, and the circumstances that are the same for everything it needs. */
export interface Caller {
  readonly credential: Pick<Credential, 'name' | 'policy'>
  readonly region: string
  /** The vault's home region. */
  readonly home: string
  /** Milliseconds since the Unix epoch. */
  readonly now: number
  readonly address: string
  readonly isSecure: boolean
  /** Set to `true` if only its own policy allows something. The Denies of resource policies hold all the same. */
  readonly ownPolicyOnly?: boolean | undefined
}

/**
 * One permission that a request needs: an action on a resource, with the condition keys that policies may
 * test.
 */
export interface Need {
  readonly action: string
  /** The form that policies match. */
  readonly resource: string
  /** The form that a refusal names. */
  readonly shown: string
  /** The secret's resource policy, if it has one. */
  readonly policy: Policy | undefined
  readonly conditions: ReadonlyMap<string, readonly string[]>
}

/** The region and account of the secrets that a request is about. */
export interface Scope {
  readonly region: string
  readonly account: string
}

/** The secret that a request is about, and the access log's state at the time. */
export interface Found {
  readonly secret: Secret
  readonly access: Access
}

/** Operations whose permission is on `*`, not on a secret. */
const WITHOUT_RESOURCE: ReadonlySet<OperationName> = new Set([
  'BatchGetSecretValue',
  'GetRandomPassword',
  'ListSecrets'
])

/** The permissions that a request needs: its own action and, as in the service, those of its side effects. */
export function needsOf(
  operation: OperationName,
  input: Input,
  scope: Scope,
  found: Found | undefined
): Need[] {
  const secret = found?.secret
  const id = (input['SecretId'] ?? input['Name']) as string | undefined
  const isWithout = WITHOUT_RESOURCE.has(operation) || id === undefined
  const resource = isWithout ? '*' : (secret?.arn ?? prospectiveArn(id, scope))
  const policy = found && resourcePolicy(found)
  const need = (action: string): Need => ({
    action: `secretsmanager:${action}`,
    resource,
    shown: isWithout ? '*' : (secret?.arn ?? id),
    policy,
    conditions: conditionsOf(operation, input, secret, resource)
  })
  return [operation, ...sideActions(operation, input)].map(need)
}

/** The permissions for a secret that a forced replication replaces: those for deleting it. */
export function replacementNeeds(replaced: Secret, access: Access): Need[] {
  const input = { SecretId: replaced.arn, ForceDeleteWithoutRecovery: true }
  const { region, account } = parseArn(replaced.arn)
  return needsOf('DeleteSecret', input, { region, account }, { secret: replaced, access })
}

function sideActions(operation: OperationName, input: Input): string[] {
  const has = (name: string): boolean => ((input[name] as unknown[] | undefined) ?? []).length > 0
  if (operation === 'BatchGetSecretValue') return has('Filters') ? ['ListSecrets'] : []
  if (operation !== 'CreateSecret') return []
  return [
    ...(has('Tags') ? ['TagResource'] : []),
    ...(has('AddReplicaRegions') ? ['ReplicateSecretToRegions'] : [])
  ]
}

/**
 * The ARN of a secret that does not exist. Its suffix is `??????`, which only a wildcard in a policy matches.
 */
function prospectiveArn(id: string, { region, account }: Scope): string {
  try {
    const parsed = parseSecretId(id)
    if (parsed.kind === 'arn') return id
    return formatArn({ region, account, ...parsed, suffix: '??????' })
  } catch (error) {
    // the operation reports an invalid name, once the caller is authorized
    if (error instanceof VaultError)
      return `arn:${partitionOf(region)}:secretsmanager:${region}:${account}:secret:${id}`
    throw error
  }
}

/**
 * The secret's policy; `undefined` if it has none. An Allow takes effect only if a member who may decrypt the secret set the
 * policy, and the policy's own signature proves it: a member with `manage` alone must not let a credential of this server
 * read what they cannot. A Deny always takes effect. Throws `DocumentRefused` for an invalid policy, so that it allows
 * nobody and the log reports it.
 */
function resourcePolicy({ secret, access }: Found): Policy | undefined {
  const { policy, arn } = secret.document
  if (policy?.value === undefined) return undefined
  const { statements } = parsedPolicy(policy.value)
  const denials = statements.filter(({ effect }) => effect === 'Deny')
  if (denials.length === statements.length) return { statements }
  const mayAllow = isProvenPolicy(policy, { access, secret: arn, key: secret.key.alias })
  return { statements: mayAllow ? statements : denials }
}

function parsedPolicy(text: string): Policy {
  try {
    return parsePolicy(text, 'resource')
  } catch (cause) {
    throw new VaultError('DocumentRefused', "a secret's resource policy has invalid syntax", { cause })
  }
}

/**
 * The same request, naming the authorized secret by its ARN. Other processes may write between the check and
 * the operation. If the secret was deleted and another created under its name, the operation does not find
 * it: the new ARN was never authorized. A policy, tag or label that changed in between takes effect from the
 * next request; the service itself takes longer. A version requested by a label is looked up by that label
 * again.
 */
export function pinToArn(input: Input, secret: Secret | undefined): Input {
  return secret === undefined ? input : { ...input, SecretId: secret.arn }
}

/** Throws AccessDeniedException, in the service's words, unless every need is allowed. */
export function authorize(needs: readonly Need[], caller: Caller, account: string): void {
  for (const need of needs) {
    const refusal = refusalOf(need, caller, account)
    if (refusal !== undefined) throw new VaultError('AccessDeniedException', refusal)
  }
}

/**
 * Why it is not allowed; `undefined` if it is. A Deny wins. Within an account, one policy's Allow is enough.
 */
function refusalOf(need: Need, caller: Caller, account: string): string | undefined {
  const arn = userArn(caller.credential.name, { account, home: caller.home })
  const own = caller.credential.policy
  const policies = need.policy ? [own, need.policy] : [own]
  const request: PolicyRequest = {
    principal: { arn, account },
    action: need.action,
    resource: need.resource,
    // few policies have conditions, and gathering their keys costs more than the rest of this function
    conditions: policies.some(hasConditions) ? circumstances(need, caller, arn, account) : need.conditions
  }
  const [ours, theirs = 'none'] = policies.map(policy => decide([policy], request))
  const isAllowed = ours === 'allow' || (theirs === 'allow' && caller.ownPolicyOnly !== true)
  if (ours !== 'deny' && theirs !== 'deny' && isAllowed) return undefined
  const what = `User: ${arn} is not authorized to perform: ${need.action} on resource: ${need.shown}`
  if (ours === 'deny') return `${what} with an explicit deny in an identity-based policy`
  if (theirs === 'deny') return `${what} with an explicit deny in a resource-based policy`
  return `${what} because no identity-based policy allows the ${need.action} action`
}

const hasConditions = ({ statements }: Policy): boolean =>
  statements.some(({ conditions }) => conditions.length > 0)

function circumstances(
  need: Need,
  { credential, region, now, address, isSecure }: Caller,
  arn: string,
  account: string
): Need['conditions'] {
  return new Map([
    ...need.conditions,
    ['aws:principalarn', [arn]],
    ['aws:principalaccount', [account]],
    ['aws:username', [credential.name]],
    ['aws:requestedregion', [region]],
    ['aws:currenttime', [new Date(now).toISOString()]],
    ['aws:epochtime', [String(Math.floor(now / 1000))]],
    ['aws:securetransport', [String(isSecure)]],
    ['aws:sourceip', [address]]
  ])
}
