import { VaultError } from '../../core/errors.js'
import type { Finding } from '../../vault/verify/findings.js'
import type { CommitReport } from '../../vault/verify/commitReport.js'
import type { Transition } from '../../vault/verify/transitions.js'
import type { Parsed } from '../arguments/arguments.js'
import { visible, visibleJson } from '../terminal/escape.js'
import type { Io } from '../terminal/io.js'
import { isJson, jsonOptions } from '../command/json.js'
import type { World } from '../command/services.js'
import { UsageError } from '../arguments/usage.js'
import { openCurrentVault, type Verb } from '../command/verb.js'
import { localTime } from '../terminal/localTime.js'

export const verify: Verb = {
  help: `Usage: git-vault verify [REVISION] [--decrypt] [--root ROOT] [--json]
       git-vault verify --range A..B [--root ROOT] [--json]

Check every file of the vault, in the work tree or in a commit: signatures,
digests, the access log, keys and labels, and that the folder has no other
files. Needs no identity and changes nothing.

With --range: check the changes of each commit that is in B and not in A, for
example in a pull request. Reports what each commit did, who signed it, and
whose read access changed.

Options:
  --range A..B      the commits to check
  --decrypt         also decrypt every value that your identity can decrypt
  --root ROOT       the vault's root, if this clone does not trust one yet; the
                    clone does not remember it
  --json            print JSON, also as --output json

Prints one line per problem, and then a summary. The exit code is 0 without
problems, 255 with problems, and 253 if no root is trusted. In a range, a
problem that a later commit mended, as git-vault resolve does, is listed as
mended and not counted.

Example:
  git-vault verify
  git-vault verify --range origin/main..HEAD
`,
  options: {
    range: { kind: 'value' },
    decrypt: { kind: 'flag' },
    root: { kind: 'opaque' },
    ...jsonOptions
  },
  words: ['REVISION'],
  required: 0,

  async run(parsed, world) {
    const range = parsed.text('range')
    if (range === undefined) return verifyState(parsed, world)
    if (parsed.words.length > 0) throw new UsageError('input', 'verify takes --range or REVISION, not both')
    if (parsed.has('decrypt')) throw new UsageError('input', '--decrypt cannot be combined with --range')
    return verifyCommits(range, parsed, world)
  }
}

async function verifyState(parsed: Parsed, world: World): Promise<void> {
  const { io, services } = world
  const [revision] = parsed.words
  const output = new Output(io, isJson(parsed))
  const { problems, warnings, mendable, mend, ...verified } = await services.verify(
    await openCurrentVault(world),
    {
      ...sharedOptions(parsed, output),
      ...(revision === undefined ? {} : { revision }),
      decrypt: parsed.has('decrypt'),
      progress: secrets => output.progress(secrets, 'secrets')
    }
  )
  const { root, commit, secrets, versions, keys, opened, closed } = verified
  await output.end(
    {
      ...{ root, commit, secrets, versions, keys },
      ...(parsed.has('decrypt') ? { opened, closed } : {})
    },
    [
      `verified ${count(secrets, 'secret')}, ${count(versions, 'version')}, ${count(keys, 'key')}`,
      ...(parsed.has('decrypt') ? [`decrypted ${opened}, cannot decrypt ${closed}`] : []),
      tally(problems, warnings)
    ].join('; ')
  )
  throwIfProblems(problems, mend ?? (mendable > 0 ? RESOLVE : undefined))
}

async function verifyCommits(range: string, parsed: Parsed, world: World): Promise<void> {
  const { io, services } = world
  const output = new Output(io, isJson(parsed))
  const {
    problems,
    warnings,
    mended,
    mendable: _,
    ...verified
  } = await services.verifyRange(await openCurrentVault(world), {
    ...sharedOptions(parsed, output),
    range,
    reportCommit: commit => output.commit(commit),
    progress: commits => output.progress(commits, 'commits')
  })
  const { root, from, to, commits, secrets, versions } = verified
  await output.end(
    { root, from, to, checked: commits, secrets, versions },
    [
      `verified ${count(commits, 'commit')}, ${count(secrets, 'changed secret')}, ${count(versions, 'version')}`,
      `${tally(problems, warnings)}${mended > 0 ? `, ${mended} mended` : ''}`
    ].join('; ')
  )
  throwIfProblems(problems, undefined)
}

function sharedOptions(parsed: Parsed, output: Output) {
  const root = parsed.text('root')
  return {
    reportFinding: (finding: Finding) => output.finding(finding),
    ...(root === undefined ? {} : { root })
  }
}

const RESOLVE = 'git-vault resolve'

/** @param mend the command that may mend one of the problems */
function throwIfProblems(problems: number, mend: string | undefined): void {
  if (problems > 0)
    throw new VaultError('DocumentRefused', `the vault has ${count(problems, 'problem')}`, {
      hint: mend ?? 'see who changed a file: git log -- FILE'
    })
}

export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`

const tally = (problems: number, warnings: number): string =>
  `${count(problems, 'problem')}${warnings > 0 ? `, ${count(warnings, 'warning')}` : ''}`

/** Show the progress after this many items. */
const PROGRESS_STEP = 100

/** Prints lines of text as they come, or one JSON document at the end. */
class Output {
  readonly #io: Io
  readonly #isJson: boolean
  readonly #findings: Finding[] = []
  readonly #commits: CommitReport[] = []
  #hasProgressLine = false

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

  /** Shows the progress on a terminal, on a line that the next output overwrites. */
  progress(done: number, label: string): void {
    if (!this.#io.stderr.isTerminal || done % PROGRESS_STEP !== 0) return
    this.#hasProgressLine = true
    this.#io.stderr.write(`\r${done} ${label}`).catch(() => undefined)
  }

  async end(verified: object, summary: string): Promise<void> {
    if (!this.#isJson) return this.#print([summary])
    const of = (kind: Finding['kind']) =>
      this.#findings.filter(finding => finding.kind === kind).map(({ kind: _, ...finding }) => finding)
    const isRange = 'from' in verified
    const document = {
      ...verified,
      ...(isRange ? { commits: this.#commits } : {}),
      problems: of('problem'),
      warnings: of('warning'),
      ...(isRange ? { mended: of('mended') } : {})
    }
    await this.#print([visibleJson(document).trimEnd()])
  }

  async #print(lines: readonly string[]): Promise<void> {
    if (this.#hasProgressLine) await this.#io.stderr.write('\r\u001b[K')
    this.#hasProgressLine = false
    await this.#io.stdout.write(lines.map(line => `${line}\n`).join(''))
  }
}

function findingLine({ kind, path, reason, commit, mendedBy = '' }: Finding): string {
  const where = commit === undefined ? '' : `${commit.slice(0, 12)}  `
  const what = { problem: '', warning: 'warning: ', mended: `mended in ${mendedBy.slice(0, 12)}: ` }[kind]
  return `${visible(where)}${what}${visible(path)}: ${visible(reason)}`
}

function commitLines(report: CommitReport): string[] {
  const start = `${report.commit.slice(0, 12)}  ${localTime(report.time)}`
  const done = [
    ...report.entries.map(({ entry, member }) => `${member}  access log entry ${entry}`),
    ...report.operations.map(
      ({ member, operation, secrets, names }) => `${member}  ${operation}${nameList(secrets, names, '  ')}`
    ),
    ...(report.claim
      ? [`${report.claim.member}  ${report.claim.operation}  ${report.claim.subject}  (unsigned)`]
      : [])
  ]
  // nobody signed anything in this commit
  if (done.length === 0) done.push(`${report.author}  (unsigned)`)
  return [
    ...done.map(line => `${start}  ${line}`),
    ...(report.removed > 0 ? [`  removes ${count(report.removed, 'file')}${removedNames(report)}`] : []),
    ...report.gained.map(
      transition => `  ${transition.member} can now decrypt ${describeAccess(transition)}`
    ),
    ...report.lost.map(
      transition => `  ${transition.member} can no longer decrypt ${describeAccess(transition)}`
    ),
    ...report.newAdmins.map(member => `  ${member} is now an admin`),
    ...report.formerAdmins.map(member => `  ${member} is no longer an admin`)
  ].map(visible)
}

function removedNames({ removedSecrets: { secrets, names } }: CommitReport): string {
  return secrets === 0 ? '' : nameList(secrets, names, secrets === 1 ? ', the secret ' : ', the secrets ')
}

export const describeAccess = ({ key, patterns, secrets, names }: Transition): string =>
  `under key ${key} (${patterns.join(', ')}), ${count(secrets, 'secret')}${nameList(secrets, names, ': ')}`

/** The most names on one line. */
const MAX_NAMES = 20

export function nameList(all: number, names: readonly string[], before: string): string {
  if (names.length === 0) return ''
  const shown = names.slice(0, MAX_NAMES)
  const more = all > shown.length ? ` and ${all - shown.length} more` : ''
  return `${before}${shown.join(', ')}${more}`
}
