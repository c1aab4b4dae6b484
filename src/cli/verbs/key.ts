import type { ShownKey } from '../../vault/team/roster.js'
import type { Parsed } from '../arguments/arguments.js'
import { visible, visibleJson, visibleRows } from '../terminal/escape.js'
import { reportSkipped } from '../command/skipped.js'
import { table } from '../terminal/paint.js'
import { confirmRebinding } from './confirmRebinding.js'
import { progressBar } from '../terminal/progress.js'
import { isJson, jsonOptions } from '../command/json.js'
import type { World } from '../command/services.js'
import { runAction, type Action } from '../command/subcommand.js'
import { UsageError } from '../arguments/usage.js'
import { openCurrentVault, type Verb } from '../command/verb.js'
import { localTime } from '../terminal/localTime.js'

export const key: Verb = {
  help: `Usage: git-vault key new ALIAS --names PATTERN [--yes]
       git-vault key bind ALIAS --names PATTERN [--yes]
       git-vault key list
       git-vault key show ALIAS
       git-vault key alias [KMS-KEY ALIAS | KMS-KEY --rm]

Manage the keys that encrypt secrets, and the names that each key covers. A
PATTERN is the full name of a secret, or a prefix followed by **, such as
'prod/**'. If several patterns match a name, the most specific one wins. Secrets
whose key changes are re-encrypted in the same commit.

  new    create a key, and take the patterns from the keys that cover them now.
         Only you and the recovery identity get rights on it; give others
         rights with git-vault member grant
  bind   assign more patterns to a key, and take them from their current key
  list   list the keys, their patterns and their members
  show   show one key with its generations and its members' rights
  alias  let --kms-key-id KMS-KEY mean the key ALIAS in this clone. KMS-KEY is
         the id or the ARN of a key in AWS. Without words, list the mappings

If a member loses or gains rights, new and bind first say who does, and on which
secrets, and ask. A member who loses decrypt keeps what they could read so far:
see git-vault exposure.

Options:
  --names PATTERN   new, bind: the names that the key covers; repeatable
  --yes, -y         new, bind: do not ask
  --rm              alias: remove the mapping
  --json            list, show, alias: print JSON, also as --output json

Example:
  git-vault key new prod --names 'prod/**'
`,
  options: {
    names: { kind: 'repeat' },
    yes: { kind: 'flag', short: 'y' },
    rm: { kind: 'flag' },
    ...jsonOptions
  },
  words: ['new, bind, list, show or alias', 'ALIAS', 'KEY'],
  required: 1,
  get actions() {
    return actions
  },
  run: (parsed, world) => runAction('key', actions, parsed, world)
}

const actions: Readonly<Record<string, Action>> = {
  alias: { words: ['KMS-KEY', 'ALIAS'], required: 0, options: ['rm', 'json', 'output'], run: aliasKey },
  new: { words: ['ALIAS'], required: 1, options: ['names', 'yes'], run: change('addKey') },
  bind: { words: ['ALIAS'], required: 1, options: ['names', 'yes'], run: change('bindNames') },
  list: {
    words: [],
    required: 0,
    options: ['json', 'output'],
    async run(_words, parsed, world) {
      const { roster } = await world.services.roster()
      const { keys } = await roster(await openCurrentVault(world))
      const rows = keys.map(one => [
        one.alias,
        one.names.join(' '),
        one.members.map(({ name }) => name).join(', ')
      ])
      const text = isJson(parsed) ? visibleJson({ keys }) : visibleRows(table(rows))
      await world.io.stdout.write(text)
    }
  },
  show: {
    words: ['ALIAS'],
    required: 1,
    options: ['json', 'output'],
    async run([alias = ''], parsed, world) {
      const { roster } = await world.services.roster()
      const { keys } = await roster(await openCurrentVault(world))
      const one = keys.find(other => other.alias === alias)
      if (!one) throw new UsageError('input', `there is no key ${visible(alias)}`)
      const text = isJson(parsed) ? visibleJson(one) : describeKey(one)
      await world.io.stdout.write(text)
    }
  }
}

async function aliasKey([kmsKey, alias]: readonly string[], parsed: Parsed, world: World): Promise<void> {
  const { mapKey, mappedKeys } = await world.services.kmsKeys()
  if (kmsKey !== undefined && isJson(parsed))
    throw new UsageError('input', 'key alias takes --json only without words')
  const vault = await openCurrentVault(world)
  const { memory } = vault.repository
  if (kmsKey === undefined) {
    const rows = [...(await mappedKeys(memory))].map(([id, key]) => [id, key])
    await world.io.stdout.write(
      isJson(parsed)
        ? visibleJson({ aliases: rows.map(([kmsKey, of]) => ({ kmsKey, alias: of })) })
        : visibleRows(table(rows))
    )
  } else if (parsed.has('rm')) await mapKey(memory, kmsKey, undefined)
  else if (alias === undefined) throw new UsageError('input', 'key alias needs ALIAS, or --rm')
  else {
    const { keys } = await (await world.services.roster()).roster(vault)
    if (!keys.some(key => key.alias === alias))
      throw new UsageError('input', `there is no key ${visible(alias)}`)
    await mapKey(memory, kmsKey, alias)
    await world.io.stdout.write(`${visible(`${kmsKey}  ${alias}`)}\n`)
  }
}

function change(operation: 'addKey' | 'bindNames'): Action['run'] {
  return async ([alias = ''], parsed, world) => {
    const names = requiredNames(parsed, operation === 'addKey' ? 'key new' : 'key bind')
    const vault = await openCurrentVault(world)
    await confirmRebinding(world, vault, { alias, names, yes: parsed.has('yes') })
    const bar = progressBar(world.io, 'secrets', await (await world.services.roster()).countSecrets(vault))
    const skipped = await (await world.services.team())[operation](vault, alias, names, bar.step)
    bar.end()
    await world.io.stdout.write(`${visible(alias)} covers ${names.map(visible).join(' ')}\n`)
    await reportSkipped(skipped, 'skipped', world.io)
  }
}

function requiredNames(parsed: Parsed, command: string): [string, ...string[]] {
  const [first, ...others] = parsed.list('names') ?? []
  if (first === undefined) throw new UsageError('input', `${command} needs --names`)
  return [first, ...others]
}

function describeKey({ alias, names, generations, members }: ShownKey): string {
  const lines = [
    alias,
    `names        ${names.join(' ')}`,
    ...generations.map(({ number, since }) => `generation   ${number}, since ${localTime(since)}`),
    ...members.map(({ name, rights }) => `member       ${name}: ${rights.join(', ')}`)
  ]
  return visibleRows(lines)
}
