import { refusalOf } from '../documents/refusal.js'

/** A document that is passed over, and why. */
export interface Skipped {
  readonly path: string
  readonly why: string
}

/** What is read; where the document at `path` does not count, that goes to `left`, and `undefined` is what there is. */
export async function readOrSkip<T>(
  reading: Promise<T>,
  path: string,
  left: Skipped[]
): Promise<T | undefined> {
  try {
    return await reading
  } catch (error) {
    left.push({ path, why: refusalOf(error).message })
    return undefined
  }
}
