/** Works on each item, up to `most` at the same time. If one fails, throws its error, once all work has ended. */
export async function forEachOf<T>(
  items: Iterable<T>,
  most: number,
  work: (item: T) => Promise<void>
): Promise<void> {
  // one iterator, which all workers share
  const pending = items[Symbol.iterator]()
  const worker = async (): Promise<void> => {
    for (let next = pending.next(); next.done !== true; next = pending.next()) await work(next.value)
  }
  const results = await Promise.allSettled(Array.from({ length: most }, worker))
  const failed = results.find(result => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}
