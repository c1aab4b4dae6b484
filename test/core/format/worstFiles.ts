/** Texts of as many repetitions as the kind's bytes allow. */
export const shapes: [what: string, head: string, unit: (index: number) => string, tail: string][] = [
  ['a flow list', 'a: [', () => 'b,', 'c]\n'],
  ['flow lists in a list', 'a: [', () => '[],', 'c]\n'],
  ['flow maps in a list', 'a: [', () => '{},', 'c]\n'],
  ['a flow map', 'a: {', index => `k${index}: ,`, 'c: d}\n'],
  ['pairs in a flow list', 'a: [', () => '[b]: c,', 'd]\n'],
  ['commas', 'a: [', () => ',', 'b]\n'],
  ['stray brackets', 'a: [', () => '}', ']\n'],
  ['open brackets', 'a: ', () => '[', '\n'],
  ['anchors', 'a: [', () => '&b c,', 'd]\n'],
  ['empty items', '', () => '-\n', '- a\n'],
  ['items', '', () => '- a\n', '- a\n'],
  ['lists in a list', '', () => '- - a\n', '- a\n'],
  ['dashes', '', () => '- ', 'a\n'],
  ['keys', '', index => `k${index}: a\n`, 'a: b\n'],
  ['quoted keys', '', index => `"k${index}": a\n`, 'a: b\n'],
  ['keys without a value', '', index => `k${index}:\n`, 'a: b\n'],
  ['one key, many times', '', () => 'a: b\n', 'c: d\n'],
  ['comments', '', () => '#\n', 'a: [b]\n'],
  ['empty lines', 'a:\n', () => '\n', ' b\n'],
  ['lines of space', 'a: [', () => ' \n', 'b]\n'],
  ['tabs', 'a:', () => '\t', 'b\n'],
  ['a long text', 'a: "', () => 'b', '"\n'],
  ['a long text of escapes', 'a: "', () => '\\x41', '"\n'],
  ['a long text of quotes', "a: '", () => "''", "'\n"],
  ['a long text of colons', 'a: b', () => ':b', '\n'],
  ['a long key', '', () => 'b', ': a\n'],
  ['a long quoted key', '"', () => '\\n', '": a\n'],
  ['a block text', 'a: |\n', () => '  b\n', '  c\n'],
  ['a folded text', 'a: >\n', () => '  b\n\n', '  c\n'],
  ['a quoted text of many lines', 'a: "', () => ' b\n\n', ' c"\n'],
  ['a plain text of many lines', 'a: b\n', () => ' c\n', ' d\n']
]

/** A text of at most so many bytes, with as many repetitions as fit. */
export function fill(bytes: number, head: string, unit: (index: number) => string, tail: string): string {
  const parts = [head]
  let left = bytes - head.length - tail.length
  for (let index = 0; left >= unit(index).length; index++) {
    parts.push(unit(index))
    left -= unit(index).length
  }
  return parts.join('') + tail
}
