import { mayWrite, type Access } from '../../core/access/access.js'
import type { StagesDocument } from '../../core/format/documents.js'

/** Whether the signer of an accepted stages.yaml holds `manage` on the secret's key, or is an admin. */
export function signerManages({ signed }: StagesDocument, alias: string, access: Access): boolean {
  const signer = access.members.get(signed.by)
  return signer !== undefined && mayWrite(signer, alias, ['manage'], Number(signed.access.entry))
}
