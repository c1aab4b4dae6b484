import { AWS } from '../partition.js'
import { operations, type OperationName } from '../generated/operations.js'

/** An IAM policy document with one or two Allow statements. */
export interface Grant {
  readonly Version: '2012-10-17'
  readonly Statement: readonly {
    readonly Effect: 'Allow'
    readonly Action: readonly string[]
    readonly Resource: readonly string[]
  }[]
}

const SERVICE = 'secretsmanager:'

/** These operations act on no secret, so a policy can only allow them on the resource `*`. */
const WITHOUT_SECRET: readonly OperationName[] = ['BatchGetSecretValue', 'GetRandomPassword', 'ListSecrets']

/**
 * The action in policy form: `GetSecretValue` and `secretsmanager:getsecretvalue` both become
 * `secretsmanager:GetSecretValue`. `undefined` if no operation has that name, or none matches the wildcards.
 */
export function actionPattern(text: string): string | undefined {
  const name = text.toLowerCase().startsWith(SERVICE) ? text.slice(SERVICE.length) : text
  if (name === '*') return `${SERVICE}*`
  if (!/^[A-Za-z*?]+$/.test(name)) return undefined
  const pattern = new RegExp(`^${name.replace(/\*+/g, '.*').replaceAll('?', '.')}$`, 'i')
  const matching = Object.keys(operations).filter(operation => pattern.test(operation))
  if (matching.length === 0) return undefined
  return `${SERVICE}${/[*?]/.test(name) ? name : matching[0]!}`
}

/**
 * The resource in policy form, from a secret's name or a pattern of names. An ARN ends in a hyphen and six
 * random characters, so `-??????` is appended, which matches no other name. `*` and ARNs are returned
 * unchanged. `undefined` if no secret can have such a name.
 * @param partition of the vault's home region
 */
export function resourcePattern(text: string, account: string, partition = AWS): string | undefined {
  if (text === '*') return text
  if (text.startsWith('arn:'))
    return /^arn:[a-z*?-]+:secretsmanager:[^:]*:[^:]*:secret:[^:]+$/.test(text) ? text : undefined
  if (!/^[A-Za-z0-9\-/_+=.@!*?]+$/.test(text)) return undefined
  const isOpen = text.endsWith('*') || text.endsWith(ANY_SUFFIX)
  return `arn:${partition}:secretsmanager:*:${account}:secret:${text}${isOpen ? '' : ANY_SUFFIX}`
}

const ANY_SUFFIX = '-??????'

/**
 * The policy that allows actions on resources, both in the form that the functions above return. An operation
 * without a secret is allowed on `*` if it is named. A wildcard includes it only if the resources are `*`.
 */
export function grant(actions: readonly string[], resources: readonly string[]): Grant {
  const allow = (Action: readonly string[], Resource: readonly string[]) =>
    Action.length === 0 ? [] : [{ Effect: 'Allow' as const, Action, Resource }]
  const isBare = (action: string): boolean => WITHOUT_SECRET.some(name => action === SERVICE + name)
  return {
    Version: '2012-10-17',
    Statement: [
      ...allow(
        actions.filter(action => !isBare(action)),
        resources
      ),
      ...allow(actions.filter(isBare), ['*'])
    ]
  }
}
