import { VaultError } from '../core/errors.js'
import type { OperationName } from '../core/generated/operations.js'
import { formatArn, parseSecretId } from '../core/service/name.js'
import { decide, parsePolicy, type Policy, type PolicyRequest } from '../core/policy/policy.js'
import type { Secret } from '../vault/view.js'
import { conditionsOf, type Input } from './context.js'
import type { Credential } from './credentials.js'

/** Who asks, and the circumstances that are the same for all that is asked in one request. */
export interface Caller {
  readonly credential: Pick<Credential, 'name' | 'policy'>
  readonly region: string
  /** Milliseconds since the Unix epoch. */
  readonly now: number
  readonly address: string
  readonly isSecure: boolean
}

/** One thing that must be allowed: what, on what, and all that policies may ask about it. */
export interface Need {
  readonly action: string
  /** As policies match it. */
  readonly resource: string
  /** As a refusal names it. */
  readonly shown: string
  /** The policy of the secret, where it has one. */
  readonly policy: Policy | undefined
  readonly conditions: ReadonlyMap<string, readonly string[]>
}

/** Whose secrets are asked for. */
export interface Where {
  readonly region: string
  readonly account: string
}

/** These have no secret to be allowed on. */
const WITHOUT_RESOURCE: ReadonlySet<OperationName> = new Set([
  'BatchGetSecretValue',
  'GetRandomPassword',
  'ListSecrets'
])

/** What a request needs: its own action and, as the service has it, those of what it does besides. */
export function needsOf(
  operation: OperationName,
  input: Input,
  where: Where,
  secret: Secret | undefined
): Need[] {
  const id = (input['SecretId'] ?? input['Name']) as string | undefined
  const isWithout = WITHOUT_RESOURCE.has(operation) || id === undefined
  const resource = isWithout ? '*' : (secret?.arn ?? prospective(id, where))
  const policy = secret?.document.policy?.value
  const need = (action: string): Need => ({
    action: `secretsmanager:${action}`,
    resource,
    shown: isWithout ? '*' : (secret?.arn ?? id),
    policy: policy === undefined ? undefined : resourcePolicy(policy),
    conditions: conditionsOf(operation, input, secret, resource)
  })
  return [operation, ...besides(operation, input)].map(need)
}

function besides(operation: OperationName, input: Input): string[] {
  const has = (name: string): boolean => ((input[name] as unknown[] | undefined) ?? []).length > 0
  if (operation === 'BatchGetSecretValue') return has('Filters') ? ['ListSecrets'] : []
  if (operation !== 'CreateSecret') return []
  return [
    ...(has('Tags') ? ['TagResource'] : []),
    ...(has('AddReplicaRegions') ? ['ReplicateSecretToRegions'] : [])
  ]
}

/** The ARN of a secret that is not there: its suffix is any six characters, which only a wildcard matches. */
function prospective(id: string, { region, account }: Where): string {
  try {
    const parsed = parseSecretId(id)
    if (parsed.kind === 'arn') return id
    return formatArn({ region, account, ...parsed, suffix: '??????' })
  } catch (error) {
    // that it is no name is for the operation to say, to whoever may call it
    if (error instanceof VaultError) return `arn:aws:secretsmanager:${region}:${account}:secret:${id}`
    throw error
  }
}

/** A policy that somebody has committed and that is none lets nobody in, and says so in the log. */
function resourcePolicy(text: string): Policy {
  try {
    return parsePolicy(text, 'resource')
  } catch (cause) {
    throw new VaultError('DocumentRefused', "a secret's resource policy has invalid syntax", { cause })
  }
}

/**
 * The same request for the very secret that was checked. Between the check and the operation other processes may write:
 * a secret that was deleted and made anew under its name has another ARN, and is not found rather than given by leave of
 * the old one. A policy, a tag or a label that was changed in between counts from the next request on, as if this one had
 * come a moment sooner; the service itself takes longer. A version that is asked for by a label is looked up by it again.
 */
export function pinned(input: Input, secret: Secret | undefined): Input {
  return secret === undefined ? input : { ...input, SecretId: secret.arn }
}

/** Throws AccessDeniedException, in the service's words, unless all of it is allowed. */
export function authorize(needs: readonly Need[], caller: Caller, account: string): void {
  for (const need of needs) {
    const refusal = refusalOf(need, caller, account)
    if (refusal !== undefined) throw new VaultError('AccessDeniedException', refusal)
  }
}

/** Why it is not allowed; `undefined` where it is. Deny wins; within an account one policy's Allow is enough. */
function refusalOf(need: Need, caller: Caller, account: string): string | undefined {
  const arn = `arn:aws:iam::${account}:user/${caller.credential.name}`
  const own = caller.credential.policy
  const policies = need.policy ? [own, need.policy] : [own]
  const request: PolicyRequest = {
    principal: { arn, account },
    action: need.action,
    resource: need.resource,
    // few policies have conditions, and to gather what they ask for costs more than all else here
    conditions: policies.some(hasConditions) ? circumstances(need, caller, arn, account) : need.conditions
  }
  const [ours, theirs = 'none'] = policies.map(policy => decide([policy], request))
  if (ours !== 'deny' && theirs !== 'deny' && (ours === 'allow' || theirs === 'allow')) return undefined
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
