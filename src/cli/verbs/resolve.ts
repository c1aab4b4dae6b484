import { VaultError } from '../../core/errors.js'
import type { Resolved } from '../../app/resolve.js'
import { shownName } from '../../vault/documents/place.js'
import { answerId, type Answer, type Question } from '../../vault/resolving/types.js'
import type { Parsed } from '../arguments/arguments.js'
import { UsageError } from '../arguments/usage.js'
import type { World } from '../command/services.js'
import { openCurrentVault, regionOption, type Verb } from '../command/verb.js'
import { visible } from '../terminal/escape.js'
import { canAsk, type Io } from '../terminal/io.js'
import { ask, questionLines } from './resolveQuestions.js'

export const resolve: Verb = {
  help: `Usage: git-vault resolve [NAME...] [options]

During a merge or rebase with conflicts in the vault: join both sides of each
secret, show the result, and stage it. Then finish the merge or rebase with git.

Without a conflict: mend what has been committed already, in one commit. That is
a merge made by hand, files that do not match stages.yaml, or a secret whose
state went back. An access log that went back gets a commit of its own.

With NAME: only these secrets.

It asks you only if one version has two values, if one name was created twice,
if one side removed what the other changed, or if a branch went back.

Options:
  --take ours|theirs  the side whose value is current, with two values or a name
                      created twice; ours is the branch that you are on
  --keep              keep a secret that one side removed and the other changed
  --remove            remove it
  --accept-rollback   of a state that went back, move AWSCURRENT back for good;
                      otherwise the newer state is kept
  --show-values       print the values of both sides before asking
  --region REGION     the region of NAME, if it is not the vault's home region

The exit code is 255 if something is left to resolve.

Example:
  git-vault resolve prod/db
`,
  options: {
    take: { kind: 'value', choices: ['ours', 'theirs'] },
    keep: { kind: 'flag' },
    remove: { kind: 'flag' },
    'accept-rollback': { kind: 'flag' },
    'show-values': { kind: 'flag' },
    ...regionOption
  },
  words: ['NAME'],
  required: 0,
  repeats: true,

  async run(parsed, world) {
    if (parsed.has('keep') && parsed.has('remove'))
      throw new UsageError('input', 'resolve takes --keep or --remove, not both')
    if (parsed.has('region') && parsed.words.length === 0)
      throw new UsageError('input', 'resolve takes --region only with NAME')
    const { io, services } = world
    const vault = await openCurrentVault(world)
    const answers = new Map<string, Answer>()
    const run = async (isFinal: boolean) =>
      services.resolve(io.cwd, vault, {
        names: parsed.words,
        region: parsed.text('region'),
        answers,
        isFinal
      })
    let done = await run(false)
    const settled = await reportSettled(done, io)
    while (done.questions.length > 0) {
      let isAnswered = false
      for (const question of done.questions) {
        const answer = await answerTo(question, parsed, world)
        if (answer) answers.set(answerId(question), answer)
        isAnswered ||= answer !== undefined
      }
      done = await run(!isAnswered)
      if (!isAnswered) break
    }
    await report(done, world, settled)
  }
}

/** Reports what needed no answer. Returns how much that was. */
async function reportSettled({ restored = [], caughtUp = [] }: Resolved, io: Io): Promise<number> {
  const lines = [
    ...restored.map(path => `${path}: brought back from history`),
    ...caughtUp.map(name => `${name}: this clone has caught up with its history`)
  ]
  await io.stdout.write(lines.map(line => `${visible(line)}\n`).join(''))
  return lines.length
}

/** Returns what the options say, or else what the user says; `undefined` if nobody says anything. */
async function answerTo(question: Question, parsed: Parsed, world: World): Promise<Answer | undefined> {
  const { io, services } = world
  const lines = await questionLines(question, parsed.has('show-values'))
  await io.stderr.write(lines.map(line => `git-vault: ${line}\n`).join(''))
  const take = parsed.text('take')
  const { reason } = question
  if (reason === 'removed and changed' && (parsed.has('keep') || parsed.has('remove')))
    return parsed.has('keep') ? 'ours' : 'theirs'
  if (reason === 'goes back' && parsed.has('accept-rollback')) return 'theirs'
  if ((reason === 'two values' || reason === 'created twice') && take !== undefined) return take as Answer
  if (canAsk(io)) return ask(question, services.ask)
  // nothing is lost by it: only a person can want the older state
  return reason === 'goes back' ? 'ours' : undefined
}

const LEFT: Readonly<Record<Question['reason'], readonly [why: string, hint: string]>> = {
  'two values': ['one version has two values', 'pass --take ours or --take theirs'],
  'created twice': ['its name was created twice', 'pass --take ours or --take theirs'],
  'removed and changed': ['one side removed it and the other changed it', 'pass --keep or --remove'],
  'goes back': ['its state went back', 'pass --accept-rollback']
}

async function report(done: Resolved, { io }: World, settled: number): Promise<void> {
  const lines = done.resolved.flatMap(({ name, region, labels, files, secret, notes }) => [
    `${shownName(name, region)}${secret === undefined && files.size === 0 && labels.length === 0 ? ': removed' : ''}`,
    ...labels.map(({ label, version, writer, before }) =>
      [
        `  ${label}  ${version}`,
        writer === '' ? [] : `by ${writer}`,
        before === undefined ? [] : `was ${before}`
      ]
        .flat()
        .join('  ')
    ),
    ...notes.filter(note => note !== 'removed').map(note => `  note: ${note}`)
  ])
  await io.stdout.write(lines.map(line => `${visible(line)}\n`).join(''))
  const left = [
    ...done.unresolved,
    ...done.questions.map(({ name, region, folder, reason }) => {
      const [why, hint] = LEFT[reason]
      return { name, region, folder, why, hint }
    })
  ]
  for (const { name, region, why, hint } of left) {
    await io.stderr.write(`git-vault: ${visible(shownName(name, region))}: ${visible(why)}\n`)
    if (hint !== undefined) await io.stderr.write(`git-vault: hint: ${visible(hint)}\n`)
  }
  if (left.length > 0 || done.remaining.length > 0) {
    const count = Math.max(left.length, done.remaining.length > 0 ? 1 : 0)
    const message = `${count} ${count === 1 ? 'conflict is' : 'conflicts are'} left`
    // each conflict with a way out has named it
    const isNamed = left.some(({ hint }) => hint !== undefined)
    throw new VaultError('VaultUnwell', message, isNamed ? {} : { hint: 'git-vault resolve' })
  }
  if (done.next !== undefined) await io.stdout.write(`staged; now run: ${done.next}\n`)
  else if (done.resolved.length === 0 && settled === 0) await io.stdout.write('nothing to resolve\n')
}
