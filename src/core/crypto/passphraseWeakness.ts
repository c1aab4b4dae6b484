const MIN_LENGTH = 12
/** Of the characters that remain without what is easy to guess. */
const MIN_REST = 8

/** Parts of the most common passwords. */
const COMMON = (
  'passphrase password passwort passwd contrasena motdepasse geheim secret welcome willkommen letmein admin ' +
  'administrator login master iloveyou dragon monkey football baseball sunshine princess superman batman trustno ' +
  'shadow michael changeme default hello abc gitvault git-vault vault test user root'
)
  .split(' ')
  .sort((a, b) => b.length - a.length)

/** Rows of keyboards, the alphabet and the digits: what a finger or a child walks along. */
const ROWS = ['qwertyuiop', 'qwertzuiop', 'azertyuiop', 'asdfghjkl', 'zxcvbnm', 'yxcvbnm']

const LOOKALIKES: Readonly<Record<string, string>> = {
  '0': 'o',
  '3': 'e',
  '4': 'a',
  '@': 'a',
  '5': 's',
  $: 's',
  '1': 'i'
}

/**
 * Returns why a passphrase is weak; `undefined` if it is not. The rule: it has at least 12 characters, and at least 8 that
 * are no common password, no repetition and no sequence such as 1234 or qwerty.
 */
export function passphraseWeakness(passphrase: string): string | undefined {
  const text = passphrase.normalize('NFC')
  const length = [...text].length
  if (length < MIN_LENGTH)
    return `it has ${length} ${length === 1 ? 'character' : 'characters'}; ${MIN_LENGTH} or more are needed, such as five random words`
  const rest = withoutCommon(withoutSequences(withoutRepetitions(withoutCommon(text.toLowerCase()))))
  return [...rest].length < MIN_REST
    ? 'it is little more than common words, repetitions or sequences; use five random words'
    : undefined
}

/** `abcabcabc` becomes `abc`, and `aaaa` becomes `a`. */
const withoutRepetitions = (text: string): string => text.replace(/(.{1,8}?)\1+/gsu, '$1')

/** Each run of three or more neighbours becomes its first character. */
function withoutSequences(text: string): string {
  let rest = ''
  let run = 1
  const all = [...text]
  for (const [at, character] of all.entries()) {
    run = at > 0 && areNeighbours(all[at - 1]!, character) ? run + 1 : 1
    if (run === 3) rest = rest.slice(0, -all[at - 1]!.length)
    if (run < 3) rest += character
  }
  return rest
}

function areNeighbours(a: string, b: string): boolean {
  const isAlphanumeric = /[a-z0-9]/.test(a) && /[a-z0-9]/.test(b)
  if (isAlphanumeric && Math.abs(a.codePointAt(0)! - b.codePointAt(0)!) === 1) return true
  return ROWS.some(row => row.includes(a + b) || row.includes(b + a))
}

/** Finds words in spite of look-alikes, such as `p@ssw0rd`. */
function withoutCommon(text: string): string {
  let rest = text
  for (const word of COMMON)
    for (let at = plain(rest).indexOf(word); at >= 0; at = plain(rest).indexOf(word))
      rest = rest.slice(0, at) + rest.slice(at + word.length)
  return rest
}

/** Has the same length. */
const plain = (text: string): string =>
  [...text].map(character => LOOKALIKES[character] ?? character).join('')
