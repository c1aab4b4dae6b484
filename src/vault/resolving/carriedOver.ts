import { keyFor, mayWrite, relate, type Right } from '../../core/access/access.js'
import { unprovedLabel } from '../../core/access/moveProofs.js'
import { CAPS, type SecretDocument } from '../../core/format/documents.js'
import { VaultError } from '../../core/errors.js'
import type { Tree } from '../../core/ports.js'
import { includesSecret } from '../../core/versions/mergeSecret.js'
import { counted } from '../../core/versions/signedState.js'
import { Acceptance } from '../documents/acceptance.js'
import { Overlay } from '../documents/overlay.js'
import { readDocument, type Place } from '../documents/place.js'
import { readLog } from '../documents/readLog.js'
import { unlessRefused } from '../documents/refusal.js'
import { stagesRights } from '../documents/repaired.js'
import type { Secret } from '../view.js'
import { acceptedSecret } from '../verify/rollbackCheck.js'
import { viewsUnder } from './openCandidate.js'
import { signedSecret, signedStages, stampOf } from './signing.js'
import type { ResolveContext } from './types.js'

/** A secret of a branch, and where the other branch has its state of it. */
interface Carried {
  readonly folder: string
  readonly place: Place
  readonly other: Tree
  readonly context: ResolveContext
}

/**
 * Signs a branch's state of a secret again, if only newer entries of the access log refuse it: the name has another key since
 * then, or the signer's right was granted anew. The branch's own log must accept the state. Its signers must hold the rights
 * today, on the key that the name has today, and the result has nothing that they may not do today. So nobody gains anything
 * by an old log. Returns `undefined` if a condition is not met, or if the writer may not sign the state.
 */
export async function carriedOver(tree: Tree, carried: Carried): Promise<Overlay | undefined> {
  const { folder, place, context } = carried
  const log = await unlessRefused(() => readLog(tree, place.inRegion(undefined)))
  if (!log || relate(log.access.entries, context.access.entries) !== 'behind') return undefined
  const secret = await acceptedSecret(viewsUnder(log.access, place)(tree), folder)
  if (!secret) return undefined
  try {
    return await signedAgain(tree, secret, carried)
  } catch (error) {
    if (error instanceof VaultError && NOT_SIGNED.includes(error.code)) return undefined
    throw error
  }
}

/** The writer has no right, or a date is far ahead. */
const NOT_SIGNED: readonly string[] = ['AccessDeniedException', 'RepositoryState']

async function signedAgain(
  tree: Tree,
  found: Secret,
  { folder, place, other, context }: Carried
): Promise<Overlay | undefined> {
  const { access, now } = context
  const { document, stagesDocument } = found
  const key = keyFor(access, found.name)
  if (!key) return undefined
  const holds = ({ by }: { readonly by: string }, rights: readonly Right[]): boolean => {
    const member = access.members.get(by)
    return member !== undefined && mayWrite(member, key.alias, rights, access.entries.length)
  }
  const secret = { ...found, key }
  const path = found.place.secret
  const theirs = await unlessRefused(async () => {
    const document = await readDocument(other, 'secret', path)
    if (document) new Acceptance(access, place).secret(document, found.place)
    return document
  })
  const result = new Overlay(tree)
  // theirs has all of ours, or ours may not be signed again
  const isTheirs = theirs && (includesSecret(theirs, document) || !holds(document.signed, ['manage']))
  if (isTheirs) {
    if (theirs.arn !== found.arn) return undefined
    const bytes = await other.read(path, CAPS.secret.bytes)
    if (bytes) result.apply(new Map([[path, bytes]]))
  } else {
    if (!holds(document.signed, ['manage'])) return undefined
    const moved = { ...secret, document: { ...document, key: keyOf(secret, theirs, context) } }
    const { bytes } = signedSecret(moved, Number(document.signed.serial), context)
    result.apply(new Map([[path, bytes]]))
  }
  if (await acceptedSecret(viewsUnder(access, place)(result), folder)) return result

  if (!holds(stagesDocument.signed, stagesRights(stagesDocument))) return undefined
  const manages = holds(stagesDocument.signed, ['manage'])
  const stages = counted({ stages: found.stages, manages }, { pruning: access.pruning, now })
  const rules = { access, secret: found.arn, key: key.alias }
  if (!manages && unprovedLabel(stages, rules) !== undefined) return undefined
  const { bytes } = signedStages(secret, stages, Number(stagesDocument.signed.serial), context)
  result.apply(new Map([[found.place.stages, bytes]]))
  return result
}

/** The key of a secret in secret.yaml: as the other branch has it, if that is the one that the name has now. */
function keyOf(
  secret: Secret,
  theirs: SecretDocument | undefined,
  context: ResolveContext
): SecretDocument['key'] {
  const { alias } = secret.key
  for (const known of [secret.document, theirs]) if (known?.key.value === alias) return known.key
  return { value: alias, changed: stampOf(secret, context) }
}
