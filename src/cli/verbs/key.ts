import type { ShownKey } from '../../vault/team/roster.js'
import type { Parsed } from '../arguments/arguments.js'
import { visibleRows, visible } from '../terminal/escape.js'
import { reportSkipped } from '../command/skipped.js'
import { columns } from '../terminal/paint.js'
import { progressBar } from '../terminal/progress.js'
import { runAction, type Action } from '../command/subcommand.js'
import { UsageError } from '../arguments/usage.js'
import { openCurrentVault, type Verb } from '../command/verb.js'
import { localTime } from '../terminal/localTime.js'

export const key: Verb = {
  help: `Usage: git-vault key new ALIAS --names PATTERN
       git-vault key bind ALIAS --names PATTERN
       git-vault key list
       git-vault key show ALIAS

Manage the keys that encrypt secrets, and the names that each key covers. A
PATTERN is the full name of a secret, or a prefix followed by **, such as
'prod/**'. If several patterns match a name, the most specific one wins. Secrets
whose key changes are re-encrypted in the same commit.

  new    create a key. You get all rights on it; give others rights with
         git-vault member grant
  bind   assign more patterns to a key, and take them from their current key
  list   list the keys, their patterns and their members
  show   show one key with its generations and its members' rights

Options:
  --names PATTERN   new, bind: the names that the key covers; repeatable
  --output json     list, show: print JSON

Example:
  git-vault key new prod --names 'prod/**'
`,
  options: { names: { kind: 'repeat' }, output: { kind: 'value', choices: ['text', 'json'] } },
  words: ['new, bind, list or show', 'ALIAS'],
  required: 1,
  run: (parsed, world) => runAction('key', actions, parsed, world)
}

const actions: Readonly<Record<string, Action>> = {
  new: { words: ['ALIAS'], required: 1, options: ['names'], run: change('addKey') },
  bind: { words: ['ALIAS'], required: 1, options: ['names'], run: change('bindNames') },
  list: {
    words: [],
    required: 0,
    options: ['output'],
    async run(_words, parsed, world) {
      const { roster } = await world.services.roster()
      const { keys } = await roster(await openCurrentVault(world))
      const rows = keys.map(one => [
        one.alias,
        one.names.join(' '),
        one.members.map(({ name }) => name).join(', ')
      ])
      const text =
        parsed.text('output') === 'json'
          ? `${JSON.stringify({ keys }, null, 2)}\n`
          : visibleRows(columns(rows).map(line => line.trimEnd()))
      await world.io.stdout.write(text)
    }
  },
  show: {
    words: ['ALIAS'],
    required: 1,
    options: ['output'],
    async run([alias = ''], parsed, world) {
      const { roster } = await world.services.roster()
      const { keys } = await roster(await openCurrentVault(world))
      const one = keys.find(other => other.alias === alias)
      if (!one) throw new UsageError('input', `there is no key ${visible(alias)}`)
      const text = parsed.text('output') === 'json' ? `${JSON.stringify(one, null, 2)}\n` : describeKey(one)
      await world.io.stdout.write(text)
    }
  }
}

function change(operation: 'addKey' | 'bindNames'): Action['run'] {
  return async ([alias = ''], parsed, world) => {
    const names = requiredNames(parsed, operation === 'addKey' ? 'key new' : 'key bind')
    const vault = await openCurrentVault(world)
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
