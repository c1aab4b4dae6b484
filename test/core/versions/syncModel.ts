import fc from 'fast-check'
import { knows, merge as mergeUnder, type Merged } from '../../../src/core/versions/merge.js'
import { laterIncarnation } from '../../../src/core/versions/mergeSecret.js'
import { noVersions, latestStamp, stamp } from '../../../src/core/versions/stages.js'
import { moveLabel } from '../../../src/core/versions/labels.js'
import { AFTER, PRUNING, run, sideOf, written, writes, type Commit, type Write } from './history.js'
import { ALL_RIGHTS, at, START } from './stagesKit.js'

type Step =
  | Write
  /** `git-vault sync`: merges what the hub has, and pushes. */
  | { readonly kind: 'sync'; readonly clone: number; readonly after: number }
  /** `git pull --rebase` and a push. */
  | { readonly kind: 'rebase'; readonly clone: number; readonly after: number }
  /** `git merge` of another clone's branch. */
  | {
      readonly kind: 'merge'
      readonly clone: number
      readonly after: number
      readonly from: number
      readonly base: number
    }
  /** `git revert` of a commit of the clone's own line. `isKept`: a later `resolve` keeps the newer state, or rolls back. */
  | {
      readonly kind: 'revert'
      readonly clone: number
      readonly after: number
      readonly back: number
      readonly isKept: boolean
    }
  /** DeleteSecret without recovery, and CreateSecret after it. */
  | { readonly kind: 'delete'; readonly clone: number; readonly after: number }
  | { readonly kind: 'create'; readonly clone: number; readonly after: number }

export interface SyncPlan {
  readonly manages: readonly boolean[]
  readonly skews: readonly number[]
  readonly steps: readonly Step[]
}

/** A commit, with the secret's incarnation: without `arn`, the secret is removed. */
interface Node extends Commit {
  readonly parent?: Node
  readonly isMerge?: boolean
  /** Whether the commit goes back: `true` if the newer state is to be kept, `false` if AWSCURRENT is to be rolled back. */
  readonly reverted?: boolean
  readonly arn: string | undefined
  readonly created: string
  readonly ancestors: ReadonlySet<Node>
}

export type HumanCase = 'goes back' | 'removed and changed' | 'created twice'

export interface SyncOutcome {
  readonly hub: Node
  readonly clones: readonly Node[]
  /** What a person was asked. */
  readonly asked: readonly HumanCase[]
  /** Every version that a clone has put, with the time and the secret. */
  readonly acknowledged: readonly Pick<Node, 'wrote' | 'tick' | 'arn'>[]
  /** The time of the last step. */
  readonly tick: number
}

/** Plans for two to five clones. Their clocks differ by a few ticks. */
export const syncPlans: fc.Arbitrary<SyncPlan> = fc.integer({ min: 2, max: 5 }).chain(clones => {
  const own = { clone: fc.nat({ max: clones - 1 }), after: AFTER }
  const sync: fc.Arbitrary<Step> = fc.record({ kind: fc.constant('sync'), ...own })
  const rebase: fc.Arbitrary<Step> = fc.record({ kind: fc.constant('rebase'), ...own })
  const from = fc.nat({ max: clones - 1 })
  const merge: fc.Arbitrary<Step> = fc.record({
    ...{ kind: fc.constant('merge'), ...own, from },
    base: fc.nat({ max: 3 })
  })
  const back = fc.nat({ max: 3 })
  const revert: fc.Arbitrary<Step> = fc.record({
    ...{ kind: fc.constant('revert'), ...own, back },
    isKept: fc.boolean()
  })
  const remove: fc.Arbitrary<Step> = fc.record({
    kind: fc.constantFrom('delete' as const, 'create' as const),
    ...own
  })
  const weighted = (weight: number, arbitrary: fc.Arbitrary<Step>) => ({ weight, arbitrary })
  const step = fc.oneof(
    ...writes(clones).map((write, index) => weighted(index === 0 ? 5 : 2, write)),
    ...[weighted(4, sync), weighted(2, rebase), weighted(2, merge), weighted(1, revert), weighted(1, remove)]
  )
  const each = <T>(value: fc.Arbitrary<T>) => fc.array(value, { minLength: clones, maxLength: clones })
  return fc.record({
    manages: each(fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, fc.boolean())),
    skews: each(fc.integer({ min: -3, max: 3 })),
    steps: fc.array(step, { minLength: 4, maxLength: 40 })
  })
})

/** Runs a plan over clones that share a hub. In the end, all sync until nothing is left to send. */
export class SyncModel {
  readonly #plan: SyncPlan
  readonly #clones: Node[]
  readonly #asked: HumanCase[] = []
  readonly #acknowledged: Pick<Node, 'wrote' | 'tick' | 'arn'>[] = []
  #hub: Node
  #tick = 0
  /** The number of the step, which makes ids unique. */
  #step = 0

  constructor(plan: SyncPlan) {
    this.#plan = plan
    const [root] = run({ manages: [], skews: [], steps: [] }).commits as [Commit]
    this.#hub = { ...root, arn: 'arn 0', created: at(0), ancestors: new Set() }
    this.#clones = plan.skews.map(() => this.#hub)
  }

  /** @param order in which the clones sync in the end */
  run(order: (clones: readonly number[]) => readonly number[]): SyncOutcome {
    for (const step of this.#plan.steps) {
      this.#tick += step.after
      this.#step++
      this.#apply(step)
    }
    const last = order(this.#clones.map((_, index) => index))
    for (const clone of [...last, ...last]) this.#sync(clone)
    return {
      ...{ hub: this.#hub, clones: this.#clones, asked: this.#asked },
      ...{ acknowledged: this.#acknowledged, tick: this.#tick }
    }
  }

  #apply(step: Step): void {
    const { clone } = step
    if (step.kind === 'sync') this.#sync(clone)
    else if (step.kind === 'merge')
      this.#set(clone, this.#merged(clone, this.#mended(clone), this.#at(step.from), step.base))
    else if (step.kind === 'rebase') this.#rebase(clone)
    else if (step.kind === 'revert') this.#revert(step)
    else if (step.kind === 'delete' || step.kind === 'create') this.#replace(step.kind, clone)
    else {
      const ours = this.#mended(clone)
      this.#set(clone, ours)
      const next = ours.arn === undefined ? undefined : this.#written(ours, step)
      if (!next) return
      this.#set(clone, this.#after(ours, next))
      this.#acknowledged.push({ ...next, arn: ours.arn })
    }
  }

  #written(ours: Node, step: Write): Commit | undefined {
    return written(ours, step, `v${this.#step}`, this.#tick, this.#plan)
  }

  #sync(clone: number): void {
    this.#set(clone, this.#merged(clone, this.#mended(clone), this.#hub, 0))
    this.#hub = this.#at(clone)
  }

  /** Applies the clone's own commits again after the hub's, as git does. A line with a merge in it is merged instead. */
  #rebase(clone: number): void {
    const own: Node[] = []
    let last = this.#mended(clone)
    while (last !== this.#hub && !this.#hub.ancestors.has(last)) {
      own.unshift(last)
      if (last.isMerge || last.reverted !== undefined || !last.parent) return this.#sync(clone)
      last = last.parent
    }
    if (own.some(({ arn }) => arn !== this.#hub.arn || arn !== last.arn)) return this.#sync(clone)
    let tip = this.#hub
    for (const commit of own) {
      const picked = this.#joined(tip, commit, commit.parent!)
      const { wrote, moved } = commit
      tip = this.#after(tip, {
        ...{ stages: picked, manages: this.#manages(clone), moved, tick: commit.tick },
        ...(wrote === undefined ? {} : { wrote })
      })
    }
    this.#set(clone, tip)
    this.#hub = tip
  }

  #revert({ clone, back, isKept }: Extract<Step, { kind: 'revert' }>): void {
    const tip = this.#mended(clone)
    this.#set(clone, tip)
    let commit = tip
    for (let left = back; left > 0 && commit.parent; left--) commit = commit.parent
    const { parent } = commit
    const isOne = parent && !commit.isMerge && [commit, parent].every(({ arn }) => arn && arn === tip.arn)
    if (!isOne) return
    if (commit === tip) {
      const { stages, arn, created } = parent
      this.#set(clone, this.#after(tip, { stages, arn, created, reverted: isKept, manages: parent.manages }))
    } else {
      // as git's driver merges it: the reverted commit is the base
      const merged = this.#merge(tip, parent, commit)
      if ('conflict' in merged) this.#note(merged)
    }
  }

  #replace(kind: 'delete' | 'create', clone: number): void {
    const tip = this.#mended(clone)
    this.#set(clone, tip)
    if ((kind === 'delete') === (tip.arn === undefined) || !this.#manages(clone)) return
    const gone = { stages: noVersions, arn: undefined, manages: true }
    if (kind === 'delete') return this.#set(clone, this.#after(tip, gone))
    const step: Write = { kind: 'put', clone, after: 0, labels: undefined }
    const made = this.#written({ ...tip, stages: noVersions }, step)!
    const now = at(this.#tick + this.#plan.skews[clone]!)
    const created = tip.created >= now ? at(Date.parse(tip.created) - START + 1) : now
    this.#set(clone, this.#after(tip, { ...made, arn: `arn ${this.#step}`, created }))
  }

  /** The clone's tip. One that goes back is resolved first, which signs what it keeps. */
  #mended(clone: number): Node {
    const tip = this.#at(clone)
    if (tip.reverted === undefined || !tip.parent) return tip
    this.#asked.push('goes back')
    const newer = tip.parent
    const kept = this.#after(tip, { stages: newer.stages, manages: newer.manages })
    const to = tip.stages.labels.get('AWSCURRENT')?.version
    if (tip.reverted || !this.#manages(clone) || to === undefined || !newer.stages.versions.has(to))
      return kept
    const time = stamp(START + this.#tick + this.#plan.skews[clone]!, latestStamp(newer.stages))
    const removeFrom = newer.stages.labels.get('AWSCURRENT')?.version
    const stages = moveLabel(newer.stages, { label: 'AWSCURRENT', removeFrom, moveTo: to, stamp: time })
    if (stages === newer.stages) return kept
    const moved = [{ label: 'AWSCURRENT', version: to, moved: time }]
    return this.#after(tip, { stages, manages: true, moved })
  }

  #merged(clone: number, ours: Node, theirs: Node, choice: number): Node {
    if (ours === theirs || ours.ancestors.has(theirs)) return ours
    if (theirs.ancestors.has(ours)) return theirs
    const common = [...ours.ancestors].filter(commit => theirs.ancestors.has(commit))
    const best = common.filter(one => !common.some(other => other.ancestors.has(one)))
    const base = best[choice % best.length]!
    const whole = this.#content(ours, theirs, base)
    const made = this.#after(ours, { ...whole, manages: this.#manages(clone), isMerge: true })
    return { ...made, ancestors: new Set([...made.ancestors, ...theirs.ancestors, theirs]) }
  }

  /** As the merge of a secret's folder: first by what git compares, then by the rules for each document. */
  #content(ours: Node, theirs: Node, base: Node): Pick<Node, 'stages' | 'arn' | 'created'> {
    const isSame = (a: Node, b: Node) => a.arn === b.arn && a.stages === b.stages
    const of = ({ stages, arn, created }: Node) => ({ stages, arn, created })
    if (isSame(ours, theirs) || isSame(theirs, base)) return of(ours)
    if (isSame(ours, base) && (theirs.arn !== base.arn || knows(theirs.stages, base))) return of(theirs)
    if (ours.arn === undefined || theirs.arn === undefined) {
      this.#asked.push('removed and changed')
      return of(ours.arn === undefined ? theirs : ours)
    }
    if (ours.arn === theirs.arn) {
      const common = base.arn === ours.arn ? base : { ...base, stages: noVersions, manages: true }
      return { ...of(ours), stages: this.#joined(ours, theirs, common) }
    }
    const named = (node: Node) => ({ ...node, arn: node.arn! })
    const later = laterIncarnation(
      base.arn === undefined ? undefined : named(base),
      named(ours),
      named(theirs)
    )
    if (!later) this.#asked.push('created twice')
    return of(later ?? (ours.created >= theirs.created ? ours : theirs))
  }

  #joined(ours: Node, theirs: Node, base: Node): Commit['stages'] {
    const merged = this.#merge(ours, theirs, base)
    if ('stages' in merged) return merged.stages
    this.#note(merged)
    // as `resolve` joins a state that goes back
    const all = this.#merge(ours, theirs, { ...base, stages: noVersions, manages: true })
    if ('stages' in all) return all.stages
    throw new Error(`conflict: ${JSON.stringify(all)}`)
  }

  #merge(ours: Node, theirs: Node, base: Node): Merged {
    const rules = { ...ALL_RIGHTS, pruning: PRUNING, now: START + this.#tick }
    const side = (tip: Node) => {
      const { earlier = [] } = sideOf(tip, base)
      return { tip, earlier: (earlier as readonly Node[]).filter(({ arn }) => arn === tip.arn) }
    }
    return mergeUnder(base, side(ours), side(theirs), rules)
  }

  #note(merged: Exclude<Merged, { stages: unknown }>): void {
    if (merged.conflict !== 'goes back') throw new Error(`conflict: ${JSON.stringify(merged)}`)
    this.#asked.push('goes back')
  }

  /** A commit with one parent. */
  #after(parent: Node, fields: Partial<Node> | Commit): Node {
    const { stages, arn, created, manages } = parent
    return {
      ...{ stages, arn, created, manages, tick: this.#tick, moved: [] },
      ...fields,
      ...{ parent, ancestors: new Set([...parent.ancestors, parent]) }
    }
  }

  #at(clone: number): Node {
    return this.#clones[clone]!
  }

  #set(clone: number, commit: Node): void {
    this.#clones[clone] = commit
  }

  #manages(clone: number): boolean {
    return this.#plan.manages[clone]!
  }
}
