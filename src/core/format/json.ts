const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g

/**
 * Reads JSON in which no object has a member twice: of two, another reader might take the other one. `undefined` where
 * it is no such JSON.
 */
export function parseUniqueJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return hasDuplicates(text) ? undefined : value
  } catch {
    return undefined // what is wrong with it nobody asks
  }
}

/** Of text that is JSON. */
function hasDuplicates(text: string): boolean {
  /** The names in each object that is open; `undefined` for a list. */
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
