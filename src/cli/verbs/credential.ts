import { actionPattern, resourcePattern } from '../../core/policy/grant.js'
import { operations } from '../../core/generated/operations.js'
import { VaultError } from '../../core/errors.js'
import type { Parsed } from '../arguments/arguments.js'
import { visible, visibleJson } from '../terminal/escape.js'
import { canAsk } from '../terminal/io.js'
import { isJson, jsonOption } from '../command/json.js'
import type { World } from '../command/services.js'
import { nearest } from '../../core/service/nearest.js'
import { UsageError } from '../arguments/usage.js'
import type { Verb } from '../command/verb.js'
import { localTime } from '../terminal/localTime.js'

const MAX_SECRET_BYTES = 4096
/** Characters. AWS's own secret access keys have 40. */
const SHORTEST_SAFE = 16
const WEAK =
  `the secret access key is shorter than ${SHORTEST_SAFE} characters, ` +
  'so anyone who can reach the server can guess it'
const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

export const credential: Verb = {
  help: `Usage: git-vault credential new NAME --allow ACTION --resource PATTERN [options]
       git-vault credential list [--json]
       git-vault credential rm NAME

Manage access keys for git-vault serve. Each key has a policy: what its owner
may do with this vault over HTTP. The keys are stored on this machine, outside
the repository, in a file that only you can read. They are not encrypted,
because the server needs the secret to check a signature. A running server
applies a change at once.

  new    create an access key and print its secret, once
  list   list the access keys with their rights and expiry dates, but no secret
  rm     delete an access key

Options of new:
  --allow ACTION      allow an action, such as GetSecretValue or
                      secretsmanager:Get*; repeatable
  --resource PATTERN  the secrets that the actions apply to: a name or an ARN,
                      with * and ?; repeatable
  --policy FILE       read an IAM policy from a file, instead of --allow and
                      --resource
  --access-key-id ID  use an access key of your own, such as test; its secret
                      is asked for, or read from standard input without the
                      last newline
  --expires WHEN      when the key expires: 2027-01-31, 2027-01-31T12:00:00Z,
                      or a time from now such as 90m, 12h, 30d or 4w

Option of list:
  --json              print JSON, with the policies in full

Example:
  git-vault credential new app1 --allow GetSecretValue --resource 'prod/*'
`,
  options: {
    allow: { kind: 'repeat' },
    resource: { kind: 'repeat' },
    policy: { kind: 'value' },
    'access-key-id': { kind: 'value' },
    expires: { kind: 'value' },
    ...jsonOption
  },
  words: ['new, list or rm', 'NAME'],
  required: 1,
  completes: { NAME: 'none', '--resource': 'secret', '--allow': Object.keys(operations) },

  async run(parsed, world) {
    const [action, name] = parsed.words
    if (action !== 'new' && action !== 'list' && action !== 'rm') {
      throw usage(`credential has no action '${visible(action!)}'`, 'git-vault credential --help')
    }
    const option = [...parsed.options.keys()].find(one =>
      action === 'new' ? one === 'json' : action === 'rm' || one !== 'json'
    )
    if (option !== undefined) throw usage(`credential ${action} does not take --${option}`)
    if (action === 'list') {
      if (name !== undefined) throw usage(`credential list does not take '${visible(name)}'`)
      await list(isJson(parsed), world)
      return
    }
    if (name === undefined) throw usage(`credential ${action} needs NAME`)
    if (action === 'new') await create(name, parsed, world)
    else await world.services.removeCredential(world.io.cwd, name)
  }
}

async function list(printsJson: boolean, { io, services }: World): Promise<void> {
  const credentials = await services.listCredentials(io.cwd)
  if (printsJson) return io.stdout.write(visibleJson({ credentials }))
  for (const one of credentials) {
    const { name, accessKeyId, created, expires, hasExpired, statements } = one
    const until =
      expires === undefined ? '' : `  ${hasExpired ? 'expired' : 'expires'} ${localTime(new Date(expires))}`
    const lines = [
      `${name}  ${accessKeyId}  created ${localTime(new Date(created))}${until}`,
      ...statements.map(statementLine)
    ]
    for (const line of lines) await io.stdout.write(`${visible(line)}\n`)
  }
}

/** Formats a policy statement as one line. */
function statementLine(statement: Readonly<Record<string, unknown>>): string {
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

async function create(name: string, parsed: Parsed, world: World): Promise<void> {
  const { io, services } = world
  const actions = parsed.list('allow') ?? []
  const resources = parsed.list('resource') ?? []
  const file = parsed.text('policy')
  const isComplete = actions.length > 0 && resources.length > 0
  const isStarted = actions.length > 0 || resources.length > 0
  if (file === undefined ? !isComplete : isStarted)
    throw usage('credential new needs --allow and --resource, or --policy instead')
  actions.forEach(checkAction)
  resources.forEach(checkResource)
  const expires = expiry(parsed.text('expires'))
  const policy = file === undefined ? undefined : await readPolicy(file, io)
  const accessKeyId = parsed.text('access-key-id')
  const keys =
    accessKeyId === undefined ? undefined : { accessKeyId, secretAccessKey: await readSecret(world) }
  const created = await services.newCredential({
    directory: io.cwd,
    name,
    actions,
    resources,
    ...(policy === undefined ? {} : { policy }),
    ...(keys ? { keys } : {}),
    ...(expires === undefined ? {} : { expires })
  })
  // the user already knows the secret of an existing key
  const secret = keys ? '' : `AWS_SECRET_ACCESS_KEY=${created.secretAccessKey}\n`
  await io.stdout.write(`AWS_ACCESS_KEY_ID=${created.accessKeyId}\n${secret}`)
  const weak = keys && keys.secretAccessKey.length < SHORTEST_SAFE ? [WEAK] : []
  const warnings = [...weak, ...created.unusable].map(warning => `git-vault: warning: ${visible(warning)}\n`)
  await io.stderr.write(`git-vault: saved in ${visible(created.path)}\n${warnings.join('')}`)
}

function checkAction(text: string): void {
  if (actionPattern(text) !== undefined) return
  const near = nearest(text.replace(/^secretsmanager:/i, ''), Object.keys(operations))
  throw usage(
    `'${visible(text)}' is not a Secrets Manager action`,
    near === undefined ? undefined : `did you mean secretsmanager:${near}?`
  )
}

function checkResource(text: string): void {
  // any account will do: it does not affect whether the pattern is valid
  if (resourcePattern(text, '') === undefined)
    throw usage(`'${visible(text)}' is not the name or ARN of a secret`)
}

async function readPolicy(file: string, io: World['io']): Promise<string> {
  const bytes = await io.readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new VaultError('FileFailed', `cannot read ${visible(file)}: ${error.code}`, { cause: error })
  })
  return new TextDecoder().decode(bytes)
}

/** Reads the secret from the terminal or stdin. Never from an argument: every process on the machine can see those. */
async function readSecret({ io, services }: World): Promise<string> {
  if (canAsk(io)) return services.ask.secret('Secret access key')
  const bytes = await io.stdin.read(MAX_SECRET_BYTES)
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
  throw usage(
    '--expires takes a date, such as 2027-01-31 or 2027-01-31T12:00:00Z, or a time from now, such as 30d'
  )
}

const usage = (message: string, hint?: string): UsageError => new UsageError('input', message, hint)
