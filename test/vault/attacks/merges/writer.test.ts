import { describe, it } from 'vitest'
import { digestOf } from '../../../../src/core/format/documents.js'
import { formatTime } from '../../../../src/core/time.js'
import { DAY, token, type TestVault } from '../../fixture.js'
import { copy, mallory, restore } from '../kit.js'
import { forgePut, forgeStages, forgeVersion, prove, read, STAGES, version, type Stages } from '../forge.js'
import { joined, refused, type Plant } from './mergesKit.js'

const now = ({ clock }: TestVault) => formatTime(clock.time)

/** Signs stages.yaml as the member with `encrypt` alone. */
const signs =
  (change: (stages: Stages, attacker: TestVault) => unknown): Plant =>
  attacker =>
    forgeStages(attacker, mallory, stages => change(stages, attacker))

function move(attacker: TestVault, stages: Stages, label: string, to: string, moved = now(attacker)): void {
  const { before: _, ...last } = stages.labels[label]!
  const there = prove(attacker, mallory, stages, label, to, moved)
  stages.labels[label] = label === 'AWSCURRENT' ? { ...there, before: last } : there
  if (label === 'AWSCURRENT') stages.labels['AWSPREVIOUS'] = { version: last.version, moved }
}

/** Leaves a version out of stages.yaml, and removes its file. */
function drop(attacker: TestVault, stages: Stages, name: string): void {
  delete stages.versions[token(name)]
  attacker.git('rm', '-q', version(name))
}

describe('of a member with encrypt alone, a merge leaves out', () => {
  it('the removal of a label', () =>
    joined(
      signs((stages, attacker) => {
        delete stages.labels['blue']
        stages.removed = { ...stages.removed, blue: now(attacker) }
      })
    ))

  it('a label that they say was forgotten', () =>
    joined(
      signs((stages, attacker) => {
        delete stages.labels['blue']
        stages.forgotten = now(attacker)
      })
    ))

  it('a version that they leave out without a trace', () =>
    joined(signs((stages, attacker) => drop(attacker, stages, 'one'))))

  it('versions that they say were pruned', () =>
    joined(
      signs((stages, attacker) => {
        stages.pruned = stages.versions[token('evil')]!.created
        for (const name of ['one', 'evil']) drop(attacker, stages, name)
      })
    ))

  it('a label and its version that they say were removed and pruned', () =>
    joined(
      signs((stages, attacker) => {
        delete stages.labels['blue']
        stages.removed = { ...stages.removed, blue: now(attacker) }
        stages.pruned = stages.versions[token('two')]!.created
        for (const name of ['one', 'evil', 'two']) drop(attacker, stages, name)
      })
    ))
})

describe('of a member with encrypt alone, a merge takes no more than their own version', () => {
  it.each(['vault/** merge=union\n', 'vault/** merge=evil\n* -merge\n'])(
    'with a .gitattributes that says %j',
    attributes =>
      joined(
        attacker => {
          attacker.write('.gitattributes', attributes)
          return forgePut(attacker, mallory)
        },
        { ours: ['AWSCURRENT'], planted: ['AWSPREVIOUS'], two: ['blue'] }
      )
  )
})

describe('of a member with encrypt alone, a merge refuses', () => {
  it.each(['AWSCURRENT', 'blue'])('a move of %s onto another member’s version', label =>
    refused(
      signs((stages, attacker) => move(attacker, stages, label, label === 'blue' ? 'three' : 'two')),
      new RegExp(`^DocumentRefused: .*stages.yaml: signed by mallory, who may not move ${label} there`),
      { says: /signed by mallory, who may not move \S+ there.*: git-vault resolve$/ }
    )
  )

  it('old moves with their proofs', () =>
    refused(
      async attacker => {
        const present = attacker.read(STAGES)
        restore(attacker, 'two', STAGES)
        const { labels } = await read(attacker, 'stages', STAGES)
        attacker.git('reset', '-q')
        attacker.write(STAGES, present)
        await forgeStages(attacker, mallory, stages => (stages.labels = labels))
      },
      /^DocumentRefused: .*AWSCURRENT of prod\/db has an older move than an earlier commit has/,
      { says: /prod\/db: one side goes back to an older state/ }
    ))

  it('the file of another secret’s version', () =>
    refused(
      async attacker => {
        const path = version('two')
        copy(attacker, version('two', 'vault/secrets/prod/other'), path)
        const digest = digestOf(await read(attacker, 'version', path))
        await forgeStages(attacker, mallory, ({ versions }) => {
          versions[token('two')] = { ...versions[token('two')]!, digest }
        })
      },
      /^DocumentRefused: .*two-+\.yaml: it belongs to another secret or version/,
      { says: /version two-+ has another value on each side/ }
    ))

  it('a value of their own as the re-encryption of another', () =>
    refused(
      async attacker => {
        const { versions } = await read(attacker, 'stages', STAGES)
        const first = versions[token('three')]!.digest!
        const listed = await forgeVersion(attacker, mallory, { name: 'three', value: 'planted' })
        await forgeStages(attacker, mallory, stages => {
          stages.versions[token('three')] = { ...listed, resealed: now(attacker), first }
        })
      },
      /^prod\/db: version three-+ has another value on each side$/,
      { says: /version three-+ has another value on each side/ }
    ))

  it('the greatest serial', () =>
    refused(
      attacker => forgeStages(attacker, mallory, () => undefined, { serial: '999999999999999' }),
      /^DocumentRefused: .*stages\.yaml: its serial is over a million after the one before$/,
      { says: /stages\.yaml: its serial is over a million after the one before; .*: git-vault resolve$/ }
    ))

  it('a date years ahead', () =>
    refused(
      signs((stages, attacker) => {
        const moved = formatTime(attacker.clock.time + 3650 * DAY)
        stages.labels['theirs'] = prove(attacker, mallory, stages, 'theirs', 'mine', moved)
      }),
      /^RepositoryState: the date that mallory gave prod\/db is \d+ hours ahead of this computer's clock/,
      {
        says: /prod\/db: dated \d{4}-\S+, over 24 hours ahead of this computer's clock; to end this conflict: abort the merge; then, on the branch with that date: git-vault repair-dates prod\/db$/,
        by: 'abort'
      }
    ))
})
