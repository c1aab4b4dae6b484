import { utf8 } from '../format/canonical.js'

const MARK = utf8('[redacted]')

/**
 * The byte strings to find, as an automaton of Aho and Corasick: one step for each byte, however many there are. A state is
 * the longest beginning of a byte string that the text read so far ends with.
 */
export class Patterns {
  readonly #child: Int32Array
  readonly #sibling: Int32Array
  readonly #byte: Uint8Array
  readonly #fail: Int32Array
  readonly #depth: Int32Array
  /** The length of the longest byte string that ends here, or 0. */
  readonly #match: Int32Array
  readonly #root = new Int32Array(256)

  constructor(patterns: readonly Uint8Array[]) {
    const size = patterns.reduce((sum, { length }) => sum + length, 1)
    this.#child = new Int32Array(size)
    this.#sibling = new Int32Array(size)
    this.#byte = new Uint8Array(size)
    this.#fail = new Int32Array(size)
    this.#depth = new Int32Array(size)
    this.#match = new Int32Array(size)
    let count = 1
    for (const pattern of patterns) {
      let state = 0
      for (const byte of pattern) {
        let next = this.#childOf(state, byte)
        if (next === 0) {
          next = count++
          this.#byte[next] = byte
          this.#depth[next] = this.#depth[state]! + 1
          this.#sibling[next] = this.#child[state]!
          this.#child[state] = next
          if (state === 0) this.#root[byte] = next
        }
        state = next
      }
      if (pattern.length > 0) this.#match[state] = pattern.length
    }
    this.#link()
  }

  depth(state: number): number {
    return this.#depth[state]!
  }

  match(state: number): number {
    return this.#match[state]!
  }

  step(state: number, byte: number): number {
    for (let from = state; from !== 0; from = this.#fail[from]!) {
      const next = this.#childOf(from, byte)
      if (next !== 0) return next
    }
    return this.#root[byte]!
  }

  #childOf(state: number, byte: number): number {
    if (state === 0) return this.#root[byte]!
    let next = this.#child[state]!
    while (next !== 0 && this.#byte[next] !== byte) next = this.#sibling[next]!
    return next
  }

  /** Links each state to the longest other state that it ends with, in the order of their depth. */
  #link(): void {
    const queue = [...this.#root].filter(state => state !== 0)
    for (let at = 0; at < queue.length; at++) {
      const state = queue[at]!
      for (let next = this.#child[state]!; next !== 0; next = this.#sibling[next]!) {
        this.#fail[next] = this.step(this.#fail[state]!, this.#byte[next]!)
        this.#match[next] ||= this.#match[this.#fail[next]!]!
        queue.push(next)
      }
    }
  }
}

/**
 * Replaces patterns in a stream of bytes, across the borders of its chunks. Bytes that touch or overlap become one mark.
 * Holds back only bytes that may begin a pattern.
 */
export class Redactor {
  readonly #patterns: Patterns
  #state = 0
  #held: Uint8Array = new Uint8Array()
  /** For each held byte, the length of the longest pattern that ends with it, or 0. */
  #matches: Int32Array = new Int32Array()
  /** Whether the last byte that was released is hidden: a run that goes on has its mark already. */
  #isOpen = false

  constructor(patterns: Patterns) {
    this.#patterns = patterns
  }

  /** Returns the bytes that no pattern can change any more. */
  push(chunk: Uint8Array): Uint8Array {
    const before = this.#held.length
    const bytes = concatenated([this.#held, chunk])
    const matches = new Int32Array(bytes.length)
    matches.set(this.#matches)
    for (let at = before; at < bytes.length; at++) {
      this.#state = this.#patterns.step(this.#state, bytes[at]!)
      matches[at] = this.#patterns.match(this.#state)
    }
    // a pattern that is complete only later begins no earlier than this
    return this.#release(bytes, matches, bytes.length - this.#patterns.depth(this.#state))
  }

  /** Returns the rest, when the stream has ended. */
  end(): Uint8Array {
    this.#state = 0
    return this.#release(this.#held, this.#matches, this.#held.length)
  }

  #release(bytes: Uint8Array, matches: Int32Array, decided: number): Uint8Array {
    const hidden = hiddenBytes(matches)
    // a pattern may have begun in bytes that are released already, if another one hid them
    let end = Math.max(0, decided)
    while (hidden[end] === 1) end++
    this.#held = bytes.slice(end)
    this.#matches = matches.slice(end)
    const parts: Uint8Array[] = []
    for (let at = 0; at < end;) {
      const from = at
      const isHidden = hidden[at] === 1
      while (at < end && (hidden[at] === 1) === isHidden) at++
      if (!isHidden) parts.push(bytes.subarray(from, at))
      else if (!this.#isOpen) parts.push(MARK)
      this.#isOpen = isHidden
    }
    return concatenated(parts)
  }
}

/** Returns for each byte whether a match has it. Goes backwards, so that each byte is looked at once. */
function hiddenBytes(matches: Int32Array): Uint8Array {
  const hidden = new Uint8Array(matches.length)
  // of the matches that end later, the first one's first byte
  let start = matches.length
  for (let at = matches.length - 1; at >= 0; at--) {
    if (matches[at] !== 0) start = Math.min(start, at + 1 - matches[at]!)
    if (at >= start) hidden[at] = 1
  }
  return hidden
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
