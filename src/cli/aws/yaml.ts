import type { Plain } from './json/plain.js'
import { isFields } from './json/shapes.js'
import { YamlWriter } from './yamlWriter.js'

/**
 * Formats a value for `--output yaml`, like PyYAML by default: block style, sorted keys, lists indented like their key,
 * lines broken after column 80.
 */
export function formatYaml(value: Plain): string {
  const writer = new YamlWriter()
  node(value, writer, 0, 'root')
  writer.endDocument()
  return writer.text
}

type Within = 'root' | 'mapping' | 'sequence'

function node(value: Plain, writer: YamlWriter, indent: number, within: Within): void {
  if (Array.isArray(value)) {
    if (value.length === 0) return writer.indicator('[]', true)
    const inner = within === 'root' || (within === 'mapping' && !writer.afterIndicator) ? indent : indent + 2
    for (const item of value) {
      writer.newLine(inner)
      writer.indicator('-', true, true)
      node(item, writer, inner, 'sequence')
    }
  } else if (isFields(value)) {
    const keys = Object.keys(value).sort(byCodePoint)
    if (keys.length === 0) return writer.indicator('{}', true)
    const inner = within === 'root' ? indent : indent + 2
    for (const key of keys) {
      writer.newLine(inner)
      if (isSimpleKey(key)) {
        writer.scalar(key, inner, 'key')
        writer.indicator(':', false)
        writer.afterIndicator = false
      } else {
        writer.indicator('?', true, true)
        writer.scalar(key, inner + 2, 'value')
        writer.newLine(inner)
        writer.indicator(':', true, true)
        writer.afterIndicator = true
      }
      node(value[key]!, writer, inner, 'mapping')
    }
  } else writer.scalar(value, indent + 2, within === 'root' ? 'root' : 'value')
}

/** Returns whether a key can be written before a colon: it is not empty, has one line, and is short. */
const isSimpleKey = (key: string): boolean =>
  key !== '' && !/[\n\u0085\u2028\u2029]/.test(key) && [...key].length < 128

const byCodePoint = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))
