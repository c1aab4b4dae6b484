import { spellings } from '../partition.js'
import { parsePolicy, type Statement } from './policy.js'
import { matchesWildcard } from './wildcard.js'

/**
 * Whether a resource policy means the same for a copy of its secret. It does not if a statement names the ARN of one of them,
 * or if the text has the secret's ARN in another place, such as a condition.
 */
export function appliesAlike(text: string, arn: string, copyArn: string): boolean {
  if (text.includes(arn.replace(/^.*:secret:/, ''))) return false
  return parsePolicy(text, 'resource').statements.every(
    statement => matches(statement, arn) === matches(statement, copyArn)
  )
}

function matches({ resource: { not, patterns } }: Statement, arn: string): boolean {
  return patterns.some(pattern => spellings(arn).some(each => matchesWildcard(pattern, each))) !== not
}
