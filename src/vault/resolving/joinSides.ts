import type { Tree } from '../../core/ports.js'
import { VaultError } from '../../core/errors.js'
import { mergeSecretFolder } from '../merging/mergeSecretFolder.js'
import type { MergeConflict } from '../merging/types.js'
import type { View } from '../view.js'
import { currentOf, shownSide, withOneValue, withOtherValue } from './choices.js'
import { openCandidate, type OpenedSecret } from './openCandidate.js'
import { Overlay } from '../documents/overlay.js'
import { signedStages } from './signing.js'
import { answerId, type Answers, type Question, type ResolveContext } from './types.js'

/** The sides of one secret, and the context of their join. */
export interface JoinInput {
  readonly folder: string
  readonly name: string
  readonly base: Tree | undefined
  readonly context: ResolveContext
  readonly answers: Answers
  /** Opens a tree in the home region, under the newest access log. */
  readonly open: (tree: Tree) => View
  readonly restore: (path: string, digest: string) => Promise<Uint8Array | undefined>
}

export type Joined =
  { readonly tree: Overlay } | { readonly question: Question } | { readonly conflict: MergeConflict }

/** Joins two accepted states of a secret, with the answers of a person where there are two values. */
export async function joinSides(ours: OpenedSecret, theirs: OpenedSecret, input: JoinInput): Promise<Joined> {
  const { context, open, answers, folder, name } = input
  const tree = new Overlay(ours.tree)
  const merge = async (a: Tree, b: Tree, base: Tree | undefined) =>
    mergeSecretFolder({
      place: ours.secret.place,
      base,
      ours: open(a),
      theirs: open(b),
      context: { access: context.access, signer: context.writer, now: context.now },
      restore: input.restore
    })
  let merged = await merge(ours.tree, theirs.tree, input.base)
  // a state that goes back is joined: nothing of the newer one is lost then
  if (merged.conflict?.reason === 'goes back') merged = await merge(ours.tree, theirs.tree, undefined)
  const { conflict } = merged
  if (!conflict) {
    tree.apply(merged.files)
    return { tree }
  }
  if (conflict.reason !== 'two values' && conflict.reason !== 'created twice') return { conflict }
  const ask = (versions: readonly [string, string]): Question => ({
    ...{ reason: conflict.reason as 'two values' | 'created twice', name, folder },
    sides: [shownSide(ours, versions[0], context), shownSide(theirs, versions[1], context)]
  })
  const answer = answers.get(answerId({ folder, reason: conflict.reason }))
  if (conflict.reason === 'created twice') {
    if (!answer) return { question: ask([currentOf(ours.secret), currentOf(theirs.secret)]) }
    return { tree: await keptTwice([ours, theirs], answer === 'ours' ? ours : theirs, context) }
  }
  const { version = '' } = conflict
  if (!answer) return { question: ask([version, version]) }
  const [a, b] = await withOneValue([ours, theirs], version, answer, context)
  const again = await merge(a, b, undefined)
  if (again.conflict) {
    // a further version with two values: the same answer holds for all
    const sides = await Promise.all([
      openCandidate({ ...ours, tree: a }, folder, open),
      openCandidate({ ...theirs, tree: b }, folder, open)
    ])
    const [left, right] = sides
    if (
      again.conflict.reason !== 'two values' ||
      again.conflict.version === version ||
      !left.secret ||
      !right.secret
    )
      return { conflict: again.conflict }
    return joinSides(left as OpenedSecret, right as OpenedSecret, { ...input, base: undefined })
  }
  a.apply(again.files)
  return { tree: a }
}

/** Of two secrets of one name, keeps the one created later, which no clone refuses. The other's value is put again. */
async function keptTwice(
  sides: readonly [OpenedSecret, OpenedSecret],
  chosen: OpenedSecret,
  context: ResolveContext
): Promise<Overlay> {
  const [first, second] = sides
  const isFirst = first.secret.document.created >= second.secret.document.created
  const [kept, other] = isFirst ? [first, second] : [second, first]
  const tree = new Overlay(kept.tree)
  try {
    const { stages, files } = await withOtherValue(kept, other, chosen === other, context)
    if (files.size === 0) return tree
    const serial = Number(kept.secret.stagesDocument.signed.serial)
    tree.apply(files)
    tree.apply(
      new Map([[kept.secret.place.stages, signedStages(kept.secret, stages, serial, context).bytes]])
    )
  } catch (error) {
    const isClosed = error instanceof VaultError && error.code === 'DecryptionFailure'
    if (!isClosed || chosen === other) throw error
  }
  return tree
}
