import type { Secret, View } from '../view.js'
import type { ResolvedFolder } from './types.js'

/** Describes the labels of a resolved secret. */
export function shownLabels(
  view: View,
  { stages }: Pick<Secret, 'stages'>,
  before: Pick<Secret, 'stages'> | undefined
): ResolvedFolder['labels'] {
  return [...stages.labels].map(([label, { version }]) => {
    const old = before?.stages.labels.get(label)?.version
    return {
      ...{ label, version },
      writer: view.memberName(stages.versions.get(version)?.writer ?? ''),
      ...(old === undefined || old === version ? {} : { before: old })
    }
  })
}
