import type { Access } from '../../core/access/access.js'
import { unlessRefused } from '../documents/refusal.js'
import { readDocument } from '../documents/place.js'
import type { Opened } from './openCandidate.js'

/**
 * Returns the command that takes over what a former member wrote in a refused state, before they knew of their removal;
 * `undefined` if the state is refused for another reason. The signature is not checked here: `member adopt` does it.
 */
export async function adoptNote(
  { tree, commit, refused }: Opened,
  folder: string,
  access: Access
): Promise<string | undefined> {
  if (refused === undefined || commit === undefined) return undefined
  const stages = await unlessRefused(() => readDocument(tree, 'stages', `${folder}/stages.yaml`))
  const member = stages && access.members.get(stages.signed.by)
  if (!member || member.removed === undefined) return undefined
  return `to take over what ${member.name} wrote: git-vault member adopt ${member.name} ${commit.slice(0, 12)}`
}
