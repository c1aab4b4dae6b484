/** A value as Python's str() prints it, which is what the AWS CLI shows: quoted only inside a list or a dict. */
export function python(value: unknown, inside = false): string {
  if (value === null || value === undefined) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'string') return inside ? `'${value.replace(/[\\']/g, '\\$&')}'` : value
  if (typeof value === 'number') return String(value)
  if (typeof value !== 'object') return ''
  if (value instanceof Uint8Array) return '(bytes)'
  if (Array.isArray(value)) return `[${value.map(item => python(item, true)).join(', ')}]`
  return `{${Object.entries(value)
    .map(([key, item]) => `${python(key, true)}: ${python(item, true)}`)
    .join(', ')}}`
}
