import { actionPattern } from './grant.js'
import type { Policy } from './policy.js'

/** Keys that a request to the endpoint may have: in lower case; those that end in `/` go on with a tag's name. */
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

/** A secret's ARN ends in a hyphen and six characters, or in a wildcard that stands for them. */
const WHOLE_ARN = /(?:-[A-Za-z0-9?]{6}|\*)$/

/**
 * What of a policy can never match, as a slip of the pen does: to IAM it is no mistake, and so not to be refused, but a
 * Deny that never matches denies nothing.
 */
export function unusableParts({ statements }: Policy): string[] {
  return statements.flatMap(({ action, resource, conditions }) => [
    ...action.patterns
      .filter(pattern => /^secretsmanager:/i.test(pattern) && actionPattern(pattern) === undefined)
      .map(pattern => `no operation is called ${pattern}`),
    ...resource.patterns
      .filter(
        pattern => /^arn:aws[a-z-]*:secretsmanager:.*:secret:/.test(pattern) && !WHOLE_ARN.test(pattern)
      )
      .map(
        pattern =>
          `no secret has the ARN ${pattern}: it goes on with a hyphen and six characters, such as -??????`
      ),
    ...conditions
      .filter(({ key }) => !KEYS.has(key.replace(/\/.*$/s, '/')))
      .map(({ key }) => `no request has the condition key ${key}`)
  ])
}
