import { hasNoValue, labelsOf } from '../core/versions/stages.js'
import { parseTime } from '../core/time.js'
import type { Vault } from './vault.js'
import type { Secret, View } from './view.js'

export interface HistoryEntry {
  readonly versionId: string
  readonly labels: string[]
  readonly created: Date
  /** The member's name. */
  readonly writer: string
  /** Set if a rotation has begun the version, and has stored no value yet. */
  readonly hasNoValue?: true
}

/** Returns a secret's versions and their writers, newest first. */
export async function history(vault: Vault, secretId: string): Promise<HistoryEntry[]> {
  const view = await vault.read()
  const secret = await view.secret(secretId)
  await vault.noteRead(view, secret)
  return historyOf(view, secret)
}

/** The same of an accepted secret that was read already. */
export function historyOf(view: View, secret: Secret): HistoryEntry[] {
  return [...secret.stages.versions]
    .sort(([, a], [, b]) => (a.created < b.created ? 1 : -1))
    .map(([versionId, entry]) => ({
      versionId,
      labels: labelsOf(secret.stages, versionId),
      created: new Date(parseTime(entry.created) ?? Number.NaN),
      writer: view.memberName(entry.writer),
      ...(hasNoValue(entry) ? { hasNoValue: true } : {})
    }))
}
