import type { OperationName } from '../../core/generated/operations.js'
import type { Shape, Structure } from '../../core/shape.js'
import { kebab } from './names.js'
import { formats } from './output.js'
import { pagedList } from './paginate.js'

const SUMMARY: Readonly<Record<OperationName, string>> = {
  BatchGetSecretValue: 'Read the values of several secrets at once.',
  CancelRotateSecret: 'Turn off rotation, and stop a rotation in progress.',
  CreateSecret: 'Create a secret, with a first version if you pass a value.',
  DeleteResourcePolicy: 'Delete the resource policy of a secret.',
  DeleteSecret: 'Schedule a secret for deletion, or delete it at once.',
  DescribeSecret: 'Show the details of a secret, without its value.',
  GetRandomPassword: 'Generate a random password.',
  GetResourcePolicy: 'Show the resource policy of a secret.',
  GetSecretValue: 'Read the value of one version of a secret.',
  ListSecretVersionIds: 'List the versions of a secret.',
  ListSecrets: 'List the secrets of the vault.',
  PutResourcePolicy: 'Set the resource policy of a secret.',
  PutSecretValue: 'Store a new version of a secret.',
  RemoveRegionsFromReplication: 'Stop replicating a secret to some regions.',
  ReplicateSecretToRegions: 'Replicate a secret to more regions.',
  RestoreSecret: 'Cancel the scheduled deletion of a secret.',
  RotateSecret: 'Set how a secret is rotated, and rotate it.',
  StopReplicationToReplica: 'Turn a replica into an independent secret.',
  TagResource: 'Add tags to a secret.',
  UntagResource: 'Remove tags from a secret.',
  UpdateSecret: 'Change the details of a secret, or store a new current version.',
  UpdateSecretVersionStage: 'Move a staging label from one version to another.',
  ValidateResourcePolicy: 'Check a resource policy without setting it.'
}

const EXAMPLE: { readonly [name in OperationName]: string } = {
  BatchGetSecretValue: '--filters Key=name,Values=prod/ Key=tag-key,Values=team',
  CancelRotateSecret: '--secret-id prod/db',
  CreateSecret: '--name prod/db --secret-string file://password.txt --tags Key=team,Value=core',
  DeleteResourcePolicy: '--secret-id prod/db',
  DeleteSecret: '--secret-id prod/db --recovery-window-in-days 7',
  DescribeSecret: '--secret-id prod/db --output table',
  GetRandomPassword: '--password-length 40 --exclude-punctuation --query RandomPassword --output text',
  GetResourcePolicy: '--secret-id prod/db --query ResourcePolicy --output text',
  GetSecretValue: '--secret-id prod/db --query SecretString --output text',
  ListSecretVersionIds: '--secret-id prod/db --include-deprecated',
  ListSecrets: "--filters Key=name,Values=prod/ --query 'SecretList[].Name' --output text",
  PutResourcePolicy: '--secret-id prod/db --resource-policy file://policy.json --block-public-policy',
  PutSecretValue: '--secret-id prod/db --secret-string file://password.txt',
  RemoveRegionsFromReplication: '--secret-id prod/db --remove-replica-regions eu-west-1 eu-central-1',
  ReplicateSecretToRegions: '--secret-id prod/db --add-replica-regions Region=eu-west-1 Region=eu-central-1',
  RestoreSecret: '--secret-id prod/db',
  RotateSecret: '--secret-id prod/db --rotation-rules AutomaticallyAfterDays=30 --no-rotate-immediately',
  StopReplicationToReplica: '--secret-id prod/db --region eu-west-1',
  TagResource: '--secret-id prod/db --tags Key=team,Value=core \'Key=note,Value="a, b"\'',
  UntagResource: '--secret-id prod/db --tag-keys team note',
  UpdateSecret: "--secret-id prod/db --description 'Main database'",
  UpdateSecretVersionStage:
    '--secret-id prod/db --version-stage AWSCURRENT --remove-from-version-id ID --move-to-version-id ID',
  ValidateResourcePolicy: '--secret-id prod/db --resource-policy file://policy.json'
}

/** It is git-vault's own: the AWS CLI never waits. */
const NO_WAIT = '  --no-wait  do not wait for the steps; a process in the background runs them\n'

export function operationHelp(name: OperationName, input: Structure): string {
  const required = new Set(input.required)
  const members = Object.entries(input.members)
  // required members first, the rest in the model's order
  const ordered = [
    ...members.filter(([member]) => required.has(member)),
    ...members.filter(([member]) => !required.has(member))
  ]
  const options = ordered.map(([member, shape]) => {
    const flag = kebab(member)
    const usage = shape.type === 'boolean' ? `--${flag} | --no-${flag}` : `--${flag} ${operand(shape)}`
    return `  ${usage}${required.has(member) ? '  (required)' : ''}`
  })
  const pagingHelp =
    pagedList(name) === undefined
      ? ''
      : '  --max-items N | --page-size N | --starting-token TOKEN | --no-paginate\n'
  return `Usage: git-vault ${kebab(name)} [options]

${SUMMARY[name]}
The options, the output and the exit codes are those of the AWS CLI.

Options:
${options.join('\n')}
  --cli-input-json JSON | --cli-input-yaml YAML
  --generate-cli-skeleton [input|yaml-input|output]
${pagingHelp}${name === 'RotateSecret' ? NO_WAIT : ''}  --region REGION
  --output ${formats.join('|')}
  --query JMESPATH

Any TEXT may be file://PATH, to read it from a file. A BLOB is base64, or
fileb://PATH to read bytes from a file.

Example:
  git-vault ${kebab(name)} ${EXAMPLE[name]}
`
}

function operand(shape: Shape): string {
  switch (shape.type) {
    case 'string':
      return shape.enum?.join('|') ?? 'TEXT'
    case 'integer':
    case 'long':
      return 'N'
    case 'list':
      return `${nested(shape.member)} ...`
    case 'structure':
      return nested(shape)
    default:
      return shape.type.toUpperCase()
  }
}

/** Returns the shorthand syntax of a structure: `Key=TEXT,Value=TEXT`. */
function nested(shape: Shape): string {
  if (shape.type !== 'structure') return operand(shape)
  return Object.entries(shape.members)
    .map(([name, member]) => `${name}=${member.type === 'list' ? 'TEXT,TEXT' : operand(member)}`)
    .join(',')
}
