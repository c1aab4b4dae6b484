/**
 * Returns the shortest candidate that continues the text with a hyphen, or else the closest one if it is close enough to be
 * a misspelling. `get-secret` is the beginning of `get-secret-value`, though fewer letters make it `delete-secret`.
 */
export function nearest(text: string, candidates: readonly string[]): string | undefined {
  const [continued] = candidates
    .filter(candidate => candidate.startsWith(`${text}-`))
    .sort((a, b) => a.length - b.length)
  if (continued !== undefined) return continued
  const ranked = candidates
    .map(candidate => ({ candidate, steps: distance(text, candidate) }))
    .filter(({ candidate, steps }) => steps <= Math.max(1, Math.floor(candidate.length / 3)))
    .sort((a, b) => a.steps - b.steps)
  return ranked[0]?.candidate
}

/** Counts the letters to insert, delete, change, or swap with their neighbour (Damerau-Levenshtein). */
function distance(a: string, b: string): number {
  let [before, row]: number[][] = [[], Array.from({ length: b.length + 1 }, (_, at) => at)]
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let least = Math.min(next[j - 1]! + 1, row![j]! + 1, row![j - 1]! + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, before![j - 2]! + 1)
      }
      next.push(least)
    }
    before = row
    row = next
  }
  return row![b.length]!
}
