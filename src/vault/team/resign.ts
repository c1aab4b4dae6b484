import { keyFor, mayWrite, type Access, type Right } from '../../core/access/access.js'
import type { SignedDocument } from '../../core/format/documents.js'
import { VaultError } from '../../core/errors.js'
import { mayMove, movesOf } from '../../core/access/moveProofs.js'
import type { Draft } from '../draft.js'
import { committedFiles, allSecrets } from '../allSecrets.js'
import { refusalOf } from '../documents/refusal.js'
import type { Skipped } from './skipped.js'
import type { Vault } from '../vault.js'
import type { Secret } from '../view.js'

/** Told once for each secret that was looked at. */
export type Progress = () => void

/**
 * Signs anew whatever counts before this write and would not count after it, because who signed it loses a right by it
 * (FORMAT.md, "When a document is accepted", 6). Gives what did not count before, which is left as it is.
 */
export async function resignAll(vault: Vault, draft: Draft, progress: Progress): Promise<Skipped[]> {
  const left: Skipped[] = []
  await resignKeys(draft, left)
  for await (const found of allSecrets(
    draft.view,
    committedFiles(vault.repository, 'HEAD', draft.view.place)
  )) {
    progress()
    if ('problem' in found) left.push({ path: found.path, why: found.problem.message })
    else resign(draft, found.secret, left)
  }
  return left
}

function resign(draft: Draft, secret: Secret, left: Skipped[]): void {
  const { access } = draft
  const { document, stagesDocument, stages, arn, place } = secret
  const alias = keyFor(access, secret.name)?.alias ?? secret.key.alias
  const isSecretStale = !counts(access, document, alias, ['manage'])
  const context = { access, secret: arn, key: alias }
  const isStagesStale =
    !counts(access, stagesDocument, alias, ['encrypt', 'manage']) ||
    [...movesOf(stages)].some(([, move]) => !mayMove(move, stages, context))
  if (!isSecretStale && !isStagesStale) return
  try {
    const stamp = draft.stamp(secret)
    if (isSecretStale) draft.updateSecret(secret, {}, undefined, stamp)
    if (isStagesStale) draft.updateStages(secret, stages, undefined, stamp)
  } catch (error) {
    // dated far ahead: to sign that would spread it
    if (!(error instanceof VaultError && error.code === 'RepositoryState')) throw error
    left.push({ path: place.secret, why: error.message })
  }
}

/** Key documents whose signer is no admin any more. The boxes of those who may not decrypt any more are left out. */
async function resignKeys(draft: Draft, left: Skipped[]): Promise<void> {
  for (const key of draft.view.access.keys.values()) {
    for (const generation of key.generations) {
      try {
        const document = await draft.keyDocument(key.alias, generation)
        if (counts(draft.access, document, key.alias, [])) continue
        const sealed = Object.fromEntries(
          Object.entries(document.sealed).filter(([keyId]) =>
            draft.access.members.get(keyId)?.rights.get(key.alias)?.has('decrypt')
          )
        )
        const { key: alias, generation: number, public: publicKey } = document
        draft.putKey({ key: alias, generation: number, public: publicKey, sealed }, document)
      } catch (error) {
        left.push({
          path: draft.view.place.key(key.alias, generation.number),
          why: refusalOf(error).message
        })
      }
    }
  }
}

function counts(access: Access, document: SignedDocument, alias: string, rights: readonly Right[]): boolean {
  const member = access.members.get(document.signed.by)
  return member !== undefined && mayWrite(member, alias, rights, Number(document.signed.access.entry))
}
