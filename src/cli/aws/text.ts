import type { Plain } from './json/plain.js'
import { python } from '../arguments/python.js'
import { isFields, isScalar, type Fields } from './json/shapes.js'

/**
 * Formats a value for `--output text`: one line per structure, with its scalars sorted by name and separated by tabs.
 * Then one section per list and structure in it, marked with its name in capitals.
 */
export function formatText(value: Plain): string {
  const lines: string[] = []
  write(value, lines)
  return lines.map(line => `${line}\n`).join('')
}

function write(value: Plain, lines: string[], section?: string, columns?: readonly string[]): void {
  if (Array.isArray(value)) list(value, lines, section)
  else if (isFields(value)) fields(value, lines, section, columns)
  else lines.push(python(value))
}

function list(items: readonly Plain[], lines: string[], section?: string): void {
  if (items.length === 0) return
  const structures = items.filter(isFields)
  if (structures.length > 0) {
    // give every line the same columns, so that `cut` finds the same fields in each
    const columns = structures.flatMap(item => Object.keys(item).filter(key => isScalar(item[key]!)))
    const sorted = [...new Set(columns)].sort()
    for (const item of items) write(item, lines, section, sorted)
    return
  }
  const scalars = items.filter(isScalar)
  if (scalars.length > 0) scalarList(scalars, lines, section)
  for (const item of items) if (!isScalar(item)) write(item, lines, section)
}

function scalarList(items: readonly Plain[], lines: string[], section?: string): void {
  if (section === undefined) lines.push(items.map(item => python(item)).join('\t'))
  else for (const item of items) lines.push(`${section.toUpperCase()}\t${python(item)}`)
}

function fields(value: Fields, lines: string[], section?: string, columns?: readonly string[]): void {
  const keys = Object.keys(value).sort()
  const scalars =
    columns === undefined
      ? keys.filter(key => isScalar(value[key]!)).map(key => python(value[key]!))
      : columns.map(key => (Object.hasOwn(value, key) ? python(value[key]!) : ''))
  if (scalars.length > 0) {
    lines.push([...(section === undefined ? [] : [section.toUpperCase()]), ...scalars].join('\t'))
  }
  const rest = keys.filter(key => (columns === undefined ? !isScalar(value[key]!) : !columns.includes(key)))
  for (const key of rest) write(value[key]!, lines, key)
}
