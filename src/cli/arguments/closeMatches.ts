/** Returns up to three candidates similar to `word`, best first: Python's `difflib.get_close_matches`. */
export function closeMatches(word: string, candidates: readonly string[], cutoff: number): string[] {
  return candidates
    .map(candidate => ({ candidate, similarity: ratio(candidate, word) }))
    .filter(({ similarity }) => similarity >= cutoff)
    .sort((a, b) => b.similarity - a.similarity || (a.candidate < b.candidate ? 1 : -1))
    .slice(0, 3)
    .map(({ candidate }) => candidate)
}

const ratio = (a: string, b: string): number =>
  a.length + b.length === 0 ? 1 : (2 * matching(a, b)) / (a.length + b.length)

/** Counts the letters in common blocks: the longest block, then those before it and after it. */
function matching(a: string, b: string): number {
  let [length, startA, startB] = [0, 0, 0]
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < b.length; j++) {
      let run = 0
      while (i + run < a.length && a[i + run] === b[j + run]) run++
      if (run > length) [length, startA, startB] = [run, i, j]
    }
  }
  if (length === 0) return 0
  const before = matching(a.slice(0, startA), b.slice(0, startB))
  return before + length + matching(a.slice(startA + length), b.slice(startB + length))
}
