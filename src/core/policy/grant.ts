import { operations, type OperationName } from '../generated/operations.js'

/** A policy document as it is stored: IAM's, with one statement or two. */
export interface Grant {
  readonly Version: '2012-10-17'
  readonly Statement: readonly {
    readonly Effect: 'Allow'
    readonly Action: readonly string[]
    readonly Resource: readonly string[]
  }[]
}

const SERVICE = 'secretsmanager:'

/** They are about no secret, so a policy allows them on `*` or not at all. */
export const WITHOUT_SECRET: readonly OperationName[] = [
  'BatchGetSecretValue',
  'GetRandomPassword',
  'ListSecrets'
]

/**
 * An action as a policy has it: `GetSecretValue` and `secretsmanager:getsecretvalue` are
 * `secretsmanager:GetSecretValue`. `undefined` where no operation is called that; with wildcards, where none matches.
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
 * What a name, or a pattern of names, is in a policy. An ARN ends in a hyphen and six characters that nobody knows
 * beforehand: they are any, which lets no other secret in, for a name has no end but that. `*` and what begins with
 * `arn:` stand as they are. `undefined` where no secret can have such a name.
 */
export function resourcePattern(text: string, account: string): string | undefined {
  if (text === '*') return text
  if (text.startsWith('arn:'))
    return /^arn:aws:secretsmanager:[^:]*:[^:]*:secret:[^:]+$/.test(text) ? text : undefined
  if (!/^[A-Za-z0-9\-/_+=.@!*?]+$/.test(text)) return undefined
  const isOpen = text.endsWith('*') || text.endsWith(ANY_SUFFIX)
  return `arn:aws:secretsmanager:*:${account}:secret:${text}${isOpen ? '' : ANY_SUFFIX}`
}

const ANY_SUFFIX = '-??????'

/**
 * The policy that allows actions on resources, both as the functions above give them. What is named and is about no
 * secret is allowed as such; a wildcard reaches over it only where the resources are all.
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
