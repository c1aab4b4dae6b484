import fc from 'fast-check'
import { VaultError } from '../../../src/core/errors.js'
import { addVersion, moveLabel } from '../../../src/core/versions/labels.js'
import { merge as mergeUnder, type Merged } from '../../../src/core/versions/merge.js'
import type { Side } from '../../../src/core/versions/signedState.js'
import { forget, prune } from '../../../src/core/versions/pruning.js'
import {
  hasNoValue,
  latestStamp,
  NO_DIGEST,
  noVersions,
  stamp,
  type Stages
} from '../../../src/core/versions/stages.js'
import { creationTime, resealTime } from '../../../src/core/versions/versions.js'
import { ALL_RIGHTS, resealVersion, START } from './stagesKit.js'

/** Small limits, so that short histories reach them. A tick is a millisecond; 24 hours are this many ticks. */
export const MINIMUM_AGE = 25
export const PRUNING = { keep: 5, minimumAgeMs: MINIMUM_AGE, quota: 40 }
const REMOVALS = { maximumAgeMs: 60, maximumCount: 3 }
const LABELS = ['AWSCURRENT', 'AWSPREVIOUS', 'AWSPENDING', 'blue', 'green']

/** The ticks before a step. */
export const AFTER = fc.oneof(fc.nat({ max: 4 }), fc.nat({ max: 40 }))

export type Step =
  | {
      readonly kind: 'put'
      readonly clone: number
      readonly after: number
      readonly labels: string[] | undefined
    }
  | {
      readonly kind: 'move'
      readonly clone: number
      readonly after: number
      readonly label: string
      readonly to: number
    }
  | { readonly kind: 'remove'; readonly clone: number; readonly after: number; readonly label: string }
  | { readonly kind: 'rotate'; readonly clone: number; readonly after: number }
  | { readonly kind: 'fill'; readonly clone: number; readonly after: number }
  | { readonly kind: 'reseal'; readonly clone: number; readonly after: number; readonly label: string }
  | {
      readonly kind: 'fetch'
      readonly clone: number
      readonly from: number
      readonly base: number
      readonly after: number
    }

export type Write = Exclude<Step, { kind: 'fetch' }>

export interface Plan {
  /** For each clone, whether its member holds `manage`. Without it they only put, and forget no removals. */
  readonly manages: readonly boolean[]
  /** In ticks, one for each clone. */
  readonly skews: readonly number[]
  readonly steps: readonly Step[]
}

/** One state of one clone; a merge has two parents. */
export interface Commit {
  readonly stages: Stages
  readonly ancestors: ReadonlySet<Commit>
  /** True time, in ticks. */
  readonly tick: number
  readonly manages: boolean
  /** The id of the version that this commit wrote. */
  readonly wrote?: string
  /** The labels that a write set or removed, in their new state. */
  readonly moved: readonly LabelWrite[]
}

export interface LabelWrite {
  readonly label: string
  readonly moved: string
  readonly version?: string
}

export interface Outcome {
  readonly clones: readonly Commit[]
  readonly commits: readonly Commit[]
}

/** Writes of a number of clones. */
export function writes(clones: number): fc.Arbitrary<Write>[] {
  const clone = fc.nat({ max: clones - 1 })
  const label = fc.constantFrom(...LABELS)
  const named = fc.option(fc.array(label, { minLength: 1, maxLength: 2 }), { nil: undefined })
  return [
    fc.record({ kind: fc.constant('put'), clone, after: AFTER, labels: named }),
    fc.record({ kind: fc.constant('move'), clone, after: AFTER, label, to: fc.nat({ max: 20 }) }),
    fc.record({ kind: fc.constant('remove'), clone, after: AFTER, label }),
    fc.record({ kind: fc.constant('rotate'), clone, after: AFTER }),
    fc.record({ kind: fc.constant('fill'), clone, after: AFTER })
  ]
}

/** Plans for a number of clones. With `reseals`, versions are also re-encrypted. */
export function plans(
  clones: number,
  options: { reseals?: boolean; skew?: number; roles?: boolean } = {}
): fc.Arbitrary<Plan> {
  const clone = fc.nat({ max: clones - 1 })
  const [after, label] = [AFTER, fc.constantFrom(...LABELS)]
  const reseal: fc.Arbitrary<Step> = fc.record({ kind: fc.constant('reseal'), clone, after, label })
  const fetch: fc.Arbitrary<Step> = fc.record({
    kind: fc.constant('fetch'),
    clone,
    from: clone,
    base: fc.nat({ max: 20 }),
    after
  })
  const skew = options.skew ?? 12
  // One clock in ten is far ahead.
  const skews = fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: -skew, max: skew }) },
    { weight: options.skew === undefined ? 1 : 0, arbitrary: fc.constant(500) }
  )
  const manages = options.roles
    ? fc.array(fc.boolean(), { minLength: clones, maxLength: clones })
    : fc.constant(Array.from({ length: clones }, () => true))
  return fc.record({
    manages,
    skews: fc.array(skews, { minLength: clones, maxLength: clones }),
    steps: fc.array(fc.oneof(...writes(clones), ...(options.reseals ? [reseal] : []), fetch), {
      minLength: 4,
      maxLength: 40
    })
  })
}

/** Runs the plan: the clones write and fetch, starting from one version that all have. Throws on a conflict. */
export function run({ skews, steps, manages }: Plan): Outcome {
  const root: Commit = {
    ...write(noVersions, START, stages => putAt(stages, 'v0', START, undefined)),
    ancestors: new Set(),
    tick: 0,
    manages: true,
    wrote: 'v0'
  }
  const clones = skews.map(() => root)
  const commits = [root]
  let tick = 0
  for (const [index, step] of steps.entries()) {
    tick += step.after
    const ours = clones[step.clone] as Commit
    const next =
      step.kind === 'fetch'
        ? fetched(ours, clones[step.from] as Commit, step.base, tick, manages[step.clone])
        : written(ours, step, `v${index + 1}`, tick, { skews, manages })
    if (next === undefined) continue
    clones[step.clone] = next
    commits.push(next)
  }
  return { clones, commits }
}

/** Merges `theirs` into `ours` over the merge base that `choice` picks, possibly a bad one. */
export function fetched(
  ours: Commit,
  theirs: Commit,
  choice: number,
  tick: number,
  manages = true
): Commit | undefined {
  if (ours === theirs || ours.ancestors.has(theirs)) return undefined
  if (theirs.ancestors.has(ours)) return theirs
  const common = [...ours.ancestors].filter(commit => theirs.ancestors.has(commit))
  const base = common[common.length - 1 - (choice % common.length)] as Commit
  const rules = { ...ALL_RIGHTS, pruning: PRUNING, now: START + tick }
  const stages = stagesOf(mergeUnder(base, sideOf(ours, base), sideOf(theirs, base), rules))
  return {
    stages,
    ancestors: new Set([...ours.ancestors, ...theirs.ancestors, ours, theirs]),
    tick,
    manages,
    moved: []
  }
}

/** A side of a merge, with the states since the merge base if the tip's signer could not delete. */
export function sideOf(tip: Commit, base: Commit): Side {
  const earlier = tip.manages
    ? []
    : [...tip.ancestors].filter(commit => commit !== base && !base.ancestors.has(commit))
  return { tip, earlier }
}

export function stagesOf(merged: Merged): Stages {
  if ('stages' in merged) return merged.stages
  throw new Error(`conflict: ${JSON.stringify(merged)}`)
}

/** Applies a write of a clone. Returns `undefined` if it changes nothing or is refused. */
export function written(
  ours: Commit,
  step: Write,
  versionId: string,
  tick: number,
  { skews, manages: all }: Omit<Plan, 'steps'>
): Commit | undefined {
  const now = START + tick + (skews[step.clone] as number)
  const manages = all[step.clone] ?? true
  if (!manages && step.kind !== 'put' && step.kind !== 'fill') return undefined
  try {
    const next = write(ours.stages, now, stages => change(stages, step, versionId, now), manages)
    if (next.stages === ours.stages) return undefined
    return {
      ...next,
      ancestors: new Set([...ours.ancestors, ours]),
      tick,
      manages,
      ...(step.kind === 'put' || step.kind === 'rotate' ? { wrote: versionId } : {})
    }
  } catch (error) {
    if (error instanceof VaultError) return undefined // a write that is refused changes nothing
    throw error
  }
}

function change(stages: Stages, step: Write, versionId: string, now: number): Stages {
  if (step.kind === 'put') {
    return prune(putAt(stages, versionId, now, step.labels), { ...PRUNING, now }).stages
  }
  if (step.kind === 'rotate') return putAt(stages, versionId, now, ['AWSPENDING'], NO_DIGEST)
  if (step.kind === 'fill') {
    const pending = stages.labels.get('AWSPENDING')?.version ?? ''
    const entry = stages.versions.get(pending)
    // one value for each token: two would be a conflict
    return entry && hasNoValue(entry) ? putAt(stages, pending, now, ['AWSPENDING']) : stages
  }
  const holder = stages.labels.get(step.label)?.version
  if (step.kind === 'reseal') {
    const entry = stages.versions.get(holder ?? '')
    if (holder === undefined || entry === undefined || hasNoValue(entry)) return stages
    const resealed = resealTime(stages, holder, now)
    return resealVersion(stages, {
      versionId: holder,
      resealed,
      writer: 'bob',
      key: 'prod',
      digest: `${holder}@${resealed}`
    })
  }
  const ids = [...stages.versions.keys()]
  const moveTo = step.kind === 'move' ? ids[step.to % ids.length] : undefined
  const time = stamp(now, latestStamp(stages))
  return moveLabel(stages, { label: step.label, removeFrom: holder, moveTo, stamp: time })
}

function putAt(
  stages: Stages,
  versionId: string,
  now: number,
  labels: string[] | undefined,
  digest = versionId
): Stages {
  const entry = { created: creationTime(stages, now), writer: 'alice', key: 'default', digest }
  return addVersion(stages, { versionId, entry, labels, stamp: stamp(now, latestStamp(stages)) })
}

function write(
  before: Stages,
  now: number,
  make: (stages: Stages) => Stages,
  forgets = true
): Pick<Commit, 'stages' | 'moved'> {
  const stages = make(before)
  if (stages === before) return { stages, moved: [] }
  return { stages: forgets ? forget(stages, now, REMOVALS) : stages, moved: labelWrites(before, stages) }
}

/** The labels that a write changed. An AWSPREVIOUS that only follows AWSCURRENT is not included. */
function labelWrites(before: Stages, after: Stages): LabelWrite[] {
  const current = after.labels.get('AWSCURRENT')?.moved ?? ''
  const moves = [...after.labels].flatMap(([label, { version, moved }]) => {
    const old = before.labels.get(label)
    const follows = label === 'AWSPREVIOUS' && moved <= current
    return follows || (old?.version === version && old.moved === moved) ? [] : [{ label, version, moved }]
  })
  const removals = [...after.removed].flatMap(([label, moved]) =>
    before.removed.get(label) === moved ? [] : [{ label, moved }]
  )
  return [...moves, ...removals]
}
