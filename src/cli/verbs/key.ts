import type { ShownKey } from '../../vault/team/roster.js'
import type { Parsed } from '../arguments/arguments.js'
import { shownLines, visible } from '../terminal/escape.js'
import { reportSkipped } from '../command/skipped.js'
import { columns } from '../terminal/paint.js'
import { progressBar } from '../terminal/progress.js'
import { runAction, type Action } from '../command/subcommand.js'
import { UsageError } from '../arguments/usage.js'
import { openVault, type Verb } from '../command/verb.js'
import { when } from '../terminal/when.js'

export const key: Verb = {
  help: `Usage: git-vault key new ALIAS --names PATTERN
       git-vault key bind ALIAS --names PATTERN
       git-vault key list | show ALIAS

The keys that secrets are encrypted under, and the names that each is for. PATTERN is a secret's name, or
the beginning of names followed by **, such as 'prod/**'; --names may come again. The pattern that says most
about a name decides. Secrets that get another key by it are encrypted again, in the same commit.

  new    make a key, with all rights on it for you: git-vault member grant gives others some. It needs a
         pattern that no key has yet
  bind   give a key names, from whichever key had them

Options:
  --output json   for list and show

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
      const { keys } = await roster(await openVault(world))
      const rows = keys.map(one => [
        one.alias,
        one.names.join(' '),
        one.members.map(({ name }) => name).join(', ')
      ])
      const text =
        parsed.text('output') === 'json'
          ? `${JSON.stringify({ keys }, null, 2)}\n`
          : shownLines(columns(rows).map(line => line.trimEnd()))
      await world.io.stdout.write(text)
    }
  },
  show: {
    words: ['ALIAS'],
    required: 1,
    options: ['output'],
    async run([alias = ''], parsed, world) {
      const { roster } = await world.services.roster()
      const { keys } = await roster(await openVault(world))
      const one = keys.find(other => other.alias === alias)
      if (!one) throw new UsageError('input', `there is no key ${visible(alias)}`)
      const text = parsed.text('output') === 'json' ? `${JSON.stringify(one, null, 2)}\n` : described(one)
      await world.io.stdout.write(text)
    }
  }
}

function change(what: 'addKey' | 'bindNames'): Action['run'] {
  return async ([alias = ''], parsed, world) => {
    const names = namesOf(parsed, what === 'addKey' ? 'key new' : 'key bind')
    const vault = await openVault(world)
    const bar = progressBar(world.io, 'secrets', await (await world.services.roster()).countSecrets(vault))
    const left = await (await world.services.team())[what](vault, alias, names, bar.step)
    bar.end()
    await world.io.stdout.write(`${visible(alias)} is for ${names.map(visible).join(' ')}\n`)
    await reportSkipped(left, 'left as it is', world.io)
  }
}

function namesOf(parsed: Parsed, command: string): [string, ...string[]] {
  const [first, ...others] = parsed.list('names') ?? []
  if (first === undefined) throw new UsageError('input', `${command} needs --names`)
  return [first, ...others]
}

function described({ alias, names, generations, members }: ShownKey): string {
  const lines = [
    alias,
    `for          ${names.join(' ')}`,
    ...generations.map(({ number, since }) => `generation   ${number}, since ${when(since)}`),
    ...members.map(({ name, rights }) => `member       ${name}: ${rights.join(', ')}`)
  ]
  return shownLines(lines)
}
