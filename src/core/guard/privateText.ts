/** The kinds of private text that no commit may have. */
export type PrivateText = 'a private key' | 'an identity file' | 'a recovery share'

/** The whole form of an identity's secret string, which `formatSecret` returns: 36 bytes in base64url after the prefix. */
const SECRET = /gvsec1_[A-Za-z0-9_-]{48}(?![A-Za-z0-9_-])/
const IDENTITY = /^kind: *['"]?git-vault\/identity['"]? *\r?$/m
const IDENTITY_SECRET = /^(?:wrapped|secret):/m

/** Returns the kind of private text in a file, `undefined` if it has none. Tests the form, not the owner. */
export async function privateTextIn(bytes: Uint8Array): Promise<PrivateText | undefined> {
  // one character for each byte: all of these texts are ASCII
  const text = new TextDecoder('latin1').decode(bytes)
  if (IDENTITY.test(text) && IDENTITY_SECRET.test(text)) return 'an identity file'
  if (SECRET.test(text)) return 'a private key'
  // loaded here: no reading command needs the word list
  const { includesShare } = await import('../crypto/shareWords.js')
  return includesShare(text) ? 'a recovery share' : undefined
}
