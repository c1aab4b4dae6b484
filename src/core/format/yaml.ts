import { utf8Text } from '../encoding.js'
import type { Value } from './canonical.js'
import { VaultError } from '../errors.js'
import type { Caps } from './limits.js'
import { plainYamlSteps } from './plainYaml.js'
import { inTurns } from '../turns.js'

/**
 * Parses the strict YAML subset of FORMAT.md, "YAML": block and flow maps, lists, and scalars that are all
 * strings. Refuses everything by which two readers could see different documents: directives, anchors,
 * aliases, tags, duplicate or non-scalar keys, further documents, a byte order mark, control characters, and
 * everything the library warns about. Throws `DocumentRefused` naming `path`.
 */
export async function parseYaml(bytes: Uint8Array, path: string, caps: Caps): Promise<Value> {
  refuseOversize(bytes, path, caps)
  const text = textOf(bytes, path)
  const value = await inTurns(plainYamlSteps(text, caps.depth))
  if (value !== undefined) return value
  const { parseAnyYaml } = await import('./anyYaml.js')
  return parseAnyYaml(text, caps.depth, (why, hint) => refuse(path, why, hint))
}

function refuse(path: string, why: string, hint?: string): never {
  const advice = hint === undefined ? {} : { hint: hint.replaceAll('FILE', () => path) }
  throw new VaultError('DocumentRefused', `${path}: ${why}`, advice)
}

/** Returns the text of a file. Throws `DocumentRefused` naming `path` if no document may have it. */
export function textOf(bytes: Uint8Array, path: string): string {
  const text = utf8Text(bytes) ?? refuse(path, 'not UTF-8')
  const forbidden = FORBIDDEN.exec(text)
  if (forbidden) refuse(path, `${codePoint(forbidden[0])} is not allowed`)
  return text
}

/** Throws `DocumentRefused` naming `path` if the file has more bytes or lines than its kind allows. */
export function refuseOversize(file: Uint8Array, path: string, { bytes, lines = Infinity }: Caps): void {
  if (file.length > bytes)
    throw new VaultError('DocumentRefused', `${path}: ${file.length} bytes, over the limit of ${bytes}`)
  let found = 0
  for (let at = file.indexOf(LF); at >= 0; at = file.indexOf(LF, at + 1))
    if (++found > lines) throw new VaultError('DocumentRefused', `${path}: over the limit of ${lines} lines`)
}

const LF = 0x0a

/**
 * NUL and other C0, DEL, C1, byte order marks: legal YAML has none of them unescaped, except tab and line
 * endings.
 */
// oxlint-disable-next-line no-control-regex -- control characters are the subject
const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]/

function codePoint(character: string): string {
  return `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`
}
