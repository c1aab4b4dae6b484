import { freezeFlat, isFrozenFlat, isList, LONE_SURROGATE, type Value } from './canonical.js'
import { MAX_KEY } from './limits.js'
import { VaultError } from '../errors.js'
import { atOnce, type Steps } from '../turns.js'

/**
 * Returns a value as the YAML that git-vault writes: block maps and lists, two spaces a level, every scalar
 * on one line, plain or double-quoted. `readPlainYaml` reads this form in a tenth of the time that loading
 * the YAML library takes, which would be most of the cost of reading a secret. Only other forms need the
 * library.
 */
export function formatYaml(value: Value, comment: string): string {
  const lines = [`# ${comment}`]
  if (typeof value === 'string' || isEmpty(value)) lines.push(inline(value))
  else writeCollection(value, '', lines)
  return `${lines.join('\n')}\n`
}

/** Appends a line for each member, after `indent`. A collection in a list starts on the line of its dash. */
function writeCollection(value: Exclude<Value, string>, indent: string, lines: string[]): void {
  const members: [string, Value][] = isList(value)
    ? value.map(item => ['-', item])
    : Object.entries(value).map(([key, member]) => [`${keyText(key)}:`, member])
  for (const [head, member] of members) {
    if (typeof member === 'string' || isEmpty(member)) {
      lines.push(`${indent}${head} ${inline(member)}`)
    } else if (isList(value)) {
      const first = lines.length
      writeCollection(member, `${indent}  `, lines)
      lines[first] = `${indent}- ${lines[first]?.slice(indent.length + 2) ?? ''}`
    } else {
      lines.push(`${indent}${head}`, collectionText(member, `${indent}  `))
    }
  }
}

/** Returns the lines of a collection. Those of an immutable map are cached. */
function collectionText(value: Exclude<Value, string>, indent: string): string {
  const cached = texts.get(value)
  if (cached?.indent === indent) return cached.text
  const lines: string[] = []
  writeCollection(value, indent, lines)
  const text = lines.join('\n')
  if (!isList(value) && isFrozenFlat(value)) texts.set(value, { indent, text })
  return text
}

const texts = new WeakMap<object, { readonly indent: string; readonly text: string }>()

function inline(value: Value): string {
  if (typeof value === 'string') return scalar(value)
  return isList(value) ? '[]' : '{}'
}

function isEmpty(value: Exclude<Value, string>): boolean {
  return Object.keys(value).length === 0
}

function scalar(text: string): string {
  return PLAIN.test(text) && !AMBIGUOUS.test(text) ? text : quoted(text)
}

/** Throws `ValidationException` for a key that no reader accepts, because it is too long once it is escaped. */
function keyText(key: string): string {
  const text = scalar(key)
  if (text.length <= MAX_KEY) return text
  throw new VaultError(
    'ValidationException',
    `the label or name ${text.slice(0, 40)}… has ${text.length} characters in YAML, over the limit of ${MAX_KEY}`,
    { hint: 'choose one with fewer control characters, quotes and backslashes' }
  )
}

/** A JSON string is also a YAML string, once the characters that YAML does not print are escaped. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(
    UNPRINTED,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  )
}

const UNPRINTED = /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g

/** A scalar that every failsafe YAML reader reads as the same string: no indicator, no space, no comment. */
const WORD = '(?:[A-Za-z0-9_/.+]|-(?=[A-Za-z0-9_]))[A-Za-z0-9_/.+=@!~-]*(?::[A-Za-z0-9_/.+=@!~-]+)*'
const PLAIN = new RegExp(`^${WORD}$`)
/** A scalar that another reader could read as a number, a boolean, null, infinity or a sexagesimal. */
const AMBIGUOUS =
  /^(?:[-+.,:_0-9]+(?:e[-+]?[0-9]+)?|[-+]?0[xob][0-9a-f_]+|[-+]?\.(?:inf|nan)|null|true|false|yes|no|on|off|[yn~=])$/i

/**
 * Parses the text that `formatYaml` writes, with LF or CRLF at the end of each line. Returns `undefined` for
 * any other text, YAML or not. If it returns a value, `parseAnyYaml` returns the same value.
 */
export function readPlainYaml(text: string, maxDepth: number): Value | undefined {
  return atOnce(plainYamlSteps(text, maxDepth))
}

/** As `readPlainYaml`, in steps. */
export function* plainYamlSteps(text: string, maxDepth: number): Steps<Value | undefined> {
  const unix = text.includes('\r') ? text.replaceAll('\r\n', '\n') : text
  if (!unix.endsWith('\n')) return undefined
  const reader = new Reader(unix.slice(0, -1).split('\n'), maxDepth)
  const value = yield* reader.document()
  if (!reader.done) return undefined
  if (typeof value === 'object') markPlainForm(value)
  return value
}

/** Whether a value was read from a file in the plain form (FORMAT.md, "YAML"). */
export function isPlainForm(value: object): boolean {
  return plainForms.has(value)
}

export function markPlainForm(value: object): void {
  plainForms.add(value)
}

const plainForms = new WeakSet<object>()

/** Lines between two yields. */
const STEP = 256

class Reader {
  readonly #lines: readonly string[]
  readonly #maxDepth: number
  #next = 0
  /** Where the content of the next line starts. After a dash, that is not where its spaces end. */
  #indent = 0
  #yielded = 0

  constructor(lines: readonly string[], maxDepth: number) {
    this.#lines = lines
    this.#maxDepth = maxDepth
  }

  get done(): boolean {
    return this.#next === this.#lines.length
  }

  *document(): Steps<Value | undefined> {
    while (this.#lines[this.#next]?.startsWith('#')) this.#next++
    this.#findIndent()
    const value = yield* this.#collection(0, 1)
    yield this.#next - this.#yielded
    return value
  }

  /** Reads the map or list whose lines start at `indent`. */
  *#collection(indent: number, depth: number): Steps<Value | undefined> {
    const content = this.#content(indent)
    if (content === undefined || depth > this.#maxDepth) return undefined
    return yield* content.startsWith('- ') ? this.#list(indent, depth) : this.#map(indent, depth)
  }

  *#list(indent: number, depth: number): Steps<Value | undefined> {
    const items: Value[] = []
    for (let content = this.#content(indent); content?.startsWith('- '); content = this.#content(indent)) {
      let item = this.#inline(content.slice(2), depth)
      if (item === undefined) {
        // a collection starts on the dash's line, and the rest of it is indented by two more
        this.#indent = indent + 2
        item = yield* this.#collection(this.#indent, depth + 1)
        if (item === undefined) return undefined
      } else {
        this.#advance()
        if (this.#next - this.#yielded >= STEP) yield this.#step()
      }
      items.push(item)
    }
    return items
  }

  *#map(indent: number, depth: number): Steps<Value | undefined> {
    const map: Record<string, Value> = Object.create(null)
    for (let content = this.#content(indent); content !== undefined; content = this.#content(indent)) {
      const [, plainKey, quotedKey, rest] = MEMBER.exec(content) ?? []
      const written = plainKey ?? quotedKey
      if (written === undefined || written.length > MAX_KEY) return undefined
      const key = plainKey ?? readScalar(written)
      if (key === undefined || key in map) return undefined
      this.#advance()
      if (this.#next - this.#yielded >= STEP) yield this.#step()
      const value =
        rest === undefined ? yield* this.#collection(indent + 2, depth + 1) : this.#inline(rest, depth)
      if (value === undefined) return undefined
      map[key] = value
    }
    return freezeFlat(map)
  }

  #step(): number {
    const lines = this.#next - this.#yielded
    this.#yielded = this.#next
    return lines
  }

  #advance(): void {
    this.#next++
    this.#findIndent()
  }

  #findIndent(): void {
    const line = this.#lines[this.#next] ?? ''
    let indent = 0
    while (line.charCodeAt(indent) === SPACE) indent++
    this.#indent = indent
  }

  /** Reads a value that is within one line. */
  #inline(text: string, depth: number): Value | undefined {
    if (text !== '[]' && text !== '{}') return readScalar(text)
    if (depth >= this.#maxDepth) return undefined
    return text === '[]' ? [] : (Object.create(null) as Value)
  }

  /** Returns the content of the next line, if it starts at `indent`. */
  #content(indent: number): string | undefined {
    const line = this.#lines[this.#next]
    return line !== undefined && this.#indent === indent && line.length > indent
      ? line.slice(indent)
      : undefined
  }
}

const SPACE = 0x20

/** A key, plain or quoted; a colon; and either nothing or a space and a scalar. */
const MEMBER = new RegExp(`^(?:(${WORD})|("(?:[^"\\\\]|\\\\.)*")):(?: (.+))?$`)

function readScalar(text: string): string | undefined {
  if (PLAIN.test(text)) return text
  if (!text.startsWith('"')) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'string' && !LONE_SURROGATE.test(value) ? value : undefined
  } catch {
    return undefined // YAML has escapes that JSON lacks
  }
}
