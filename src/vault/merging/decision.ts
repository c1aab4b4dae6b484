import type { Access } from '../../core/access/access.js'
import type { Stages, VersionEntry } from '../../core/versions/stages.js'
import type { From, MergeDecision } from './types.js'

/** A secret's stages on each side that has any, and after the merge. */
export interface StagesAround {
  readonly ours: Stages | undefined
  readonly theirs: Stages | undefined
  readonly merged: Stages | undefined
}

/** Returns what a merge did to the labels and versions that the sides do not have alike, for people. */
export function decisionOf(
  about: Pick<MergeDecision, 'name' | 'path' | 'result'>,
  { ours, theirs, merged }: StagesAround,
  access: Access
): MergeDecision {
  const labels = new Set([...(ours?.labels.keys() ?? []), ...(theirs?.labels.keys() ?? [])])
  const differing = [...labels].filter(label => !isSamePlace(label, ours, theirs)).sort()
  return {
    ...about,
    labels: differing.map(label => {
      const version = merged?.labels.get(label)?.version
      const from = fromOf(label, { ours, theirs, merged })
      return { label, from, ...(version === undefined ? {} : { version }) }
    }),
    versions: [
      ...only(ours, theirs).map(([version, entry]) => ({ version, entry, from: 'ours' as const })),
      ...only(theirs, ours).map(([version, entry]) => ({ version, entry, from: 'theirs' as const }))
    ].map(({ version, entry, from }) => ({
      version,
      from,
      writer: access.members.get(entry.writer)?.name ?? 'unknown',
      isKept: merged?.versions.has(version) ?? false
    }))
  }
}

function isSamePlace(label: string, a: Stages | undefined, b: Stages | undefined): boolean {
  const [x, y] = [a?.labels.get(label), b?.labels.get(label)]
  return x?.version === y?.version && x?.moved === y?.moved
}

function fromOf(label: string, { ours, theirs, merged }: StagesAround): From {
  const [own, other] = [isSamePlace(label, ours, merged), isSamePlace(label, theirs, merged)]
  return own === other ? 'both' : own ? 'ours' : 'theirs'
}

function only(a: Stages | undefined, b: Stages | undefined): [string, VersionEntry][] {
  return [...(a?.versions ?? [])].filter(([id]) => !b?.versions.has(id))
}
