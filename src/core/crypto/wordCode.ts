/**
 * A Reed-Solomon code over words (FORMAT.md, "Recovery shares"): a list of up to 2047 numbers of 11 bits, of
 * which the last four are the checksum. Any two valid lists of one length differ in at least five places, so
 * up to four wrong words are always detected, and so are two swaps. More wrong words are missed with a chance
 * of 2^-44. A hash of four words would miss even one wrong word with that chance, and could not locate it.
 *
 * The words are the coefficients, highest power first, of a polynomial over GF(2^11) = GF(2)[x] / (x^11 + x^2
 * + 1) with the roots a, a^2, a^3 and a^4, where a = x.
 */
export const CHECK_WORDS = 4

const FIELD = 0b1000_0000_0101
const ROOTS = Array.from({ length: CHECK_WORDS }, (_, index) => power(index + 1))
/** The product of x - root, highest power first, without the leading 1. */
const GENERATOR = ROOTS.reduce<number[]>(
  (product, root) => product.concat(0).map((value, index) => value ^ times(product[index - 1] ?? 0, root)),
  [1]
).slice(1)

/** Returns the checksum to append to `words`. */
export function checkWords(words: readonly number[]): number[] {
  // long division of the words, four places up, by the generator
  let remainder = GENERATOR.map(() => 0)
  for (const word of words) {
    const [lead = 0, ...rest] = remainder
    remainder = GENERATOR.map((factor, index) => times(lead ^ word, factor) ^ (rest[index] ?? 0))
  }
  return remainder
}

/**
 * Returns `undefined` if the words, including the checksum, are valid. Otherwise returns the places of the
 * wrong words: one place if another word there would make the list valid, two if swapping those two words
 * would, none if neither would. One place is right if at most three words are wrong, and two places if at
 * most two are. Beyond that they are a guess.
 */
export function findWrongWords(words: readonly number[]): readonly number[] | undefined {
  const sums = sumsOf(words)
  if (sums.every(sum => sum === 0)) return undefined
  const [first = 0, ...others] = sums
  const single = words.findIndex((_, place) => {
    // a change by e at a^j adds e a^(jk) to the k-th sum: each is a^j times the one before
    const at = power(words.length - 1 - place)
    let expected = first
    return first !== 0 && others.every(sum => sum === (expected = times(expected, at)))
  })
  if (single >= 0) return [single]
  for (const [left, a] of words.entries()) {
    for (const [right, b] of words.entries()) {
      if (right <= left) continue
      if (sumsOf(words.with(left, b).with(right, a)).every(sum => sum === 0)) return [left, right]
    }
  }
  return []
}

/** Returns where a valid list of `length` words begins in a longer one, for each. Its time depends on the words alone. */
export function validWindows(words: readonly number[], length: number): number[] {
  const last = ROOTS.map((_, index) => power((index + 1) * length))
  let sums = ROOTS.map(() => 0)
  return words.flatMap((word, at) => {
    const gone = words[at - length] ?? 0
    sums = sums.map((sum, index) => times(sum, ROOTS[index]!) ^ word ^ times(gone, last[index]!))
    return at + 1 >= length && sums.every(sum => sum === 0) ? [at + 1 - length] : []
  })
}

/** Returns the polynomial's value at each root. All are 0 if the list is valid. */
function sumsOf(words: readonly number[]): number[] {
  return ROOTS.map(root => words.reduce((sum, word) => times(sum, root) ^ word, 0))
}

function power(exponent: number): number {
  let result = 1
  for (let step = 0; step < exponent; step++) result = times(result, 2)
  return result
}

/** Multiplies in the field. */
function times(left: number, right: number): number {
  let product = 0
  for (let bit = 10; bit >= 0; bit--) {
    product = (product << 1) ^ (FIELD * (product >> 10))
    product ^= left * ((right >> bit) & 1)
  }
  return product
}
