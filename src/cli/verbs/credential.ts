import { actionPattern, resourcePattern } from '../../core/policy/grant.js'
import { operations } from '../../core/generated/operations.js'
import { VaultError } from '../../core/errors.js'
import type { Parsed } from '../arguments/arguments.js'
import { visible } from '../terminal/escape.js'
import { canAsk } from '../terminal/io.js'
import type { World } from '../command/services.js'
import { nearest } from '../command/suggest.js'
import { UsageError } from '../arguments/usage.js'
import type { Verb } from '../command/verb.js'
import { when } from '../terminal/when.js'

const LONGEST_SECRET = 4096
const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

export const credential: Verb = {
  help: `Usage: git-vault credential new NAME --allow ACTION --resource PATTERN [options]
       git-vault credential list
       git-vault credential rm NAME

Access keys for git-vault serve: who may do what with this vault over HTTP. They are kept on this machine,
outside the repository, in a file that only you can read: in clear, for a signature cannot be checked without
the secret. A server that runs takes a change up at once.

Options of new:
  --allow ACTION      an action, such as GetSecretValue or secretsmanager:Get*; may come again
  --resource PATTERN  the secrets it is allowed on: a name or an ARN, with * and ?; may come again
  --policy FILE       a file with an IAM policy, instead of these two
  --access-key-id ID  take this key; its secret is asked for, or read from stdin (its last newline left off)
  --expires WHEN      when it stops to work: 2027-01-31, 2027-01-31T12:00:00Z, or after 90m, 12h, 30d or 4w

new prints the secret access key, once. list never does.

Example:
  git-vault credential new app1 --allow 'secretsmanager:GetSecretValue' --resource 'prod/*'
`,
  options: {
    allow: { kind: 'repeat' },
    resource: { kind: 'repeat' },
    policy: { kind: 'value' },
    'access-key-id': { kind: 'value' },
    expires: { kind: 'value' }
  },
  words: ['new, list or rm', 'NAME'],
  required: 1,

  async run(parsed, world) {
    const [action, name] = parsed.words
    if (action !== 'new' && action !== 'list' && action !== 'rm') {
      throw input(`credential does not know '${visible(action!)}'`, 'git-vault credential --help')
    }
    const [option] = action === 'new' ? [] : parsed.options.keys()
    if (option !== undefined) throw input(`credential ${action} does not take --${option}`)
    if (action === 'list') {
      if (name !== undefined) throw input(`credential list does not take '${visible(name)}'`)
      await list(world)
      return
    }
    if (name === undefined) throw input(`credential ${action} needs NAME`)
    if (action === 'new') await make(name, parsed, world)
    else await world.services.removeCredential(world.io.cwd, name)
  }
}

async function list({ io, services }: World): Promise<void> {
  for (const shown of await services.listCredentials(io.cwd)) {
    const { name, accessKeyId, created, expires, hasExpired, statements } = shown
    const until =
      expires === undefined ? '' : `  ${hasExpired ? 'expired' : 'expires'} ${when(new Date(expires))}`
    const lines = [
      `${name}  ${accessKeyId}  since ${when(new Date(created))}${until}`,
      ...statements.map(told)
    ]
    for (const line of lines) await io.stdout.write(`${visible(line)}\n`)
  }
}

/** A statement in a line: what of it a policy has, under its own names. */
function told(statement: Readonly<Record<string, unknown>>): string {
  const part = (name: string, before: string): string => {
    const value = statement[name]
    if (value === undefined) return ''
    const text =
      typeof value === 'string' ? value : Array.isArray(value) ? value.join(', ') : JSON.stringify(value)
    return `${before}${text}`
  }
  const effect = statement['Effect'] === 'Allow' ? 'allow' : 'deny'
  const action = part('Action', ' ') + part('NotAction', ' all but ')
  const resource = part('Resource', ' on ') + part('NotResource', ' on all but ')
  return `  ${effect}${action}${resource}${part('Condition', ' if ')}`
}

async function make(name: string, parsed: Parsed, world: World): Promise<void> {
  const { io, services } = world
  const actions = parsed.list('allow') ?? []
  const resources = parsed.list('resource') ?? []
  const file = parsed.text('policy')
  const isWhole = actions.length > 0 && resources.length > 0
  const isBegun = actions.length > 0 || resources.length > 0
  if (file === undefined ? !isWhole : isBegun)
    throw input('credential new needs --allow and --resource, or --policy instead')
  actions.forEach(checkAction)
  resources.forEach(checkResource)
  const expires = expiry(parsed.text('expires'))
  const policy = file === undefined ? undefined : await readPolicy(file, io)
  const accessKeyId = parsed.text('access-key-id')
  const keys = accessKeyId === undefined ? undefined : { accessKeyId, secretAccessKey: await secretOf(world) }
  const made = await services.newCredential({
    directory: io.cwd,
    name,
    actions,
    resources,
    ...(policy === undefined ? {} : { policy }),
    ...(keys ? { keys } : {}),
    ...(expires === undefined ? {} : { expires })
  })
  // a secret that was given is known to whoever gave it
  const secret = keys ? '' : `AWS_SECRET_ACCESS_KEY=${made.secretAccessKey}\n`
  await io.stdout.write(`AWS_ACCESS_KEY_ID=${made.accessKeyId}\n${secret}`)
  const warnings = made.futile.map(what => `git-vault: warning: ${visible(what)}\n`)
  await io.stderr.write(`git-vault: kept in ${visible(made.path)}\n${warnings.join('')}`)
}

function checkAction(text: string): void {
  if (actionPattern(text) !== undefined) return
  const near = nearest(text.replace(/^secretsmanager:/i, ''), Object.keys(operations))
  throw input(
    `'${visible(text)}' is no action of Secrets Manager`,
    near === undefined ? undefined : `did you mean secretsmanager:${near}?`
  )
}

function checkResource(text: string): void {
  // the account makes no difference to whether it is one
  if (resourcePattern(text, '') === undefined) throw input(`'${visible(text)}' is no name or ARN of a secret`)
}

async function readPolicy(file: string, io: World['io']): Promise<string> {
  const bytes = await io.readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new VaultError('FileFailed', `cannot read ${visible(file)}: ${error.code}`, { cause: error })
  })
  return new TextDecoder().decode(bytes)
}

/** Never an argument: those are seen by every process of the machine. */
async function secretOf({ io, services }: World): Promise<string> {
  if (canAsk(io)) return services.ask.secret('Secret access key')
  const bytes = await io.stdin.read(LONGEST_SECRET)
  return new TextDecoder().decode(bytes).replace(/\r?\n$/, '')
}

function expiry(text: string | undefined): { at: number } | { after: number } | undefined {
  if (text === undefined) return undefined
  const [, count, unit = ''] = /^(\d{1,4})([mhdw])$/.exec(text) ?? []
  if (count !== undefined) return { after: Number(count) * UNITS[unit]! }
  const isDate = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/.test(
    text
  )
  const at = isDate ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(at)) return { at }
  throw input(
    '--expires takes a date, such as 2027-01-31 or 2027-01-31T12:00:00Z, or a time from now, such as 30d'
  )
}

const input = (message: string, hint?: string): UsageError => new UsageError('input', message, hint)
