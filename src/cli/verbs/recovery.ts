import type { HandedOut } from '../../app/recovery.js'
import type { Parsed } from '../arguments/arguments.js'
import { shownLines, visible } from '../terminal/escape.js'
import { canAsk } from '../terminal/io.js'
import { reportSkipped } from '../command/skipped.js'
import { progressBar } from '../terminal/progress.js'
import type { World } from '../command/services.js'
import { runAction, type Action } from '../command/subcommand.js'
import { UsageError } from '../arguments/usage.js'
import { openVault, type Verb } from '../command/verb.js'
import { when } from '../terminal/when.js'

export const recovery: Verb = {
  help: `Usage: git-vault recovery new --holder NAME --holder NAME… --threshold N [--name NAME] [--print]
       git-vault recovery show
       git-vault recovery drill [ANSWER…]
       git-vault recovery sign
       git-vault recovery use --file PATH

An identity that nobody has, for when all who can decrypt, or all admins, are gone: split into shares, of
which N give it back and fewer nothing. It is an admin, and may decrypt under each key that you may.

  new    make it and hand out the shares, one after the other: 32 words each, to be written on paper; one
         that there is already is removed, and every key it knew gets a new generation
  drill  have each holder show that they have their share, without showing it: each runs recovery sign and
         sends you the answer; recovery drill ANSWER… then records a signed date
  sign   answer a drill with your share
  use    join shares, as many as are needed, into an identity file: then GIT_VAULT_IDENTITY_FILE=PATH makes
         you the recovery identity. Once it has been used, make a new one

Options:
  --holder NAME   who gets a share; once for each
  --threshold N   how many of them are needed
  --name NAME     what the vault calls the identity (recovery, recovery-2, …)
  --print         print all shares at once, where there is no terminal
  --yes, -y       do not ask

Example:
  git-vault recovery new --holder ana --holder bob --holder eva --threshold 2
`,
  options: {
    holder: { kind: 'repeat' },
    threshold: { kind: 'integer' },
    shares: { kind: 'integer' },
    name: { kind: 'value' },
    file: { kind: 'value' },
    print: { kind: 'flag' },
    yes: { kind: 'flag', short: 'y' }
  },
  words: ['new, show, drill, sign or use', ...Array.from({ length: 16 }, () => 'ANSWER')],
  required: 1,
  run: (parsed, world) => runAction('recovery', actions, parsed, world)
}

const actions: Readonly<Record<string, Action>> = {
  new: {
    words: [],
    required: 0,
    options: ['holder', 'threshold', 'shares', 'name', 'print', 'yes'],
    run: (_words, parsed, world) => make(parsed, world)
  },
  show: {
    words: [],
    required: 0,
    options: [],
    async run(_words, _parsed, world) {
      const vault = await openVault(world)
      const {
        name,
        recovery: split,
        lastDrill
      } = await (await world.services.recovery()).presentRecovery(vault)
      const last = split.drills.at(-1)
      const rows = split.shares.map(({ holder }, at) => {
        const shown = last?.shares.includes(at + 1) ? 'answered the last drill' : ''
        return `  ${at + 1}  ${holder}  ${shown}`.trimEnd()
      })
      const lines = [
        `${name}: ${split.threshold} of ${split.shares.length} shares give it`,
        `last drill: ${lastDrill ? when(lastDrill) : 'none yet'}`,
        ...rows
      ]
      await world.io.stdout.write(shownLines(lines))
    }
  },
  drill: {
    words: Array.from({ length: 16 }, () => 'ANSWER'),
    required: 0,
    options: [],
    async run(answers, _parsed, world) {
      const vault = await openVault(world)
      const { presentRecovery, recordDrill } = await world.services.recovery()
      if (answers.length === 0) {
        const { name, recovery: split } = await presentRecovery(vault)
        const holders = split.shares.map(({ holder }) => holder).join(', ')
        await world.io.stdout.write(
          `each of ${visible(holders)} runs this in an up-to-date clone, and sends you what it prints:\n` +
            `  git-vault recovery sign\nthen record the answers about ${visible(name)} with:\n` +
            '  git-vault recovery drill ANSWER…\n'
        )
        return
      }
      const shown = await recordDrill(vault, answers)
      await world.io.stdout.write(`recorded: ${shown.map(visible).join(', ')} have their shares\n`)
    }
  },
  sign: {
    words: [],
    required: 0,
    options: [],
    async run(_words, _parsed, world) {
      const vault = await openVault(world)
      const words = await askWords(world, 'The words of your share')
      const { holder, answer } = await (await world.services.recovery()).signDrill(vault, words)
      await world.io.stderr.write(`git-vault: the share is ${visible(holder)}'s, and whole\n`)
      await world.io.stdout.write(`${answer}\n`)
    }
  },
  use: {
    words: [],
    required: 0,
    options: ['file'],
    async run(_words, parsed, world) {
      const path = parsed.text('file')
      if (path === undefined) throw new UsageError('input', 'recovery use needs --file')
      if (!canAsk(world.io)) throw new UsageError('input', 'recovery use asks for the shares at a terminal')
      const { presentRecovery, shareHolder, useShares } = await world.services.recovery()
      const vault = await openVault(world)
      const { recovery: split } = await presentRecovery(vault)
      const words: string[] = []
      while (words.length < split.threshold) {
        const text = await askWords(world, `Words of a share (${words.length + 1} of ${split.threshold})`)
        const { holder, number } = await shareHolder(vault, text)
        await world.io.stderr.write(`git-vault: share ${number}, ${visible(holder)}'s, is right\n`)
        words.push(text)
      }
      const { name } = await useShares(vault, words, path)
      await world.io.stdout.write(
        `${visible(path)} holds the identity of ${visible(name)}, without a passphrase\n` +
          `use it with GIT_VAULT_IDENTITY_FILE=${visible(path)}, admit an admin who goes on, and remove the file;\n` +
          'that admin then makes a new recovery identity: git-vault recovery new\n'
      )
    }
  }
}

async function make(parsed: Parsed, world: World): Promise<void> {
  const { io, services } = world
  const [holders, threshold] = [holdersOf(parsed), parsed.integer('threshold')]
  if (threshold === undefined) throw new UsageError('input', 'recovery new needs --threshold')
  const asks = canAsk(io) && io.stdout.isTerminal
  if (!asks && !parsed.has('print'))
    throw new UsageError(
      'input',
      'recovery new needs --print where stdout is no terminal',
      'it prints secrets'
    )
  const vault = await openVault(world)
  const { newRecovery, nextName } = await services.recovery()
  const name = parsed.text('name') ?? (await nextName(vault))
  if (asks && !parsed.has('yes')) {
    const who = holders.map(visible).join(', ')
    if (!(await services.ask.confirm(`Split an identity for ${who}, any ${threshold} of whom can use it?`)))
      throw new UsageError('input', 'nothing was changed')
  }
  const bar = progressBar(io, 'secrets', await (await services.roster()).countSecrets(vault))
  const handOut = async ({ holder, number, words }: HandedOut): Promise<void> => {
    if (asks)
      while (!(await services.ask.confirm(`Is only ${visible(holder)} looking? Show share ${number}`)))
        continue
    await io.stdout.write(`share ${number}, for ${visible(holder)}\n${inRows(words)}`)
    if (!asks) return
    while (!(await services.ask.confirm('Written down, and compared?'))) continue
    // and what can be scrolled back to
    await io.stdout.write('\u001b[H\u001b[2J\u001b[3J')
  }
  const made = await newRecovery(vault, { name, holders, threshold, handOut }, bar.step)
  bar.end()
  const lines = [
    `${visible(name)} is an admin of the vault: any ${threshold} of its ${holders.length} shares give it`,
    `fingerprint  ${made.fingerprint}`,
    ...(made.replaced === undefined ? [] : [`${visible(made.replaced)}, which it replaces, is removed`])
  ]
  await io.stdout.write(lines.map(line => `${line}\n`).join(''))
  await reportSkipped(made.left, 'not signed anew', io)
}

/** By their names, or, where only a number is given, by numbers. */
function holdersOf(parsed: Parsed): readonly string[] {
  const named = parsed.list('holder')
  const count = parsed.integer('shares')
  if (named && count !== undefined && count !== named.length)
    throw new UsageError('input', `--shares ${count} and ${named.length} --holder do not agree`)
  if (named) return named
  if (count === undefined) throw new UsageError('input', 'recovery new needs --holder, once for each share')
  if (count < 2 || count > 16) throw new UsageError('input', 'recovery new makes 2 to 16 shares')
  return Array.from({ length: count }, (_, at) => `holder-${at + 1}`)
}

/** Never an argument: those are seen by every process of the machine. */
async function askWords({ io, services }: World, question: string): Promise<string> {
  if (canAsk(io)) return services.ask.secret(question)
  return new TextDecoder().decode(await io.stdin.read(4096))
}

/** Eight rows of four, numbered, as they are best copied. */
function inRows(words: string): string {
  const all = words.split(' ').map((word, at) => `${String(at + 1).padStart(2)} ${word.padEnd(9)}`)
  return Array.from(
    { length: all.length / 4 },
    (_, row) =>
      `  ${all
        .slice(row * 4, row * 4 + 4)
        .join(' ')
        .trimEnd()}\n`
  ).join('')
}
