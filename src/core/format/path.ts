/**
 * The paths of a secret's files (FORMAT.md, "Paths"). Names and tokens may contain any character. The paths
 * made from them mean the same on every file system, including those that ignore case, normalise Unicode, or
 * have device names and short names.
 *
 * Every function requires well-formed Unicode: ill-formed strings can have the same UTF-8.
 */

/** BLAKE2b with 32 bytes of output and no key (libsodium's `crypto_generichash`). */
export type Hash = (bytes: Uint8Array) => Uint8Array

const PORTABLE = /^[a-z0-9\-_+=.@!]{1,100}$/
const NOT_IN_SLUG = /[^a-z0-9\-_+=@!]/gu
/** Windows opens a device under these names, whatever follows the first dot. */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/
/** The files in a secret's folder, beside its `versions`. */
export const SECRET_FILES: readonly string[] = ['secret.yaml', 'stages.yaml', 'replica.yaml']
/** A nested secret's folder must not have one of these names. Another name here moves the secrets that have it. */
const RESERVED: readonly string[] = [...SECRET_FILES, 'versions']

/** In characters, which are single bytes here. */
const SLUG_LENGTH = 40
const PATH_LENGTH = 400

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'
const HASH_BYTES = 16

/**
 * Returns one folder or file name, at most 100 bytes. A portable text is its own segment. Any other text
 * becomes a slug, `~` and a hash of the text. No portable text has a `~`, so the two forms never collide.
 */
export function segment(text: string, hash: Hash): string {
  return isPortable(text) ? text : hashedName(text, hash)
}

/**
 * Returns the secret's folder, relative to the vault's `secrets`: at most 400 bytes, with a level for each
 * `/` of the name unless that is longer.
 */
export function secretFolder(name: string, hash: Hash): string {
  const path = name
    .split('/')
    .map(part => segment(part, hash))
    .join('/')
  // A name this long contains a slash, which no hashed segment's text does, so the two hashes are of
  // different texts.
  return path.length <= PATH_LENGTH ? path : hashedName(name, hash)
}

/** Returns the version's file, relative to `versions` in the secret's folder. */
export function versionFile(versionId: string, hash: Hash): string {
  return `${segment(versionId, hash)}.yaml`
}

/**
 * Whether a folder may be the segment of some text that starts with `prefix`. Never false for one that is. The folder of a
 * name that is longer than a path may be counts as the segment of the whole name.
 */
export function mayBeSegmentOf(prefix: string, folder: string): boolean {
  const [start = '', ...hashed] = folder.split('~')
  return hashed.length === 0 ? folder.startsWith(prefix) : start.startsWith(slug(prefix))
}

function isPortable(text: string): boolean {
  return (
    PORTABLE.test(text) &&
    !text.startsWith('.') &&
    !text.endsWith('.') &&
    !RESERVED.includes(text) &&
    !DEVICE.test(text)
  )
}

function hashedName(text: string, hash: Hash): string {
  const digest = hash(new TextEncoder().encode(text))
  return `${slug(text)}~${base32(digest.subarray(0, HASH_BYTES))}`
}

/**
 * For people only: the hash alone distinguishes texts. A slug has no dots, so with its hash it cannot name a
 * device.
 */
function slug(text: string): string {
  return text
    .replace(/[A-Z]/g, letter => letter.toLowerCase())
    .replace(NOT_IN_SLUG, '-')
    .replace(/^-+/, '')
    .slice(0, SLUG_LENGTH)
    .replace(/-+$/, '')
}

/** RFC 4648 in lower case, unpadded. 16 bytes make 26 characters. */
function base32(bytes: Uint8Array): string {
  let text = ''
  let buffer = 0
  let bits = 0
  for (const byte of bytes) {
    buffer = ((buffer & 0x1f) << 8) | byte
    bits += 8
    for (; bits >= 5; bits -= 5) text += BASE32.charAt((buffer >> (bits - 5)) & 0x1f)
  }
  // 128 = 25 * 5 + 3: the last character carries three bits and two zeros.
  return text + BASE32.charAt((buffer << (5 - bits)) & 0x1f)
}
