/**
 * Where a secret's files lie (FORMAT.md, "Paths"). Names and tokens may hold anything; what is written to
 * disk means the same on every file system: those that fold case, those that normalise Unicode, those with
 * device names and short names.
 *
 * Every function takes well-formed Unicode; UTF-8 would give all ill-formed strings the same bytes.
 */

/** BLAKE2b with 32 bytes of output and no key (libsodium's `crypto_generichash`). */
export type Hash = (bytes: Uint8Array) => Uint8Array

const PORTABLE = /^[a-z0-9\-_+=.@!]{1,100}$/
const NOT_IN_SLUG = /[^a-z0-9\-_+=@!]/gu
/** Windows opens a device for these, whatever follows the first dot. */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/
/** A secret's own files, which a nested secret's folder must not be called. */
const OWN_FILES: readonly string[] = ['secret.yaml', 'stages.yaml', 'replica.yaml', 'versions']

/** In characters, which are bytes here. */
const SLUG_LENGTH = 40
const PATH_LENGTH = 400

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'
const HASH_BYTES = 16

/**
 * One folder or file name, at most 100 bytes. A portable text is its own segment; any other becomes a slug,
 * `~` and a hash of the text, and since no portable text has a `~`, the two kinds never meet.
 */
export function segment(text: string, hash: Hash): string {
  return isPortable(text) ? text : hashed(text, hash)
}

/** The secret's folder, relative to the vault's `secrets`: at most 400 bytes, a level for each `/`. */
export function secretFolder(name: string, hash: Hash): string {
  const path = name
    .split('/')
    .map(part => segment(part, hash))
    .join('/')
  // So long a name has a slash in it, which no segment has: the two hashes are of different texts.
  return path.length <= PATH_LENGTH ? path : hashed(name, hash)
}

/** The version's file, relative to the secret's folder's `versions`. */
export function versionFile(versionId: string, hash: Hash): string {
  return `${segment(versionId, hash)}.yaml`
}

function isPortable(text: string): boolean {
  return (
    PORTABLE.test(text) &&
    !text.startsWith('.') &&
    !text.endsWith('.') &&
    !OWN_FILES.includes(text) &&
    !DEVICE.test(text)
  )
}

function hashed(text: string, hash: Hash): string {
  const digest = hash(new TextEncoder().encode(text))
  return `${slug(text)}~${base32(digest.subarray(0, HASH_BYTES))}`
}

/** For people to recognise; the hash alone tells texts apart. Without dots it cannot name a device. */
function slug(text: string): string {
  return text
    .replace(/[A-Z]/g, letter => letter.toLowerCase())
    .replace(NOT_IN_SLUG, '-')
    .replace(/^-+/, '')
    .slice(0, SLUG_LENGTH)
    .replace(/-+$/, '')
}

/** RFC 4648 in lower case, unpadded; 16 bytes make 26 characters. */
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
