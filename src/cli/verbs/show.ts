import type { DescribeSecretResponse } from '../../core/generated/requests.js'
import { isJson, jsonOption } from '../command/json.js'
import { openCurrentVault, regionOption, type Verb } from '../command/verb.js'
import { visibleJson, visibleRows } from '../terminal/escape.js'
import { localTime } from '../terminal/localTime.js'
import { columns } from '../terminal/paint.js'
import { timeline } from './history.js'

export const show: Verb = {
  help: `Usage: git-vault show NAME [options]

Show everything about a secret but its value: description, key, tags, dates,
replicas, rotation and versions. Needs no right to decrypt it.

Options:
  --json            print what DescribeSecret answers, as JSON
  --region REGION   the region of the secret (default: the vault's own)

Example:
  git-vault show prod/db
`,
  options: { ...jsonOption, ...regionOption },
  words: ['NAME'],
  required: 1,

  async run(parsed, world) {
    const { io, services } = world
    const name = parsed.words[0]!
    const vault = await openCurrentVault(world, parsed.text('region'))
    const secret = await services.call(vault, 'DescribeSecret', { SecretId: name })
    if (isJson(parsed)) return io.stdout.write(visibleJson(secret))
    const versions = timeline('versions', await services.history(vault, name), io)
    await io.stdout.write(visibleRows(columns(rowsOf(secret))) + versions)
  }
}

function rowsOf(secret: DescribeSecretResponse): string[][] {
  const tags = secret.Tags ?? []
  const replicas = secret.ReplicationStatus ?? []
  const rules = secret.RotationRules
  const every =
    rules?.ScheduleExpression ??
    (rules?.AutomaticallyAfterDays && `every ${rules.AutomaticallyAfterDays} days`)
  const state = secret.RotationEnabled === false ? 'turned off' : undefined
  const rotation =
    secret.RotationLambdaARN && [secret.RotationLambdaARN, every, state].filter(Boolean).join(', ')
  const rows: (readonly [string, string | undefined])[] = [
    ['name', secret.Name],
    ['arn', secret.ARN],
    ['description', secret.Description],
    ['key', secret.KmsKeyId ?? 'default'],
    ['created', date(secret.CreatedDate)],
    ['changed', date(secret.LastChangedDate)],
    ['last read', secret.LastAccessedDate?.toISOString().slice(0, 10)],
    ['deletion', secret.DeletedDate && `scheduled for ${date(secret.DeletedDate)}`],
    ...tags.map(({ Key, Value }) => ['tag', `${Key ?? ''}=${Value ?? ''}`] as const),
    ['primary', secret.PrimaryRegion],
    ...replicas.map(({ Region }) => ['replica', Region] as const),
    ['rotation', rotation],
    ['rotated', date(secret.LastRotatedDate)],
    ['next', date(secret.NextRotationDate)]
  ]
  return rows.flatMap(([label, text]) => (text === undefined || text === '' ? [] : [[label, text]]))
}

const date = (time: Date | undefined): string | undefined => time && localTime(time)
