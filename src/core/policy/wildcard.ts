/**
 * Whether `text` is as a policy's `pattern` says: `*` stands for any run of characters, `?` for one. It only ever goes
 * back to the last `*`, so the time it takes is at most the product of both lengths, whatever somebody wrote.
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
