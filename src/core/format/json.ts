const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g

/**
 * Parses JSON in which no object has a member twice: another reader might use the other member. Returns
 * `undefined` for any other text.
 */
export function parseUniqueJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return hasDuplicates(text) ? undefined : value
  } catch {
    return undefined // no caller needs the reason
  }
}

/** @param text valid JSON */
function hasDuplicates(text: string): boolean {
  /** The member names of each open object; `undefined` for a list. */
  const open: (Set<string> | undefined)[] = []
  let last = ''
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{') open.push(new Set())
    else if (token === '[') open.push(undefined)
    else if (token === '}' || token === ']') open.pop()
    else if (token === ':') {
      const names = open.at(-1)
      const name = JSON.parse(last) as string
      if (names?.has(name)) return true
      names?.add(name)
    }
    last = token
  }
  return false
}
