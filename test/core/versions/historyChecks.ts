import { expect } from 'vitest'
import { hasNoValue, type Stages } from '../../../src/core/versions/stages.js'
import { fetched, MINIMUM_AGE, type Commit, type LabelWrite } from './history.js'

/** How many times as many random histories to try: for a long campaign (CONTRIBUTING.md, "Tests"). */
export const LONGER = Number(process.env['GIT_VAULT_CAMPAIGN'] ?? 1)

export const ORDERS = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0]
] as const

/** The result of merging three clones in every order. */
export const ends = (clones: readonly Commit[], bases: number): Stages[] =>
  ORDERS.map(([a, b, c]) => {
    const [first, second, third] = [clones[a], clones[b], clones[c]] as [Commit, Commit, Commit]
    const both = fetched(first, second, bases, 9999) ?? first
    return (fetched(both, third, bases, 9999) ?? both).stages
  })

/** The writes that a commit builds on, by label, newest first. The newest must be visible. */
function writesByLabel(commit: Commit): Map<string, LabelWrite[]> {
  const byLabel = new Map<string, LabelWrite[]>()
  for (const { moved } of [...commit.ancestors, commit]) {
    for (const write of moved) byLabel.set(write.label, [...(byLabel.get(write.label) ?? []), write])
  }
  for (const writes of byLabel.values()) {
    writes.sort((a, b) => (`${a.moved} ${a.version ?? ''}` < `${b.moved} ${b.version ?? ''}` ? 1 : -1))
  }
  return byLabel
}

/**
 * Checks a commit against a replay of all writes that it builds on. With clocks that disagree, a version may
 * be pruned up to `slack` ticks before `MINIMUM_AGE`.
 */
export function checkCommit(commit: Commit, slack: number): void {
  const { labels, versions, forgotten } = commit.stages
  const current = labels.get('AWSCURRENT')
  expect(current).toBeDefined()
  for (const { version } of labels.values()) expect(versions.has(version)).toBe(true)
  expect(hasNoValue(versions.get(current?.version ?? '')!)).toBe(false)
  expect(versions.has(current?.before?.version ?? 'v0') || current?.before === undefined).toBe(true)

  const writes = writesByLabel(commit)
  const [last, ...earlier] = writes.get('AWSCURRENT') ?? []
  const before = earlier.find(({ version }) => version !== last?.version)
  expect([current?.version, current?.moved, current?.before?.version, current?.before?.moved]).toEqual([
    last?.version,
    last?.moved,
    before?.version,
    before?.moved
  ])
  for (const [label, [write]] of writes) {
    if (label === 'AWSCURRENT' || write === undefined) continue
    const byHand = label !== 'AWSPREVIOUS' || write.moved > String(current?.moved)
    // A label that was set before the last forgotten removal may be lost, unless its clone had synced.
    if (label !== 'AWSPREVIOUS' && forgotten !== undefined && write.moved <= forgotten) continue
    expect([label, labels.get(label)?.version]).toEqual([label, byHand ? write.version : before?.version])
  }

  const oldest = Math.max(commit.tick, ...[...commit.ancestors].map(({ tick }) => tick)) - MINIMUM_AGE + slack
  for (const { wrote, tick } of commit.ancestors) {
    if (wrote !== undefined && tick > oldest) expect(versions.has(wrote)).toBe(true)
  }
}
