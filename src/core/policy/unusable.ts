import { actionPattern } from './grant.js'
import type { Policy } from './policy.js'

/** Condition keys of requests to the endpoint, in lower case. After a final `/` comes the name of a tag. */
const KEYS: ReadonlySet<string> = new Set([
  ...[
    'versionstage',
    'name',
    'secretid',
    'versionid',
    'description',
    'kmskeyid',
    'recoverywindowindays',
    'forcedeletewithoutrecovery',
    'blockpublicpolicy',
    'forceoverwritereplicasecret',
    'addreplicaregions',
    'secretprimaryregion',
    'rotationlambdaarn',
    'rotateimmediately',
    'resourcetag/'
  ].map(name => `secretsmanager:${name}`),
  ...[
    'resourcetag/',
    'requesttag/',
    'tagkeys',
    'principalarn',
    'principalaccount',
    'username',
    'sourceip',
    'securetransport',
    'currenttime',
    'epochtime',
    'requestedregion'
  ].map(name => `aws:${name}`)
])

/** A secret's ARN ends in a hyphen and six characters; a pattern may end in a wildcard for them. */
const WHOLE_ARN = /(?:-[A-Za-z0-9?]{6}|\*)$/

/**
 * The parts of a policy that can never match, usually because of a typing mistake, each as a sentence. IAM
 * accepts such a policy, so it is not refused, but a Deny that never matches denies nothing.
 */
export function unusableParts({ statements }: Policy): string[] {
  return statements.flatMap(({ action, resource, conditions }) => [
    ...action.patterns
      .filter(pattern => /^secretsmanager:/i.test(pattern) && actionPattern(pattern) === undefined)
      .map(pattern => `no operation is named "${pattern}"`),
    ...resource.patterns
      .filter(
        pattern => /^arn:aws[a-z-]*:secretsmanager:.*:secret:/.test(pattern) && !WHOLE_ARN.test(pattern)
      )
      .map(
        pattern =>
          `no secret has the ARN "${pattern}": it must end in a hyphen and six characters, for example -??????`
      ),
    ...conditions
      .filter(({ key }) => !KEYS.has(key.replace(/\/.*$/s, '/')))
      .map(({ key }) => `no request has the condition key "${key}"`)
  ])
}
