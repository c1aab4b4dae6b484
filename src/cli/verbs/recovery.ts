import type { HolderShare } from '../../app/recovery.js'
import type { Parsed } from '../arguments/arguments.js'
import { visible, visibleJson, visibleRows } from '../terminal/escape.js'
import { canAsk } from '../terminal/io.js'
import { reportSkipped } from '../command/skipped.js'
import { fingerprintLine } from '../terminal/spoken.js'
import { progressBar } from '../terminal/progress.js'
import { isJson, jsonOption } from '../command/json.js'
import type { World } from '../command/services.js'
import { runAction, type Action } from '../command/subcommand.js'
import { UsageError } from '../arguments/usage.js'
import { openCurrentVault, type Verb } from '../command/verb.js'
import { localTime } from '../terminal/localTime.js'

export const recovery: Verb = {
  help: `Usage: git-vault recovery new --holder NAME --holder NAME... --threshold N
       git-vault recovery new --shares N --threshold N
       git-vault recovery show
       git-vault recovery drill [ANSWER...]
       git-vault recovery sign
       git-vault recovery use --file PATH

Manage the recovery identity: an identity that no single person has, for the day
when all admins, or all members who can decrypt, are gone. It is split into
shares. The threshold number of shares rebuilds it; fewer shares reveal nothing.
It is an admin, and can decrypt under every key that you can.

  new    create the recovery identity and show the shares one after another, 32
         words each, to write on paper. Removes an existing recovery identity,
         and gives every key that it could decrypt a new generation
  show   show the share holders and the last drill
  drill  check that the holders still have their shares, without showing them:
         each holder runs recovery sign and sends you the answer, and recovery
         drill ANSWER... records a signed date
  sign   answer a drill with your share
  use    join enough shares into an identity file. GIT_VAULT_IDENTITY_FILE=PATH
         then makes you the recovery identity. Create a new one afterwards

Options:
  --holder NAME   new: a holder who gets one share; once per holder
  --shares N      new: create N shares for holder-1, holder-2, ..., instead of
                  --holder
  --threshold N   new: how many shares rebuild the identity
  --name NAME     new: the identity's name in the vault (default: recovery, then
                  recovery-2, ...)
  --print         new: print all shares at once if there is no terminal
  --yes, -y       new: do not ask for confirmation
  --file PATH     use: the identity file to write
  --json          show: print JSON

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
    yes: { kind: 'flag', short: 'y' },
    ...jsonOption
  },
  words: ['new, show, drill, sign or use', ...Array.from({ length: 16 }, () => 'ANSWER')],
  required: 1,
  get actions() {
    return actions
  },
  run: (parsed, world) => runAction('recovery', actions, parsed, world)
}

const actions: Readonly<Record<string, Action>> = {
  new: {
    words: [],
    required: 0,
    options: ['holder', 'threshold', 'shares', 'name', 'print', 'yes'],
    run: (_words, parsed, world) => create(parsed, world)
  },
  show: {
    words: [],
    required: 0,
    options: ['json'],
    async run(_words, parsed, world) {
      const vault = await openCurrentVault(world)
      const {
        name,
        recovery: split,
        lastDrill
      } = await (await world.services.recovery()).presentRecovery(vault)
      const last = split.drills.at(-1)
      if (isJson(parsed)) {
        const shares = split.shares.map(({ holder }, at) => ({
          number: at + 1,
          holder,
          answeredLastDrill: last?.shares.includes(at + 1) === true
        }))
        return world.io.stdout.write(visibleJson({ name, threshold: split.threshold, lastDrill, shares }))
      }
      const rows = split.shares.map(({ holder }, at) => {
        const answered = last?.shares.includes(at + 1) ? 'answered the last drill' : ''
        return `  ${at + 1}  ${holder}  ${answered}`.trimEnd()
      })
      const lines = [
        `${name}: any ${split.threshold} of its ${split.shares.length} shares rebuild it`,
        `last drill: ${lastDrill ? localTime(lastDrill) : 'none'}`,
        ...rows
      ]
      await world.io.stdout.write(visibleRows(lines))
    }
  },
  drill: {
    words: Array.from({ length: 16 }, () => 'ANSWER'),
    required: 0,
    options: [],
    async run(answers, _parsed, world) {
      const vault = await openCurrentVault(world)
      const { presentRecovery, recordDrill } = await world.services.recovery()
      if (answers.length === 0) {
        const { name, recovery: split } = await presentRecovery(vault)
        const holders = split.shares.map(({ holder }) => holder).join(', ')
        await world.io.stdout.write(
          `ask each holder (${visible(holders)}) to run this in an up-to-date clone and send you the output:\n` +
            `  git-vault recovery sign\nthen record the answers for ${visible(name)}:\n` +
            '  git-vault recovery drill ANSWER…\n'
        )
        return
      }
      const holders = await recordDrill(vault, answers)
      await world.io.stdout.write(`recorded the answers of: ${holders.map(visible).join(', ')}\n`)
    }
  },
  sign: {
    words: [],
    required: 0,
    options: [],
    async run(_words, _parsed, world) {
      const vault = await openCurrentVault(world)
      const words = await askWords(world, 'The words of your share')
      const { holder, answer } = await (await world.services.recovery()).signDrill(vault, words)
      await world.io.stderr.write(`git-vault: this is ${visible(holder)}'s share, and it is intact\n`)
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
      if (!canAsk(world.io)) throw new UsageError('input', 'cannot ask for the shares: no terminal')
      const { presentRecovery, shareHolder, useShares } = await world.services.recovery()
      const vault = await openCurrentVault(world)
      const { recovery: split } = await presentRecovery(vault)
      const words: string[] = []
      while (words.length < split.threshold) {
        const text = await askWords(world, `Words of a share (${words.length + 1} of ${split.threshold})`)
        const { holder, number } = await shareHolder(vault, text)
        await world.io.stderr.write(`git-vault: share ${number} is ${visible(holder)}'s, and it is intact\n`)
        words.push(text)
      }
      const { name } = await useShares(vault, words, path)
      await world.io.stdout.write(
        `wrote the identity of ${visible(name)} to ${visible(path)}, without a passphrase\n` +
          `add a new admin with it (GIT_VAULT_IDENTITY_FILE=${visible(path)}), then delete the file\n` +
          'the new admin then replaces the recovery identity: git-vault recovery new\n'
      )
    }
  }
}

async function create(parsed: Parsed, world: World): Promise<void> {
  const { io, services } = world
  const [holders, threshold] = [holdersOf(parsed), parsed.integer('threshold')]
  if (threshold === undefined) throw new UsageError('input', 'recovery new needs --threshold')
  const asks = canAsk(io) && io.stdout.isTerminal
  if (!asks && !parsed.has('print'))
    throw new UsageError(
      'input',
      'recovery new prints secrets, and standard output is not a terminal',
      'pass --print to print them anyway'
    )
  const vault = await openCurrentVault(world)
  const { newRecovery, nextName } = await services.recovery()
  const name = parsed.text('name') ?? (await nextName(vault))
  if (asks && !parsed.has('yes')) {
    const who = holders.map(visible).join(', ')
    if (
      !(await services.ask.confirm(`Create a recovery identity that any ${threshold} of ${who} can rebuild?`))
    )
      throw new UsageError('input', 'nothing was changed')
  }
  const bar = progressBar(io, 'secrets', await (await services.roster()).countSecrets(vault))
  const handOut = async ({ holder, number, words }: HolderShare): Promise<void> => {
    if (asks)
      while (
        !(await services.ask.confirm(
          `Is only ${visible(holder)} looking at the screen? Show share ${number}`
        ))
      )
        continue
    await io.stdout.write(`share ${number}, for ${visible(holder)}\n${inRows(words)}`)
    if (!asks) return
    while (!(await services.ask.confirm('Have you written it down and checked it?'))) continue
    // clear the scrollback too
    await io.stdout.write('\u001b[H\u001b[2J\u001b[3J')
  }
  const created = await newRecovery(vault, { name, holders, threshold, handOut }, bar.step)
  bar.end()
  const lines = [
    `${visible(name)} is an admin of the vault; any ${threshold} of its ${holders.length} shares rebuild it`,
    fingerprintLine(created.fingerprint, io.stdout),
    ...(created.replaced === undefined ? [] : [`removed ${visible(created.replaced)}, which it replaces`])
  ]
  await io.stdout.write(lines.map(line => `${line}\n`).join(''))
  await reportSkipped(created.skipped, 'not re-signed', io)
}

/** Returns the holders named by `--holder`, or `holder-1` and so on for `--shares`. */
function holdersOf(parsed: Parsed): readonly string[] {
  const named = parsed.list('holder')
  const count = parsed.integer('shares')
  if (named && count !== undefined && count !== named.length)
    throw new UsageError(
      'input',
      `--shares ${count} does not match the number of --holder options: ${named.length}`
    )
  if (named) return named
  if (count === undefined) throw new UsageError('input', 'recovery new needs --holder, once for each share')
  if (count < 2 || count > 16) throw new UsageError('input', '--shares must be a number from 2 to 16')
  return Array.from({ length: count }, (_, at) => `holder-${at + 1}`)
}

/** Reads the words from the terminal or stdin. Never from an argument: every process on the machine can see those. */
async function askWords({ io, services }: World, question: string): Promise<string> {
  // words that are pasted may be in several lines
  if (canAsk(io)) return services.ask.value(question, false)
  return new TextDecoder().decode(await io.stdin.read(4096))
}

/** Formats the words in eight rows of four, numbered, for copying by hand. */
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
