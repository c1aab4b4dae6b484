import { refusalOf } from '../documents/refusal.js'

/** A document that was skipped, and why. */
export interface Skipped {
  readonly path: string
  readonly why: string
}

/** Returns what is read. If the document at `path` is refused, adds that to `skipped` and returns `undefined`. */
export async function readOrSkip<T>(
  reading: Promise<T>,
  path: string,
  skipped: Skipped[]
): Promise<T | undefined> {
  try {
    return await reading
  } catch (error) {
    skipped.push({ path, why: refusalOf(error).message })
    return undefined
  }
}
