import { python } from '../arguments/python.js'
import { UsageError } from '../arguments/usage.js'
import type { Plain } from './json/plain.js'
import { isFields, isScalar, type Fields } from './json/shapes.js'
import { Section, render, type Styler } from './section.js'

/**
 * Formats a value for `--output table`: one box per structure and per list, one below the other. The bars of a nested
 * box are indented. An empty value gives an empty text.
 */
export function formatTable(title: string, value: Plain, styler: Styler, columns: number): string {
  const table = new Builder()
  return table.build(title, value, 0) ? render(table.sections, styler, columns) : ''
}

class Builder {
  readonly sections: Section[] = []

  build(title: string | undefined, current: Plain, indent: number): boolean {
    if (isFalsy(current)) return false
    if (title !== undefined) this.#newSection(title, indent)
    if (Array.isArray(current)) {
      if (isFields(current[0]!)) this.#structures(current, indent, title)
      else for (const item of current) this.#item(item)
    } else if (isFields(current)) this.#structure(current, indent)
    return true
  }

  #newSection(title: string, indent: number): void {
    this.sections.push(new Section(title, indent))
  }

  get #section(): Section {
    return this.sections.at(-1)!
  }

  #item(item: Plain): void {
    if (isScalar(item)) this.#section.addRow([item])
    else if (!Array.isArray(item)) this.#section.addRow(Object.keys(item as Fields))
    else if (item.every(isScalar)) this.#section.addRow(item)
    else this.build(undefined, item, 0)
  }

  /** Adds one row under the field names, and a box for each field that is not a scalar. */
  #structure(current: Fields, indent: number): void {
    const { headers, more } = grouped([current])
    if (headers.length === 1) this.#section.addRow([headers[0]!, current[headers[0]!]!])
    else if (headers.length > 0) {
      this.#section.addHeader(headers)
      this.#section.addRow(headers.map(header => current[header]!))
    }
    for (const name of more) this.build(name, current[name]!, indent + 1)
  }

  /** Adds one row per structure; or one box per structure, if they have fields that are not scalars. */
  #structures(items: readonly Plain[], indent: number, title = ''): void {
    if (!items.every(isFields)) {
      throw new UsageError(
        'other',
        'a list that mixes structures with other values cannot be shown as a table'
      )
    }
    const { headers, more } = grouped(items)
    this.#section.addHeader(headers)
    items.forEach((item, at) => {
      if (at > 0 && more.length > 0) {
        this.#newSection(title, indent)
        this.#section.addHeader(headers)
      }
      this.#section.addRow(headers.map(header => (Object.hasOwn(item, header) ? item[header]! : '')))
      for (const name of more) if (Object.hasOwn(item, name)) this.build(name, item[name]!, indent + 1)
    })
  }
}

/** Returns the names of the scalar fields and of all other fields, sorted like Python: by code point. */
function grouped(items: readonly Fields[]): { headers: string[]; more: string[] } {
  const [headers, more] = [new Set<string>(), new Set<string>()]
  for (const item of items)
    for (const [name, value] of Object.entries(item)) (isScalar(value) ? headers : more).add(name)
  return { headers: [...headers].sort(), more: [...more].sort() }
}

/** Returns whether Python treats the value as false. */
const isFalsy = (value: Plain): boolean =>
  !value ||
  (Array.isArray(value)
    ? value.length === 0
    : isFields(value)
      ? Object.keys(value).length === 0
      : python(value) === '')
