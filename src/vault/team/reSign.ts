import { keyFor, mayWrite, type Access, type Right } from '../../core/access/access.js'
import type { SignedDocument } from '../../core/format/documents.js'
import { mayMove, movesOf } from '../../core/access/moveProofs.js'
import type { Draft } from '../draft.js'
import { committedFiles, allSecrets } from '../allSecrets.js'
import { endsProof } from '../documents/carryPolicy.js'
import { stagesRights } from '../documents/repaired.js'
import { refusalOf } from '../documents/refusal.js'
import { skippedOf } from '../documents/skipped.js'
import { stampOrSkip, type Skipped } from './skipped.js'
import type { Vault } from '../vault.js'
import type { Secret } from '../view.js'

/** Called once for each secret that was checked. */
export type Progress = () => void

/**
 * Re-signs each document that would be refused after this write because its signer loses a right by it (FORMAT.md, "When a
 * document is accepted", 6). Returns the documents that were refused before, and so are skipped.
 */
export async function reSignAll(vault: Vault, draft: Draft, progress: Progress): Promise<Skipped[]> {
  const keys: Skipped[] = []
  await reSignKeys(draft, keys)
  const paths = committedFiles(vault.repository, 'HEAD', draft.view.place)
  return [...keys, ...(await reSignSecrets(draft, paths, progress))]
}

/** Does the same for secrets only. @param paths files of the draft's tree; any that is not a secret.yaml is skipped */
export async function reSignSecrets(
  draft: Draft,
  paths: AsyncIterable<string>,
  progress: Progress
): Promise<Skipped[]> {
  const skipped: Skipped[] = []
  for await (const result of allSecrets(draft.view, paths)) {
    progress()
    if ('problem' in result) skipped.push(skippedOf(result))
    else reSign(draft, result.secret, skipped)
  }
  return skipped
}

function reSign(draft: Draft, secret: Secret, skipped: Skipped[]): void {
  const { access } = draft
  const { document, stagesDocument, stages, arn } = secret
  const alias = keyFor(access, secret.name)?.alias ?? secret.key.alias
  const isSecretStale = !signerMaySign(access, document, alias, ['manage']) || endsProof(document, draft)
  const context = { access, secret: arn, key: alias }
  const isStagesStale =
    !signerMaySign(access, stagesDocument, alias, stagesRights(stagesDocument)) ||
    [...movesOf(stages)].some(([, move]) => !mayMove(move, stages, context))
  if (!isSecretStale && !isStagesStale) return
  const stamp = stampOrSkip(draft, secret, skipped)
  if (stamp === undefined) return
  if (isSecretStale) draft.updateSecret(secret, {}, undefined, stamp)
  if (isStagesStale) draft.updateStages(secret, stages, undefined, stamp)
}

/** Re-signs key documents whose signer is no longer an admin. Drops the boxes of members who may no longer decrypt. */
async function reSignKeys(draft: Draft, skipped: Skipped[]): Promise<void> {
  for (const key of draft.view.access.keys.values()) {
    for (const generation of key.generations) {
      try {
        const document = await draft.keyDocument(key.alias, generation)
        if (signerMaySign(draft.access, document, key.alias, [])) continue
        const sealed = Object.fromEntries(
          Object.entries(document.sealed).filter(([keyId]) =>
            draft.access.members.get(keyId)?.rights.get(key.alias)?.has('decrypt')
          )
        )
        const { key: alias, generation: number, public: publicKey } = document
        draft.putKey({ key: alias, generation: number, public: publicKey, sealed }, document)
      } catch (error) {
        skipped.push({
          path: draft.view.place.key(key.alias, generation.number),
          why: refusalOf(error).message
        })
      }
    }
  }
}

function signerMaySign(
  access: Access,
  document: SignedDocument,
  alias: string,
  rights: readonly Right[]
): boolean {
  const member = access.members.get(document.signed.by)
  return member !== undefined && mayWrite(member, alias, rights, Number(document.signed.access.entry))
}
