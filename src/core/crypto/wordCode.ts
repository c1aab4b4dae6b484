/**
 * A Reed-Solomon code over words: a list of up to 2047 numbers of 11 bits, the last four of which check all. Any two valid
 * lists of one length differ in at least five places, so four wrong words are noticed for certain, wherever they are and
 * whatever they are (two swaps, too), and more with all but a chance of 2^-44. A hash of four words would let one wrong
 * word pass at that chance, and could not say which it is.
 *
 * The words are the coefficients, highest power first, of a polynomial over GF(2^11) = GF(2)[x] / (x^11 + x^2 + 1) which
 * has the roots a, a^2, a^3 and a^4, a being x. FORMAT.md, "Recovery shares".
 */
export const CHECK_WORDS = 4

const FIELD = 0b1000_0000_0101
const ROOTS = Array.from({ length: CHECK_WORDS }, (_, index) => power(index + 1))
/** The product of x - root, highest power first, without the leading 1. */
const GENERATOR = ROOTS.reduce<number[]>(
  (product, root) => product.concat(0).map((value, index) => value ^ times(product[index - 1] ?? 0, root)),
  [1]
).slice(1)

/** What to put behind `words`. */
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
 * `undefined` where the words, checks included, are as they were made. Otherwise where they are not: one place where a
 * single other word would mend them all, two where an exchange of those would, none where neither does. One place is
 * right wherever at most three words are wrong, two where at most two are; beyond that it is a guess.
 */
export function misplaced(words: readonly number[]): readonly number[] | undefined {
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

/** The polynomial at each root: all 0 where the list is valid. */
function sumsOf(words: readonly number[]): number[] {
  return ROOTS.map(root => words.reduce((sum, word) => times(sum, root) ^ word, 0))
}

function power(exponent: number): number {
  let result = 1
  for (let step = 0; step < exponent; step++) result = times(result, 2)
  return result
}

/** In the field. */
function times(left: number, right: number): number {
  let product = 0
  for (let bit = 10; bit >= 0; bit--) {
    product = (product << 1) ^ (FIELD * (product >> 10))
    product ^= left * ((right >> bit) & 1)
  }
  return product
}
