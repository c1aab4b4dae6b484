import { describe, expect, it } from 'vitest'
import { formatTime } from '../../../src/core/time.js'
import { failure, type TestVault, token } from '../fixture.js'
import { run } from '../resolving/resolveKit.js'
import { forgePut, forgeStages, NAME, prove, read, STAGES, type Stages, version } from './forge.js'
import {
  after,
  as,
  carol,
  expectRefused,
  expectUnharmed,
  faces,
  freshClone,
  mallory,
  pull,
  restore,
  scene
} from './kit.js'

/** stages.yaml at an earlier commit, with all its proofs. */
async function stagesAt(vault: TestVault, mark: string): Promise<Stages> {
  const now = vault.read(STAGES)
  restore(vault, mark, STAGES)
  const then = await read(vault, 'stages', STAGES)
  vault.git('reset', '-q')
  vault.write(STAGES, now)
  return then
}

const last = (stages: Stages) => stages.labels['AWSCURRENT']!

describe('a member with only encrypt', () => {
  it('signs old moves of the labels, with their proofs', async () => {
    const victim = await after(async attacker => {
      const { labels } = await stagesAt(attacker, 'moved')
      await forgeStages(attacker, mallory, stages => (stages.labels = labels))
    })
    await expectRefused(victim, STAGES, /AWSCURRENT of prod\/db has an older move than this clone has seen/)
  })

  it('signs the old move of one label', async () => {
    const victim = await after(async attacker => {
      const { labels } = await stagesAt(attacker, 'two')
      await forgeStages(attacker, mallory, stages => (stages.labels['blue'] = labels['blue']!))
    })
    await expectRefused(victim, STAGES, /blue of prod\/db has an older move than this clone has seen/)
  })

  it('removes the newest version and its label', async () => {
    const victim = await after(async attacker => {
      const { labels } = await stagesAt(attacker, 'mine')
      await forgeStages(attacker, mallory, stages => {
        stages.labels = labels
        delete stages.versions[token('three')]
      })
    })
    await expectRefused(victim, STAGES, /AWSCURRENT of prod\/db has an older move than this clone has seen/)
  })

  it('removes the newest version but not its label', async () => {
    const victim = await after(attacker =>
      forgeStages(attacker, mallory, stages => delete stages.versions[token('three')])
    )
    await expectRefused(victim, STAGES, /AWSCURRENT there|AWSCURRENT is on a version that is not listed/)
  })

  it.each([
    ['AWSCURRENT', 'two'],
    ['blue', 'one'],
    ['new-label', 'one']
  ])('moves %s onto another member’s version %s', async (label, name) => {
    const victim = await after(attacker =>
      forgeStages(attacker, mallory, stages => {
        const { before: _, ...place } = last(stages)
        stages.labels[label] = prove(attacker, mallory, stages, label, name)
        if (label === 'AWSCURRENT') stages.labels[label].before = place
      })
    )
    await expectRefused(victim, STAGES, new RegExp(`signed by mallory, who may not move ${label} there`))
    await expectRefused(await freshClone(victim), STAGES, /who may not move/)
  })

  it('moves AWSCURRENT onto another member’s version, listed as her own', async () => {
    const victim = await after(attacker =>
      forgeStages(attacker, mallory, stages => {
        const { before: _, ...place } = last(stages)
        stages.versions[token('two')]!.writer = mallory.public.keyId
        stages.labels['AWSCURRENT'] = {
          ...prove(attacker, mallory, stages, 'AWSCURRENT', 'two'),
          before: place
        }
      })
    )
    await expectRefused(victim, version('two'), /lists another key or writer/, ['get', 'put'])
  })

  it('uses a proof of another label, secret, version or time', async () => {
    const wrong: ((attacker: TestVault, stages: Stages) => unknown)[] = [
      (_, { labels }) => (labels['green'] = { ...labels['blue']! }),
      async (attacker, stages) => {
        const other = await read(attacker, 'stages', 'vault/secrets/prod/other/stages.yaml')
        stages.labels['AWSCURRENT'] = other.labels['AWSCURRENT']!
      },
      (_, { labels }) => (labels['blue']!.version = token('one')),
      (attacker, { labels }) => (labels['blue']!.moved = formatTime(attacker.clock.time)),
      (_, { labels }) => (labels['blue']!.by = carol.public.keyId),
      (_, { labels }) => delete labels['blue']!.proof,
      (_, { labels }) => delete labels['blue']!.by
    ]
    for (const change of wrong) {
      const victim = await after(attacker =>
        forgeStages(attacker, mallory, stages => change(attacker, stages))
      )
      await expectRefused(victim, STAGES, /signed by mallory, who may not move (green|AWSCURRENT|blue) there/)
    }
  })

  it('sets AWSPREVIOUS by hand', async () => {
    const victim = await after(attacker =>
      forgeStages(attacker, mallory, stages => {
        stages.labels['AWSPREVIOUS'] = prove(attacker, mallory, stages, 'AWSPREVIOUS', 'one')
      })
    )
    await expectRefused(victim, STAGES, /signed by mallory, who may not move AWSPREVIOUS there/)
  })

  it('sets AWSPREVIOUS by hand to the time when AWSCURRENT moved, which has no effect', async () => {
    const victim = await after(attacker =>
      forgeStages(attacker, mallory, stages => {
        stages.labels['AWSPREVIOUS'] = { version: token('one'), moved: last(stages).moved }
      })
    )
    await expectUnharmed(victim)
  })

  it('edits the previous move of AWSCURRENT', async () => {
    const victim = await after(attacker =>
      forgeStages(attacker, mallory, stages => (last(stages).before!.version = token('two')))
    )
    await expectRefused(victim, STAGES, /signed by mallory, who may not move AWSCURRENT there/)
  })

  it('replaces the previous move of AWSCURRENT by an older one, with its proof', async () => {
    const victim = await after(async attacker => {
      const { before: _, ...older } = last(await stagesAt(attacker, 'two'))
      await forgeStages(attacker, mallory, stages => {
        last(stages).before = older
        stages.labels['AWSPREVIOUS'] = { version: older.version, moved: last(stages).moved }
      })
    })
    await expectRefused(victim, STAGES, /AWSPREVIOUS of prod\/db has an older move than this clone has seen/)
  })

  it('does the same for a version that she adds', async () => {
    const victim = await after(async attacker => {
      const { before: _, ...older } = last(await stagesAt(attacker, 'two'))
      await forgePut(attacker, mallory)
      await forgeStages(attacker, mallory, stages => {
        last(stages).before = older
        stages.labels['AWSPREVIOUS'] = { version: older.version, moved: last(stages).moved }
      })
    })
    await expectRefused(victim, STAGES, /AWSPREVIOUS of prod\/db has an older move than this clone has seen/)
  })

  it('removes the previous move of AWSCURRENT', async () => {
    const victim = await after(attacker =>
      forgeStages(attacker, mallory, stages => {
        delete last(stages).before
        delete stages.labels['AWSPREVIOUS']
      })
    )
    await expectRefused(victim, STAGES, /AWSPREVIOUS of prod\/db has an older move than this clone has seen/)
  })

  it('undoes a move of AWSPREVIOUS that a member made by hand', async () => {
    const by = (from: string, to: string) => ({
      SecretId: NAME,
      VersionStage: 'AWSPREVIOUS',
      RemoveFromVersionId: token(from),
      MoveToVersionId: token(to)
    })
    const both = await scene()
    const { victim, attacker } = both
    await victim.api.updateSecretVersionStage(by('mine', 'one'))
    attacker.git('pull', '-q', '--ff-only', victim.root, 'main')
    const first = (await read(attacker, 'stages', STAGES)).labels['AWSPREVIOUS']!
    victim.clock.advance(1000)
    await victim.api.updateSecretVersionStage(by('one', 'two'))
    attacker.git('pull', '-q', '--ff-only', victim.root, 'main')
    await forgeStages(attacker, mallory, stages => (stages.labels['AWSPREVIOUS'] = first))
    pull(both)
    await expectRefused(victim, STAGES, /AWSPREVIOUS of prod\/db has an older move than this clone has seen/)
  })

  it('removes AWSCURRENT', async () => {
    const victim = await after(attacker =>
      forgeStages(attacker, mallory, stages => {
        stages.removed = { AWSCURRENT: formatTime(attacker.clock.time) }
        delete stages.labels['AWSCURRENT']
        delete stages.labels['AWSPREVIOUS']
      })
    )
    await expectRefused(victim, STAGES, /AWSCURRENT is on no version/)
    const forgotten = await after(attacker =>
      forgeStages(attacker, mallory, stages => {
        stages.forgotten = formatTime(attacker.clock.time)
        stages.labels = {}
      })
    )
    await expectRefused(forgotten, STAGES, /AWSCURRENT is on no version/)
  })

  it('cannot write after an invalid proof, until a member who may move labels has written', async () => {
    const both = await scene()
    const { victim, attacker } = both
    await forgeStages(
      attacker,
      carol,
      ({ labels }) => (labels['blue']!.proof = last({ labels } as Stages).proof!)
    )
    pull(both)
    const clone = await freshClone(victim)
    expect(await as(mallory, clone, api => failure(faces.put(api)))).toMatchObject({
      code: 'AccessDeniedException'
    })
    await faces.put(victim.api)
    clone.git('pull', '-q', '--ff-only', victim.root, 'main')
    await as(mallory, clone, faces.put)
  })
})

it('a member with only encrypt signs the greatest serial: a clone refuses it, and resolve signs the state that it has seen', async () => {
  const victim = await after(attacker =>
    forgeStages(attacker, mallory, () => undefined, { serial: '999999999999999' })
  )
  await expectRefused(victim, STAGES, /its serial is over a million after the one before/)
  expect(await run(victim, { names: [NAME] })).toMatchObject({ remaining: [], unresolved: [] })
  await victim.reopen()
  await expectUnharmed(victim)
})
