/**
 * Parses the AWS CLI's shorthand: `Key=name,Values=a,b`, quotes, `[a,b]`, `{k=v}` and `k@=file://…`. The grammar does
 * not depend on the model; `fitToShape` then converts the result to the model's types.
 */

export type Shorthand = string | Shorthand[] | { [key: string]: Shorthand }

/** Returns the value for `key@=text`. The parser itself reads no file. */
export type FileMark = (text: string) => Shorthand

const START = '!#-&(-+\\--<>-Z\\\\-z\\u007c-\\uffff'
const FIRST = new RegExp(`(?:\\\\,|[${START}])(?:\\\\,|[\\s!#-&(-+\\--\\\\^-|~-\\uffff])*`, 'y')
const LATER = new RegExp(`(?:\\\\,|[${START}])(?:\\\\,|[\\s!#-&(-+\\--<>-\\uffff])*`, 'y')
const SINGLE = /'(?:\\'|[^'])*'/y
const DOUBLE = /"(?:\\"|[^"])*"/y
const KEY = /[A-Za-z0-9\-_.#/:]*/y
const SPACE = /[ \t\n\r\v\f]*/y

export class ShorthandError extends Error {
  override readonly name = 'ShorthandError'
}

export function parseShorthand(input: string, fileMark: FileMark = text => text): Record<string, Shorthand> {
  return new Reader(input, fileMark).parameter()
}

class Reader {
  readonly #input: string
  readonly #fileMark: FileMark
  #at = 0
  #marked = false

  constructor(input: string, fileMark: FileMark) {
    this.#input = input
    this.#fileMark = fileMark
  }

  /** parameter = keyval *("," keyval) */
  parameter(): Record<string, Shorthand> {
    const found = emptyMap()
    let end = -1
    do {
      if (end >= 0) this.#expectSpaced(',')
      const key = this.#keyAndEquals()
      const value = this.#values()
      if (Object.hasOwn(found, key)) throw this.#duplicate(key, end + 1)
      found[key] = value
      end = this.#at
    } while (this.#at < this.#input.length)
    return found
  }

  #keyAndEquals(): string {
    const key = this.#take(KEY) ?? ''
    this.#take(SPACE)
    this.#marked = this.#current() === '@'
    if (this.#marked) this.#at++
    this.#expectSpaced('=')
    return key
  }

  /** values = csv-list / explicit-list / hash-literal */
  #values(): Shorthand {
    if (this.#current() === undefined) return ''
    if (this.#current() === '[') return this.#explicitList()
    if (this.#current() === '{') return this.#hashLiteral()
    return this.#csv()
  }

  /** Parses `a` or `a,b,c`. In `k=a,b,x=y` the list ends before `x`, which only the `=` after it shows. */
  #csv(): Shorthand {
    const first = this.#firstValue()
    this.#take(SPACE)
    if (this.#current() !== ',') return first
    this.#expectSpaced(',')
    const list = [first]
    for (;;) {
      try {
        const next = this.#laterValue()
        this.#take(SPACE)
        if (this.#current() === undefined) {
          list.push(next)
          break
        }
        this.#expectSpaced(',')
        list.push(next)
      } catch (error) {
        if (!(error instanceof ShorthandError) || this.#current() === undefined) throw error
        while (this.#input[this.#at] !== ',') this.#at--
        break
      }
    }
    return list.length === 1 ? first : list
  }

  #explicitList(): Shorthand[] {
    this.#expectSpaced('[')
    const list: Shorthand[] = []
    while (this.#current() !== ']') {
      list.push(this.#explicitValue())
      this.#separator(']')
    }
    this.#at++
    return list
  }

  #hashLiteral(): Record<string, Shorthand> {
    this.#expectSpaced('{')
    const map = emptyMap()
    while (this.#current() !== '}') {
      const key = this.#keyAndEquals()
      map[key] = this.#explicitValue()
      this.#separator('}')
    }
    this.#at++
    return map
  }

  #explicitValue(): Shorthand {
    if (this.#current() === '[') return this.#explicitList()
    if (this.#current() === '{') return this.#hashLiteral()
    return this.#firstValue()
  }

  #separator(close: string): void {
    this.#take(SPACE)
    if (this.#current() === close) return
    this.#expect(',')
    this.#take(SPACE)
  }

  #firstValue(): Shorthand {
    return this.#quoted() ?? this.#resolved(plain(this.#take(FIRST) ?? ''))
  }

  #laterValue(): Shorthand {
    const quoted = this.#quoted()
    if (quoted !== undefined) return quoted
    const text = this.#take(LATER)
    if (text === undefined) throw this.#unexpected('<second>', '<none>')
    return this.#resolved(plain(text))
  }

  #quoted(): Shorthand | undefined {
    const quote = this.#current()
    if (quote !== "'" && quote !== '"') return undefined
    const text = this.#take(quote === "'" ? SINGLE : DOUBLE)
    const name = quote === "'" ? '<singled quoted>' : '<double quoted>'
    if (text === undefined) throw this.#unexpected(name, '<none>')
    return this.#resolved(text.slice(1, -1).replaceAll(`\\${quote}`, quote).replaceAll('\\\\', '\\'))
  }

  #resolved(text: string): Shorthand {
    return this.#marked ? this.#fileMark(text) : text
  }

  #current(): string | undefined {
    return this.#input[this.#at]
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const text = pattern.exec(this.#input)?.[0]
    this.#at += text?.length ?? 0
    return text
  }

  #expect(mark: string): void {
    const actual = this.#current()
    if (actual !== mark) throw this.#unexpected(mark, actual ?? 'EOF')
    this.#at++
  }

  #expectSpaced(mark: string): void {
    this.#take(SPACE)
    this.#expect(mark)
    this.#take(SPACE)
  }

  #unexpected(expected: string, actual: string): ShorthandError {
    return new ShorthandError(
      `Expected: '${expected}', received: '${actual}' for input:\n${this.#pointer(this.#at)}`
    )
  }

  #duplicate(key: string, at: number): ShorthandError {
    return new ShorthandError(
      `Second instance of key "${key}" encountered for input:\n${this.#pointer(at)}\n` +
        'This is often because there is a preceding "," instead of a space.'
    )
  }

  /** Returns the input with a caret under the position, before the remaining lines. */
  #pointer(at: number): string {
    const lineEnd = this.#input.indexOf('\n', at)
    const head = lineEnd < 0 ? this.#input : this.#input.slice(0, lineEnd)
    const tail = lineEnd < 0 ? '' : this.#input.slice(lineEnd)
    const column = at - (this.#input.lastIndexOf('\n', at - 1) + 1)
    return `${head}\n${' '.repeat(column)}^${tail}`
  }
}

const plain = (text: string): string => text.replaceAll('\\,', ',').trimEnd()

/** A map without a prototype, because a key from the user may be `__proto__`. */
const emptyMap = (): Record<string, Shorthand> => Object.create(null) as Record<string, Shorthand>
