/**
 * Whether `text` matches a policy's `pattern`: `*` matches any number of characters, `?` exactly one.
 * Backtracks only to the last `*`, so it takes at most the product of both lengths, even for a hostile
 * pattern.
 */
export function matchesWildcard(pattern: string, text: string): boolean {
  if (!pattern.includes('*') && !pattern.includes('?')) return pattern === text
  const wanted = [...pattern]
  const given = [...text]
  let at = 0
  let star = -1
  let retry = 0
  for (let read = 0; read < given.length;) {
    if (wanted[at] === '*') {
      star = at++
      retry = read
    } else if (at < wanted.length && (wanted[at] === '?' || wanted[at] === given[read])) {
      at++
      read++
    } else {
      if (star < 0) return false
      at = star + 1
      read = ++retry
    }
  }
  return wanted.slice(at).every(character => character === '*')
}
