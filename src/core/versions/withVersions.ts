import { AWSCURRENT, moveOf, normalize, type Label, type Stages, type VersionEntry } from './stages.js'

/**
 * The stages of a secret's copy, which has these of its versions. Their labels stay where they are, and the labels of other
 * versions are left out. What was pruned and forgotten is not carried over, because the copy has never been merged.
 */
export function withVersions(stages: Stages, versions: ReadonlyMap<string, VersionEntry>): Stages {
  const labels = new Map<string, Label>()
  for (const [label, move] of stages.labels) {
    if (!versions.has(move.version)) continue
    const { before } = move
    const isBeforeKept = label === AWSCURRENT && before !== undefined && versions.has(before.version)
    labels.set(label, { ...moveOf(move), ...(isBeforeKept ? { before } : {}) })
  }
  return normalize({ labels, removed: stages.removed, versions })
}
