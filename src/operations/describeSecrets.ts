import type { Trailer } from '../core/format/message.js'
import type { Draft } from '../vault/draft.js'

/** A larger write names no secret in its message. The documents that it signs name all of them. */
const MAX_NAMED = 100

/** Describes a write of several secrets: by its name if there is one, and otherwise by their number. */
export function describeSecrets(
  draft: Draft,
  written: readonly { readonly name: string; readonly trailers: readonly Trailer[] }[]
): void {
  draft.describe(
    written.length === 1 ? written[0]!.name : `${written.length} secrets`,
    written.length > MAX_NAMED ? [] : written.flatMap(({ trailers }) => trailers)
  )
}
