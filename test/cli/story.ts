const PATTERNS: Readonly<Record<string, string>> = {
  id: '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}',
  hex: '[0-9a-f]+',
  date: '\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d',
  iso: '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{6})?\\+00:00',
  words: '[a-z]+(?:\\s+[a-z]+){11}',
  any: '.*?'
}

/**
 * Fills the placeholders of the expected output from the actual output if they match, so that a diff is short:
 *   [id] [hex] [date] [iso] [any]   match a UUID, a hexadecimal number, dates and any text of a line,
 *   [words]                         matches the twelve words of a fingerprint, in one or more lines,
 *   [id:one]                        also stores the match under the name `one`,
 *   $one                            is what was stored.
 */
export function fillPlaceholders(expected: string, actual: string, names: Map<string, string>): string {
  const plain = expected.replace(/\$(\w+)/g, (all, name: string) => names.get(name) ?? all)
  const parts = plain.split(/(\[\w+(?::\w+)?\])/)
  const kept: string[] = []
  const pattern = parts.map(part => {
    const [, kind, name] = /^\[(\w+)(?::(\w+))?\]$/.exec(part) ?? []
    const source = kind === undefined ? undefined : PATTERNS[kind]
    if (source === undefined) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    kept.push(name ?? '')
    return `(${source})`
  })
  const match = new RegExp(`^${pattern.join('')}$`).exec(actual)
  if (match === null) return plain
  kept.forEach((name, at) => {
    if (name !== '') names.set(name, match[at + 1]!)
  })
  return actual
}
