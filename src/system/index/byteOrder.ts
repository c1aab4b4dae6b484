const SURROGATE = /[\ud800-\udfff]/

/** Compares two texts by their UTF-8 bytes, for `sort`. UTF-16 has the same order, except for surrogates. */
export function byteOrder(one: string, other: string): number {
  if (SURROGATE.test(one) || SURROGATE.test(other))
    return Buffer.compare(Buffer.from(one, 'utf8'), Buffer.from(other, 'utf8'))
  return one < other ? -1 : one > other ? 1 : 0
}
