import type { OperationName } from '../../core/generated/operations.js'
import type { Shape, Structure } from '../../core/shape.js'
import { kebab } from './names.js'
import { paging } from './paginate.js'

const SUMMARY: Readonly<Record<OperationName, string>> = {
  BatchGetSecretValue: 'Read the values of several secrets at once.',
  CancelRotateSecret: 'Turn rotation off, and stop one that is under way.',
  CreateSecret: 'Make a secret, with a first version if a value is given.',
  DeleteResourcePolicy: 'Take the resource policy off a secret.',
  DeleteSecret: 'Schedule a secret for deletion, or delete it at once.',
  DescribeSecret: 'Show all there is about a secret but its value.',
  GetRandomPassword: 'Make up a password.',
  GetResourcePolicy: "Show a secret's resource policy.",
  GetSecretValue: 'Read the value of one version of a secret.',
  ListSecretVersionIds: "List a secret's versions.",
  ListSecrets: 'List the secrets of the vault.',
  PutResourcePolicy: 'Put a resource policy on a secret.',
  PutSecretValue: 'Write a new version of a secret.',
  RemoveRegionsFromReplication: 'Stop replicating a secret to some regions.',
  ReplicateSecretToRegions: 'Replicate a secret to more regions.',
  RestoreSecret: 'Take back the deletion of a secret.',
  RotateSecret: 'Set how a secret is rotated, and rotate it.',
  StopReplicationToReplica: 'Make a replica a secret of its own.',
  TagResource: 'Put tags on a secret.',
  UntagResource: 'Take tags off a secret.',
  UpdateSecret: 'Change a secret, or write a new current version of it.',
  UpdateSecretVersionStage: 'Move a staging label from one version to another.',
  ValidateResourcePolicy: 'Check a resource policy without using it.'
}

const EXAMPLE: { readonly [name in OperationName]?: string } = {
  CreateSecret: '--name prod/db --secret-string file://password.txt',
  DescribeSecret: '--secret-id prod/db',
  GetSecretValue: '--secret-id prod/db --query SecretString --output text',
  ListSecretVersionIds: '--secret-id prod/db --include-deprecated',
  ListSecrets: "--query 'SecretList[].Name' --output text",
  PutSecretValue: '--secret-id prod/db --secret-string file://password.txt',
  UpdateSecretVersionStage:
    '--secret-id prod/db --version-stage AWSCURRENT --remove-from-version-id ID --move-to-version-id ID'
}

export function operationHelp(name: OperationName, input: Structure): string {
  const required = new Set(input.required)
  const members = Object.entries(input.members)
  // Those that must be given first, the rest in the model's order.
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
    paging(name) === undefined
      ? ''
      : '  --max-items N | --page-size N | --starting-token TOKEN | --no-paginate\n'
  const example = EXAMPLE[name]
  return `Usage: git-vault ${kebab(name)} [options]

${SUMMARY[name]} The options, the output and the exit codes are the AWS CLI's.

Options:
${options.join('\n')}
  --cli-input-json JSON
  --generate-cli-skeleton
${pagingHelp}  --output json|text
  --query JMESPATH

Any text may be file://PATH, to be read from a file; a BLOB is base64, or fileb://PATH for a file as it is.
${example === undefined ? '' : `\nExample:\n  git-vault ${kebab(name)} ${example}\n`}`
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

/** The shorthand of a structure: `Key=TEXT,Value=TEXT`. */
function nested(shape: Shape): string {
  if (shape.type !== 'structure') return operand(shape)
  return Object.entries(shape.members)
    .map(([name, member]) => `${name}=${member.type === 'list' ? 'TEXT,TEXT' : operand(member)}`)
    .join(',')
}
