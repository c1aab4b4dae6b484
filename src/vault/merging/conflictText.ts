import { nameAndRegion } from '../documents/place.js'
import type { MergeConflict } from './types.js'

const RESOLVE = 'git-vault resolve'

/** Returns what a conflict is, in one line, and the command that ends it. */
export function conflictText(conflict: MergeConflict): { readonly message: string; readonly hint: string } {
  const { name, region, reason } = conflict
  if (reason === 'goes back')
    return {
      message: `${name}: one side goes back to an older state, as a git revert does`,
      // rollback refuses to write as long as the revert is in progress
      hint: `${RESOLVE} (keeps the newer state; with --accept-rollback, goes back for everyone)`
    }
  if (reason === 'log forked')
    return {
      message: name.endsWith('/access.yaml')
        ? `${name}: both sides have added entries to the access log${detailOf(conflict)}`
        : (conflict.detail ?? `${name}: not merged, because both sides have added entries to the access log`),
      hint: 'abort the merge or rebase, and then run git-vault sync, which makes your own entries again'
    }
  if (reason === 'dated ahead')
    return {
      message: messageOf(conflict),
      hint: `abort the merge; then, on the branch with that date: git-vault repair-dates ${nameAndRegion(name, { region })}`
    }
  return { message: messageOf(conflict), hint: RESOLVE }
}

function messageOf(conflict: MergeConflict): string {
  const { name, reason, version } = conflict
  switch (reason) {
    case 'two values':
      return `${name}: version ${version} has another value on each side`
    case 'created twice':
      return `${name}: each side has created a secret of this name`
    case 'dated ahead':
      return `${name}: dated ${conflict.detail}, over 24 hours ahead of this computer's clock`
    case 'removed and changed':
      return `${name}: one side removed it and the other changed it${detailOf(conflict)}`
    case 'refused':
      return conflict.detail ?? `${name}: refused`
    case 'no signer':
      return conflict.detail === undefined
        ? `${name}: both sides changed it, and there is no identity to sign the merge`
        : `${name}: both sides changed it, and the merge could not be signed: ${conflict.detail}`
    case 'no right':
      return `${name}: both sides changed it, and you may not sign the merge${detailOf(conflict)}`
    default:
      return `${name}: ${reason}`
  }
}

function detailOf({ detail }: MergeConflict): string {
  return detail === undefined ? '' : `: ${detail}`
}
