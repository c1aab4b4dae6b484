import type { Access } from '../access/access.js'
import { parseDocument, type AccessDocument, type Documents, type Kind } from '../format/documents.js'
import { VaultError } from '../errors.js'
import { accessFacts } from './accessFacts.js'
import { lineOf, type Fact, type NameOf } from './facts.js'
import { replicaFacts, secretFacts } from './secretFacts.js'
import { keyFacts, stagesFacts, versionFacts } from './versionFacts.js'

/** The kinds of the documents in a vault's folder. */
type VaultKind = Exclude<Kind, 'identity' | 'vaultrc'>
const KIND = /^kind: ["']?git-vault\/(access|key|replica|secret|stages|version)["']?\r?$/m

/** In characters: how much of a damaged file is shown. */
const MAX_RAW = 64 << 10
/** The text of an identity's private half. */
const PRIVATE = /gvsec1_[\w-]+/g

export interface DescribeOptions {
  /** Called once, for a document that names members by their key ids. */
  readonly names: () => Promise<NameOf>
  /** Applies the entries of a log. Throws `DocumentRefused`. */
  readonly fold: (document: AccessDocument, path: string) => Promise<Access>
}

/**
 * Returns a file of a vault as lines for people: one fact a line, and no value, signature, digest or key. A damaged file, and
 * any other file, is returned as it is, after a line that says so. The lines may have any character: escape them. Checks no
 * signature.
 */
export async function describeFile(bytes: Uint8Array, options: DescribeOptions): Promise<string[]> {
  const text = new TextDecoder().decode(bytes.subarray(0, MAX_RAW * 4))
  const kind = KIND.exec(text)?.[1] as VaultKind | undefined
  if (kind === undefined) return raw('not a document of a vault', text)
  try {
    const facts = await factsOf(kind, await parseDocument(kind, bytes, FILE), options)
    return facts.map(lineOf)
  } catch (error) {
    if (!(error instanceof VaultError)) throw error
    return raw(`damaged: ${error.message.replace(/^this file:? /, '')}`, text)
  }
}

/** In messages. A path would differ each time, because git writes old files to temporary ones. */
const FILE = 'this file'

async function factsOf(
  kind: VaultKind,
  document: Documents[VaultKind],
  { names, fold }: DescribeOptions
): Promise<Fact[]> {
  if (kind === 'access') {
    const log = document as AccessDocument
    return accessFacts(log, await fold(log, FILE))
  }
  if (kind === 'replica') return replicaFacts(document as Documents['replica'])
  const nameOf = await names()
  if (kind === 'key') return keyFacts(document as Documents['key'], nameOf)
  if (kind === 'secret') return secretFacts(document as Documents['secret'], nameOf)
  if (kind === 'stages') return stagesFacts(document as Documents['stages'], nameOf)
  return versionFacts(document as Documents['version'], nameOf)
}

function raw(why: string, text: string): string[] {
  const shown = text.slice(0, MAX_RAW).replace(PRIVATE, 'gvsec1_…')
  const lines = shown === '' ? [] : shown.replace(/\n$/, '').split('\n')
  return [why, ...lines, ...(text.length > MAX_RAW ? ['…'] : [])]
}
