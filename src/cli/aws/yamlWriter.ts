import { python } from '../arguments/python.js'

const WIDTH = 80
const BREAKS = '\n\u0085\u2028\u2029'
const ESCAPES: Readonly<Record<string, string>> = {
  '\0': '0',
  '\u0007': 'a',
  '\b': 'b',
  '\t': 't',
  '\n': 'n',
  '\v': 'v',
  '\f': 'f',
  '\r': 'r',
  '\u001b': 'e',
  '"': '"',
  '\\': '\\',
  '\u0085': 'N',
  '\u00a0': '_',
  '\u2028': 'L',
  '\u2029': 'P'
}

/** Texts that a YAML 1.1 parser would not read as texts. They are quoted. */
const OTHER = new RegExp(
  [
    '~|null|Null|NULL|=|<<|',
    'yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF',
    String.raw`[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?`,
    String.raw`[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)`,
    '[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+',
    '[0-9]{4}-[0-9]{2}-[0-9]{2}',
    '[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?(?:[Tt]|[ \\t]+)[0-9][0-9]?:[0-9]{2}:[0-9]{2}(?:\\.[0-9]*)?' +
      '(?:[ \\t]*(?:Z|[-+][0-9][0-9]?(?::[0-9]{2})?))?'
  ]
    .map(pattern => `^(?:${pattern})$`)
    .join('|')
)

/** Writes scalars and indicators, and tracks the current column. */
export class YamlWriter {
  text = ''
  /** Whether the next node follows the `:` of a key that did not fit on one line. */
  afterIndicator = false
  #column = 0
  /** Whether the line so far has only spaces and indicators such as `-`, so that another one may follow. */
  #isIndention = true
  #isWhitespace = true
  #isOpen = false

  newLine(indent: number): void {
    if (!this.#isIndention || this.#column > indent || (this.#column === indent && !this.#isWhitespace)) {
      this.#break()
    }
    if (this.#column < indent) {
      this.#isWhitespace = true
      this.#put(' '.repeat(indent - this.#column))
    }
  }

  indicator(mark: string, needsSpace: boolean, keepsIndention = false): void {
    this.#put(this.#isWhitespace || !needsSpace ? mark : ` ${mark}`)
    this.#isWhitespace = false
    this.#isIndention = this.#isIndention && keepsIndention
    this.#isOpen = false
  }

  /** @param indent the indentation of continuation lines */
  scalar(value: string | number | boolean | null, indent: number, as: 'key' | 'value' | 'root'): void {
    if (typeof value !== 'string') {
      const text = value === null ? 'null' : typeof value === 'boolean' ? String(value) : python(value)
      return this.#plain([...text], indent, as)
    }
    const style = styleOf(value)
    if (style === 'plain') this.#plain([...value], indent, as)
    else if (style === 'single' && !(as === 'key' && /[\n\u0085\u2028\u2029]/.test(value))) {
      this.#single([...value], indent, as !== 'key')
    } else this.#double([...value], indent, as !== 'key')
  }

  endDocument(): void {
    if (this.#column > 0) this.#break()
    if (this.#isOpen) this.text += '...\n'
  }

  #put(text: string): void {
    this.text += text
    this.#column += [...text].length
  }

  #break(mark = '\n'): void {
    this.text += mark
    this.#isWhitespace = true
    this.#isIndention = true
    this.#column = 0
  }

  /** Writes a text of one line, broken at single spaces. */
  #plain(text: readonly string[], indent: number, as: 'key' | 'value' | 'root'): void {
    if (as === 'root') this.#isOpen = true
    if (text.length === 0) return
    if (!this.#isWhitespace) this.#put(' ')
    this.#isWhitespace = false
    this.#isIndention = false
    let start = 0
    let isSpace = false
    for (let end = 0; end <= text.length; end++) {
      const mark = text[end]
      if (isSpace ? mark !== ' ' : mark === undefined || mark === ' ') {
        if (isSpace && start + 1 === end && this.#column > WIDTH && as !== 'key') {
          this.newLine(indent)
          this.#isWhitespace = false
          this.#isIndention = false
        } else this.#put(text.slice(start, end).join(''))
        start = end
      }
      isSpace = mark === ' '
    }
  }

  #single(text: readonly string[], indent: number, mayBreak: boolean): void {
    this.indicator("'", true)
    let [start, isSpace, isBreak] = [0, false, false]
    for (let end = 0; end <= text.length; end++) {
      const mark = text[end]
      if (isSpace) {
        if (mark !== ' ') {
          const alone = start + 1 === end && start !== 0 && end !== text.length
          if (alone && this.#column > WIDTH && mayBreak) this.newLine(indent)
          else this.#put(text.slice(start, end).join(''))
          start = end
        }
      } else if (isBreak) {
        if (mark === undefined || !BREAKS.includes(mark)) {
          if (text[start] === '\n') this.#break()
          for (const broken of text.slice(start, end)) this.#break(broken)
          this.newLine(indent)
          start = end
        }
      } else if (
        (mark === undefined || mark === ' ' || mark === "'" || BREAKS.includes(mark)) &&
        start < end
      ) {
        this.#put(text.slice(start, end).join(''))
        start = end
      }
      if (mark === "'") {
        this.#put("''")
        start = end + 1
      }
      isSpace = mark === ' '
      isBreak = mark !== undefined && BREAKS.includes(mark)
    }
    this.indicator("'", false)
  }

  #double(text: readonly string[], indent: number, mayBreak: boolean): void {
    this.indicator('"', true)
    let start = 0
    for (let end = 0; end <= text.length; end++) {
      const mark = text[end]
      if (mark === undefined || mustEscape(mark)) {
        if (start < end) this.#put(text.slice(start, end).join(''))
        start = end
        if (mark !== undefined) {
          this.#put(escaped(mark))
          start = end + 1
        }
      }
      const wide = this.#column + (end - start) > WIDTH
      if (end > 0 && end < text.length - 1 && (mark === ' ' || start >= end) && wide && mayBreak) {
        this.#put(`${text.slice(start, end).join('')}\\`)
        if (start < end) start = end
        this.newLine(indent)
        this.#isWhitespace = false
        this.#isIndention = false
        if (text[start] === ' ') this.#put('\\')
      }
    }
    this.indicator('"', false)
  }
}

function styleOf(text: string): 'plain' | 'single' | 'double' {
  if (text === '') return 'single'
  const isSpecial = /[^\n\u0020-\u007e\u0085\u00a0-\ufefe\uff00-\ufffd\u{10000}-\u{10fffe}]/u.test(text)
  if (isSpecial || / [\n\u0085\u2028\u2029]|[\n\u0085\u2028\u2029] /.test(text)) return 'double'
  if (/^ | $|[\n\u0085\u2028\u2029]/.test(text)) return 'single'
  if (/^(?:---|\.\.\.|[#,[\]{}&*!|>'"%@`]|[?:-](?: |$))|:(?: |$)| #/.test(text)) return 'single'
  return OTHER.test(text) ? 'single' : 'plain'
}

const mustEscape = (mark: string): boolean =>
  /["\\\u0085\u2028\u2029\ufeff]/.test(mark) || !/[\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd]/u.test(mark)

function escaped(mark: string): string {
  const named = ESCAPES[mark]
  if (named !== undefined) return `\\${named}`
  const code = mark.codePointAt(0)!
  const hex = (digits: number): string => code.toString(16).toUpperCase().padStart(digits, '0')
  return code < 0x100 ? `\\x${hex(2)}` : code < 0x10000 ? `\\u${hex(4)}` : `\\U${hex(8)}`
}
