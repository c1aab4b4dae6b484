/** Whole numbers below 2^32 that are the same for the same seed (mulberry32), so that a failure can be repeated. */
export function seededNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
}

/** Picks a number below a limit. */
export function picker(seed: number): (below: number) => number {
  const next = seededNumbers(seed)
  return below => next() % below
}
