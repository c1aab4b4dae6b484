import fc from 'fast-check'
import { expect, it } from 'vitest'
import { canonicalBytes, utf8 } from '../../../src/core/format/canonical.js'
import { asValue, parseDocument } from '../../../src/core/format/documents.js'
import { hasNoValue, heldVersions, type Stages } from '../../../src/core/versions/stages.js'
import { isSameState } from '../../../src/core/versions/merge.js'
import { rounds, token, type TestVault } from '../fixture.js'
import { check } from '../verify/verifyKit.js'
import { FOLDER, NAME, follower, merge, move, put, stagesIn, twoClones, unlabel, values } from './mergeKit.js'

/** A write of one clone, some milliseconds after its last. Some change nothing, or are refused. */
type Write =
  | { readonly kind: 'put'; readonly after: number }
  | { readonly kind: 'move'; readonly after: number; readonly label: string; readonly to: number }
  | { readonly kind: 'unlabel'; readonly after: number; readonly label: string }
  | { readonly kind: 'tag'; readonly after: number; readonly tag: string }
  | { readonly kind: 'untag'; readonly after: number; readonly tag: string }
  | { readonly kind: 'describe'; readonly after: number }

const after = fc.nat(5)
const label = fc.constantFrom('blue', 'green', 'AWSCURRENT')
const tag = fc.constantFrom('x', 'y')
const write: fc.Arbitrary<Write> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('put' as const), after }) },
  fc.record({ kind: fc.constant('move' as const), after, label, to: fc.nat(3) }),
  fc.record({ kind: fc.constant('unlabel' as const), after, label }),
  fc.record({ kind: fc.constant('tag' as const), after, tag }),
  fc.record({ kind: fc.constant('untag' as const), after, tag }),
  fc.record({ kind: fc.constant('describe' as const), after })
)

let writes = 0

async function apply(box: TestVault, step: Write): Promise<void> {
  box.clock.advance(step.after)
  const number = ++writes
  const { labels, versions } = await stagesIn(box)
  const place = 'label' in step ? labels.get(step.label)?.version : undefined
  if (step.kind === 'put') await put(box, `w${number}`)
  else if (step.kind === 'move') {
    const to = [...versions.keys()].sort()[step.to % versions.size]!
    await move(box, step.label, to, place)
  } else if (step.kind === 'unlabel') {
    if (place !== undefined && step.label !== 'AWSCURRENT') await unlabel(box, step.label, place)
  } else if (step.kind === 'tag')
    await box.api.tagResource({ SecretId: NAME, Tags: [{ Key: step.tag, Value: `of ${number}` }] })
  else if (step.kind === 'untag') await box.api.untagResource({ SecretId: NAME, TagKeys: [step.tag] })
  else await box.api.updateSecret({ SecretId: NAME, Description: `of ${number}` })
}

/** What secret.yaml says, without its signature. */
async function fieldsOf(box: TestVault): Promise<string> {
  const document = await parseDocument('secret', utf8(box.read(`${FOLDER}/secret.yaml`)), 'x')
  const { signed: _signed, signature: _signature, ...fields } = document
  return Buffer.from(canonicalBytes(asValue(fields))).toString()
}

/** All that the two clones have written is there: every version, and each label at its last place. */
async function expectComplete(box: TestVault, before: readonly Stages[]): Promise<void> {
  expect((await check(box)).found).toEqual([])
  const { labels, versions } = await stagesIn(box)
  for (const stages of before)
    for (const [id, entry] of stages.versions)
      if (!hasNoValue(entry)) expect([...versions.keys()]).toContain(id)
  for (const id of heldVersions(labels)) expect(versions.has(id)).toBe(true)
  const moves = before.flatMap(stages => stages.labels.get('AWSCURRENT') ?? [])
  const last = moves.reduce((a, b) => (`${a.moved} ${a.version}` < `${b.moved} ${b.version}` ? b : a))
  expect(labels.get('AWSCURRENT')?.version).toBe(last.version)
  expect(Object.keys(await values(box))).toHaveLength(versions.size)
}

it(
  'random writes in two clones come together, and end in one state whichever clone merges',
  { timeout: 300_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(write, { minLength: 1, maxLength: 4 }),
        fc.array(write, { minLength: 1, maxLength: 4 }),
        async (first, second) => {
          const [a, b] = await twoClones()
          await put(a, 'start')
          await merge(b, a)
          for (const step of first) await apply(a, step)
          for (const step of second) await apply(b, step)
          const before = [await stagesIn(a), await stagesIn(b)]
          const other = await follower(a)
          await merge(a, b)
          await merge(b, other)
          expect(isSameState(await stagesIn(a), await stagesIn(b))).toBe(true)
          expect(await fieldsOf(a)).toBe(await fieldsOf(b))
          expect(a.versionFiles(NAME)).toEqual(b.versionFiles(NAME))
          await expectComplete(a, before)
          await expectComplete(b, before)
          // two merges that each signed one meet as well, and both clones write on
          await merge(a, b)
          await merge(b, a)
          expect(a.head()).toBe(b.head())
          await put(b, `end ${writes}`)
          await merge(a, b)
          expect((await stagesIn(a)).labels.get('AWSCURRENT')?.version).toBe(token(`end ${writes}`))
        }
      ),
      { numRuns: rounds(5) }
    )
  }
)
