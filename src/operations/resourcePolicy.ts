import { VaultError } from '../core/errors.js'
import { isPublic, parsePolicy } from '../core/policy/policy.js'

/** A check that a resource policy fails. */
export interface PolicyFault {
  readonly check: 'PolicySyntax' | 'BlockPublicPolicy'
  readonly error: VaultError
}

/** The check that a secret's policy fails: invalid syntax or public access; `undefined` if it passes both. */
export function policyFault(text: string): PolicyFault | undefined {
  try {
    if (!isPublic(parsePolicy(text, 'resource'))) return undefined
  } catch (error) {
    if (!(error instanceof VaultError)) throw error
    return { check: 'PolicySyntax', error }
  }
  const error = new VaultError(
    'PublicPolicyException',
    'The BlockPublicPolicy parameter is set to true, and the resource policy did not prevent broad access to the secret.'
  )
  return { check: 'BlockPublicPolicy', error }
}

/** Whether a policy that is valid allows anything. */
export const allows = (text: string): boolean =>
  parsePolicy(text, 'resource').statements.some(({ effect }) => effect === 'Allow')
