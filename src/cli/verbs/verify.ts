import { VaultError } from '../../core/errors.js'
import type { Finding } from '../../vault/verify/findings.js'
import type { CommitReport } from '../../vault/verify/rangeCheck.js'
import type { Transition } from '../../vault/verify/transitions.js'
import type { Parsed } from '../arguments/arguments.js'
import { visible } from '../terminal/escape.js'
import type { Io } from '../terminal/io.js'
import type { World } from '../command/services.js'
import { UsageError } from '../arguments/usage.js'
import { openVault, type Verb } from '../command/verb.js'
import { when } from '../terminal/when.js'

export const verify: Verb = {
  help: `Usage: git-vault verify [REVISION] [--decrypt] [--root ROOT] [--output json]
       git-vault verify --range A..B [--root ROOT] [--output json]

Check everything in the vault's folder, as it is checked out or as a commit has it: signatures, digests, the
access log, keys, labels, and that nothing else lies there. Needs no identity and changes nothing.

With --range: check each commit that B has and A has not by what it changes, and tell what it did, who signed
that, and who may read which secrets by it. Made for pull requests.

Options:
  --range A..B      the commits to check
  --decrypt         also open every value that your identity may
  --root ROOT       the vault's root, where this clone was not told to trust one; it is not kept
  --output FORMAT   text, or json for programs (text)

Problems are printed one a line, then a summary. The exit code is 0 where there are none, and 255 where there
are some; 253 where nobody has said which root is right.

Example:
  git-vault verify
  git-vault verify --range origin/main..HEAD
`,
  options: {
    range: { kind: 'value' },
    decrypt: { kind: 'flag' },
    root: { kind: 'opaque' },
    output: { kind: 'value', choices: ['text', 'json'] }
  },
  words: ['REVISION'],
  required: 0,

  async run(parsed, world) {
    const range = parsed.text('range')
    if (range === undefined) return verifyState(parsed, world)
    if (parsed.words.length > 0) throw new UsageError('input', 'verify takes --range or REVISION, not both')
    if (parsed.has('decrypt')) throw new UsageError('input', '--decrypt does not go with --range')
    return verifyCommits(range, parsed, world)
  }
}

async function verifyState(parsed: Parsed, world: World): Promise<void> {
  const { io, services } = world
  const [revision] = parsed.words
  const out = new Output(io, parsed.text('output') === 'json')
  const { problems, warnings, ...verified } = await services.verify(await openVault(world), {
    ...common(parsed, out),
    ...(revision === undefined ? {} : { revision }),
    decrypt: parsed.has('decrypt'),
    progress: secrets => out.progress(secrets, 'secrets')
  })
  const { root, commit, secrets, versions, keys, opened, closed } = verified
  await out.end(
    {
      ...{ root, commit, secrets, versions, keys },
      ...(parsed.has('decrypt') ? { opened, closed } : {})
    },
    [
      `verified ${count(secrets, 'secret')}, ${count(versions, 'version')}, ${count(keys, 'key')}`,
      ...(parsed.has('decrypt') ? [`opened ${opened}, ${closed} not for this identity`] : []),
      tally(problems, warnings)
    ].join('; ')
  )
  refuse(problems)
}

async function verifyCommits(range: string, parsed: Parsed, world: World): Promise<void> {
  const { io, services } = world
  const out = new Output(io, parsed.text('output') === 'json')
  const { problems, warnings, ...verified } = await services.verifyRange(await openVault(world), {
    ...common(parsed, out),
    range,
    report: commit => out.commit(commit),
    progress: commits => out.progress(commits, 'commits')
  })
  const { root, from, to, commits, secrets, versions } = verified
  await out.end(
    { root, from, to, checked: commits, secrets, versions },
    [
      `verified ${count(commits, 'commit')}, ${count(secrets, 'changed secret')}, ${count(versions, 'version')}`,
      tally(problems, warnings)
    ].join('; ')
  )
  refuse(problems)
}

function common(parsed: Parsed, out: Output) {
  const root = parsed.text('root')
  return { tell: (finding: Finding) => out.finding(finding), ...(root === undefined ? {} : { root }) }
}

function refuse(problems: number): void {
  if (problems > 0)
    throw new VaultError('DocumentRefused', `the vault has ${count(problems, 'problem')}`, {
      hint: 'git log -- FILE shows who changed a file'
    })
}

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`

const tally = (problems: number, warnings: number): string =>
  `${count(problems, 'problem')}${warnings > 0 ? `, ${count(warnings, 'warning')}` : ''}`

/** How often a terminal is told how far it is. */
const EVERY = 100

/** Lines for people as they come, or one JSON document at the end. */
class Output {
  readonly #io: Io
  readonly #isJson: boolean
  readonly #findings: Finding[] = []
  readonly #commits: CommitReport[] = []
  #isShown = false

  constructor(io: Io, isJson: boolean) {
    this.#io = io
    this.#isJson = isJson
  }

  async finding(finding: Finding): Promise<void> {
    if (this.#isJson) this.#findings.push(finding)
    else await this.#print([findingLine(finding)])
  }

  async commit(commit: CommitReport): Promise<void> {
    if (this.#isJson) this.#commits.push(commit)
    else await this.#print(commitLines(commit))
  }

  /** On a terminal alone, on a line that is overwritten. */
  progress(done: number, what: string): void {
    if (!this.#io.stderr.isTerminal || done % EVERY !== 0) return
    this.#isShown = true
    this.#io.stderr.write(`\r${done} ${what}`).catch(() => undefined)
  }

  async end(verified: object, summary: string): Promise<void> {
    if (!this.#isJson) return this.#print([summary])
    const of = (kind: Finding['kind']) =>
      this.#findings.filter(finding => finding.kind === kind).map(({ kind: _, ...finding }) => finding)
    const commits = 'from' in verified ? { commits: this.#commits } : {}
    const all = { ...verified, ...commits, problems: of('problem'), warnings: of('warning') }
    await this.#print([visibleJson(all)])
  }

  async #print(lines: readonly string[]): Promise<void> {
    if (this.#isShown) await this.#io.stderr.write('\r\u001b[K')
    this.#isShown = false
    await this.#io.stdout.write(lines.map(line => `${line}\n`).join(''))
  }
}

/** With what could move a cursor as JSON escapes, so that it stays the same JSON. */
const visibleJson = (value: object): string =>
  JSON.stringify(value, undefined, 2).split('\n').map(visible).join('\n')

function findingLine({ kind, path, reason, commit }: Finding): string {
  const where = commit === undefined ? '' : `${commit.slice(0, 12)}  `
  return `${visible(where)}${kind === 'warning' ? 'warning: ' : ''}${visible(path)}: ${visible(reason)}`
}

function commitLines(report: CommitReport): string[] {
  const start = `${report.commit.slice(0, 12)}  ${when(report.time)}`
  const done = [
    ...report.entries.map(({ entry, member }) => `${member}  access log entry ${entry}`),
    ...report.operations.map(
      ({ member, operation, secrets, names }) => `${member}  ${operation}${listed(secrets, names, '  ')}`
    ),
    ...(report.claim
      ? [`${report.claim.member}  ${report.claim.operation}  ${report.claim.subject}  (unsigned)`]
      : [])
  ]
  // nobody signed anything of it
  if (done.length === 0) done.push(`${report.author}  (unsigned)`)
  return [
    ...done.map(line => `${start}  ${line}`),
    ...(report.removed > 0 ? [`  removes ${count(report.removed, 'file')}`] : []),
    ...report.gained.map(transition => `  ${transition.member} may read now ${secretsOf(transition)}`),
    ...report.lost.map(transition => `  ${transition.member} may not read any more ${secretsOf(transition)}`),
    ...report.newAdmins.map(member => `  ${member} is an admin now`),
    ...report.formerAdmins.map(member => `  ${member} is no admin any more`)
  ].map(visible)
}

const secretsOf = ({ key, patterns, secrets, names }: Transition): string =>
  `what is under key ${key} (${patterns.join(', ')}), ${count(secrets, 'secret')}${listed(secrets, names, ': ')}`

/** How many names stand on one line. */
const MOST = 20

function listed(all: number, names: readonly string[], before: string): string {
  if (names.length === 0) return ''
  const shown = names.slice(0, MOST)
  const more = all > shown.length ? ` and ${all - shown.length} more` : ''
  return `${before}${shown.join(', ')}${more}`
}
