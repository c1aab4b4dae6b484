import { python } from '../arguments/python.js'
import { UsageError } from '../arguments/usage.js'
import type { Plain } from './json/plain.js'
import { isFields, isScalar, type Fields } from './json/shapes.js'
import { Section, render, type Styler } from './section.js'

/**
 * `--output table`: a box for each structure and each list, one below the other, those inside another one
 * indented by their bars. Empty for what is empty.
 */
export function formatTable(title: string, value: Plain, styler: Styler, columns: number): string {
  const table = new Builder()
  return table.build(title, value, 0) ? render(table.sections, styler, columns) : ''
}

class Builder {
  readonly sections: Section[] = []

  build(title: string | undefined, current: Plain, indent: number): boolean {
    if (isNothing(current)) return false
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

  /** One row under the names of its fields, and a box for each field that is no scalar. */
  #structure(current: Fields, indent: number): void {
    const { headers, more } = grouped([current])
    if (headers.length === 1) this.#section.addRow([headers[0]!, current[headers[0]!]!])
    else if (headers.length > 0) {
      this.#section.addHeader(headers)
      this.#section.addRow(headers.map(header => current[header]!))
    }
    for (const name of more) this.build(name, current[name]!, indent + 1)
  }

  /** A row for each; where they have more than scalars in them, a box of its own for each. */
  #structures(items: readonly Plain[], indent: number, title = ''): void {
    if (!items.every(isFields)) {
      throw new UsageError('other', 'a list of structures and of other things cannot be shown as a table')
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

/** The names of all scalars, and of all else, sorted as Python sorts: by code point. */
function grouped(items: readonly Fields[]): { headers: string[]; more: string[] } {
  const [headers, more] = [new Set<string>(), new Set<string>()]
  for (const item of items)
    for (const [name, value] of Object.entries(item)) (isScalar(value) ? headers : more).add(name)
  return { headers: [...headers].sort(), more: [...more].sort() }
}

/** What Python takes for false. */
const isNothing = (value: Plain): boolean =>
  !value ||
  (Array.isArray(value)
    ? value.length === 0
    : isFields(value)
      ? Object.keys(value).length === 0
      : python(value) === '')
