/** Formats a value like Python's str(), as the AWS CLI does. A text is quoted only inside a list or a dict. */
export function python(value: unknown, inside = false): string {
  if (value === null || value === undefined) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'string') return inside ? quoted(value) : value
  if (typeof value === 'number') return number(value)
  if (typeof value !== 'object') return ''
  if (value instanceof Uint8Array) return '(bytes)'
  if (Array.isArray(value)) return `[${value.map(item => python(item, true)).join(', ')}]`
  return `{${Object.entries(value)
    .map(([key, item]) => `${python(key, true)}: ${python(item, true)}`)
    .join(', ')}}`
}

/** Formats a text like Python's repr(): in single quotes, unless double quotes need fewer escapes. */
function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  const escaped = text.replace(/[\\\p{C}\p{Z}'"]/gu, mark => {
    if (mark === '\\' || mark === quote) return `\\${mark}`
    if (mark === ' ' || mark === "'" || mark === '"') return mark
    const named = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[mark]
    if (named !== undefined) return named
    const code = mark.codePointAt(0)!
    const hex = (digits: number): string => code.toString(16).padStart(digits, '0')
    return code < 0x100 ? `\\x${hex(2)}` : code < 0x10000 ? `\\u${hex(4)}` : `\\U${hex(8)}`
  })
  return quote + escaped + quote
}

/** Formats a number like Python: an exponent has at least two digits. */
function number(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e21) return String(value)
  return String(value).replace(/e([+-])(\d)$/, 'e$10$2')
}
