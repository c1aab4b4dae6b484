import type { StagesDocument } from '../../core/format/documents.js'
import {
  hasNoValue,
  NO_DIGEST,
  normalize,
  type Label,
  type Stages,
  type VersionEntry
} from '../../core/versions/stages.js'

/** The fields of stages.yaml that `Stages` represents. */
export type StagesFields = Pick<StagesDocument, 'labels' | 'removed' | 'versions' | 'pruned' | 'forgotten'>

export function stagesOf(document: StagesDocument): Stages {
  const { labels, removed, versions, pruned, forgotten } = document
  return normalize({
    labels: new Map<string, Label>(Object.entries(labels)),
    removed: new Map(Object.entries(removed ?? {})),
    versions: new Map(Object.entries(versions).map(([id, entry]) => [id, { digest: NO_DIGEST, ...entry }])),
    ...(pruned === undefined ? {} : { pruned }),
    ...(forgotten === undefined ? {} : { forgotten })
  })
}

/** Sorts labels by name and versions oldest first, so that a put adds lines near the end of the file. */
export function stagesFields({ labels, removed, versions, pruned, forgotten }: Stages): StagesFields {
  const byCreation = (a: [string, VersionEntry], b: [string, VersionEntry]) =>
    compare(a[1].created, b[1].created) || byKey(a, b)
  return {
    labels: record([...labels].sort(byKey)),
    ...(removed.size > 0 ? { removed: record([...removed].sort(byKey)) } : {}),
    versions: record([...versions].sort(byCreation).map(([id, entry]) => [id, listed(entry)])),
    ...(pruned === undefined ? {} : { pruned }),
    ...(forgotten === undefined ? {} : { forgotten })
  }
}

/** The entry as stages.yaml has it: an empty version has no digest. */
function listed(entry: VersionEntry): StagesDocument['versions'][string] {
  if (!hasNoValue(entry)) return entry
  const { digest: _, ...rest } = entry
  return rest
}

function byKey(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return compare(a[0], b[0])
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Returns an object without a prototype, so that `__proto__` is a label like any other. */
function record<T>(entries: [string, T][]): Record<string, T> {
  const map = Object.create(null) as Record<string, T>
  for (const [key, value] of entries) map[key] = value
  return map
}
