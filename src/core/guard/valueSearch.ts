import { MIN_VALUE_LENGTH, valueForms } from './valueForms.js'

interface Form {
  readonly bytes: Uint8Array
  readonly name: string
}

const FILTER_BITS = 20

/**
 * Finds which of many values are in a file, in any of the forms that `valueForms` returns. The time depends on the file's
 * length, not on the number of values: a window of eight bytes moves over the file, and most of its positions end at one
 * bit of a filter.
 */
export class ValueSearch {
  readonly #filter = new Uint8Array(1 << FILTER_BITS)
  readonly #byStart = new Map<number, Form[]>()

  /** @param name what `find` returns if a file has the value */
  add(name: string, value: string | Uint8Array): void {
    for (const bytes of valueForms(value)) {
      const start = hashOf(word(bytes, 0), word(bytes, 4))
      this.#filter[start >>> (32 - FILTER_BITS)] = 1
      const forms = this.#byStart.get(start)
      if (forms) forms.push({ bytes, name })
      else this.#byStart.set(start, [{ bytes, name }])
    }
  }

  /** Returns the names of the values that the file has, sorted. */
  find(file: Uint8Array): string[] {
    const found = new Set<string>()
    if (file.length < MIN_VALUE_LENGTH || this.#byStart.size === 0) return []
    let low = word(file, 0)
    let high = word(file, 4)
    for (let at = 0; ; at++) {
      const start = hashOf(low, high)
      if (this.#filter[start >>> (32 - FILTER_BITS)] === 1)
        for (const { bytes, name } of this.#byStart.get(start) ?? [])
          if (isAt(file, at, bytes)) found.add(name)
      if (at + MIN_VALUE_LENGTH >= file.length) break
      low = (low >>> 8) | ((high & 0xff) << 24)
      high = (high >>> 8) | (file[at + MIN_VALUE_LENGTH]! << 24)
    }
    return [...found].sort()
  }
}

/** Four bytes, the first lowest. */
const word = (bytes: Uint8Array, at: number): number =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)

const hashOf = (low: number, high: number): number =>
  (Math.imul(low, 0x9e3779b1) ^ Math.imul(high ^ (low >>> 15), 0x85ebca6b)) >>> 0

function isAt(file: Uint8Array, at: number, form: Uint8Array): boolean {
  if (at + form.length > file.length) return false
  for (let index = 0; index < form.length; index++) if (file[at + index] !== form[index]) return false
  return true
}
