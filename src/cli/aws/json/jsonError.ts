const SPACE = /[ \t\n\r]*/y
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y
const WORD = /null|true|false|NaN|-?Infinity/y
// oxlint-disable-next-line no-control-regex -- JSON strings must not contain them
const CHUNK = /[^"\\\u0000-\u001f]*/y

/** Returns the first JSON syntax error of a text, in the words of Python's `json`; `undefined` if it finds none. */
export function jsonError(text: string): string | undefined {
  if (text.startsWith('\ufeff')) return at(text, 0, 'Unexpected UTF-8 BOM (decode using utf-8-sig)')
  const reader = new Reader(text)
  try {
    reader.document()
    return undefined
  } catch (error) {
    if (error instanceof Fault) return at(text, error.place, error.message)
    throw error
  }
}

class Fault extends Error {
  readonly place: number

  constructor(message: string, place: number) {
    super(message)
    this.place = place
  }
}

/** Adds the position to a message. Python counts characters, not UTF-16 units. */
function at(text: string, place: number, message: string): string {
  const before = text.slice(0, place)
  const line = before.split('\n').length
  const column = [...before.slice(before.lastIndexOf('\n') + 1)].length + 1
  return `${message}: line ${line} column ${column} (char ${[...before].length})`
}

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  document(): void {
    this.#take(SPACE)
    this.#value()
    this.#take(SPACE)
    if (this.#at < this.#text.length) throw new Fault('Extra data', this.#at)
  }

  #value(): void {
    const mark = this.#text[this.#at]
    if (mark === '"') return this.#string()
    if (mark === '{') return this.#object()
    if (mark === '[') return this.#array()
    if (this.#take(WORD) === '' && this.#take(NUMBER) === '') throw new Fault('Expecting value', this.#at)
  }

  #object(): void {
    this.#at++
    this.#take(SPACE)
    if (this.#text[this.#at] === '}') return void this.#at++
    for (;;) {
      if (this.#text[this.#at] !== '"') {
        throw new Fault('Expecting property name enclosed in double quotes', this.#at)
      }
      this.#string()
      this.#take(SPACE)
      if (this.#text[this.#at] !== ':') throw new Fault("Expecting ':' delimiter", this.#at)
      this.#at++
      this.#take(SPACE)
      this.#value()
      if (this.#closes('}')) return
    }
  }

  #array(): void {
    this.#at++
    this.#take(SPACE)
    if (this.#text[this.#at] === ']') return void this.#at++
    for (;;) {
      this.#value()
      if (this.#closes(']')) return
    }
  }

  #closes(close: string): boolean {
    this.#take(SPACE)
    if (this.#text[this.#at] === close) {
      this.#at++
      return true
    }
    if (this.#text[this.#at] !== ',') throw new Fault("Expecting ',' delimiter", this.#at)
    this.#at++
    this.#take(SPACE)
    return false
  }

  #string(): void {
    const begin = this.#at++
    for (;;) {
      this.#take(CHUNK)
      const mark = this.#text[this.#at]
      if (mark === undefined) throw new Fault('Unterminated string starting at', begin)
      if (mark === '"') return void this.#at++
      if (mark !== '\\') throw new Fault('Invalid control character at', this.#at)
      const escape = this.#text[this.#at + 1]
      if (escape === undefined) throw new Fault('Unterminated string starting at', begin)
      if (escape === 'u') {
        if (!/^[0-9A-Fa-f]{4}$/.test(this.#text.slice(this.#at + 2, this.#at + 6))) {
          throw new Fault(String.raw`Invalid \uXXXX escape`, this.#at + 1)
        }
        this.#at += 6
      } else if ('"\\/bfnrt'.includes(escape)) this.#at += 2
      else throw new Fault(String.raw`Invalid \escape`, this.#at)
    }
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const text = pattern.exec(this.#text)?.[0] ?? ''
    this.#at += text.length
    return text
  }
}
