import type { RightsChange } from '../../core/access/rightsChanges.js'
import type { Copied, CopyOptions, CopyPlan, KeyChange, Pair } from '../../operations/copySecrets.js'
import type { Removal } from '../../operations/deleteSecret.js'
import type { Vault } from '../../vault/vault.js'
import { confirm } from '../command/confirm.js'
import { jsonOption } from '../command/json.js'
import type { World } from '../command/services.js'
import { keepHeapSmall } from '../command/smallHeap.js'
import { regionOption } from '../command/verb.js'
import { visible } from '../terminal/escape.js'
import { progressBar } from '../terminal/progress.js'

/** More names than these are counted. */
const MAX_NAMES = 20

export interface CopyRequest extends Pair {
  readonly parts: Pick<CopyOptions, 'versions' | 'policy' | 'rotation'>
  /** How the old secrets are removed; left out, they stay. */
  readonly removal?: Removal | undefined
  readonly yes: boolean
}

/** The parts of a command that copies or moves secrets, besides options of its own. */
export const ofTwoNames = {
  options: { yes: { kind: 'flag', short: 'y' }, ...jsonOption, ...regionOption },
  words: ['NAME', 'NEW'],
  required: 2,
  completes: { NEW: 'secret' }
} as const

/** Copies or moves secrets. Says first whom a change of key affects, and asks before what cannot be taken back. */
export async function copySecrets(
  world: World,
  vault: Vault,
  { from, to, parts, removal, yes }: CopyRequest
): Promise<readonly Copied[]> {
  const { io, services } = world
  keepHeapSmall()
  const { planCopy, copySecrets: run } = await services.copying()
  const plan = await planCopy(vault, { from, to }, removal)
  const lines = [
    ...plan.leftOut.map(name => `${name} stays as it is: it is scheduled for deletion`),
    ...plan.keyChanges.flatMap(change => describe(change, removal !== undefined))
  ]
  for (const line of lines) await io.stderr.write(`git-vault: ${visible(line)}\n`)
  if (!yes && needsAnswer(plan, from, removal)) await confirm(world, question(plan, to, removal), YES)
  const bar = progressBar(io, removal ? 'moving' : 'copying', plan.pairs.length > 1 ? plan.pairs.length : 0)
  const options = { ...parts, removal, newToken: () => io.uuid(), onStep: bar.step }
  const copied = await run(vault, plan, options).finally(bar.end)
  for (const { from: old, to: name, unread } of copied) {
    if (unread.length === 0) continue
    const what = unread.length === 1 ? 'a version' : `${unread.length} versions`
    const line = `${name} lacks ${what} of ${old} that you cannot read: ${unread.join(', ')}`
    await io.stderr.write(`git-vault: ${visible(line)}\n`)
  }
  return copied
}

const YES = { hint: 'pass --yes' } as const

/** A copy only matters to members who gain rights. A move also takes names away. */
function needsAnswer({ keyChanges }: CopyPlan, from: string, removal: Removal | undefined): boolean {
  if (keyChanges.some(({ gains }) => gains.length > 0)) return true
  if (removal === undefined) return false
  return removal === 'at once' || from.endsWith('/') || keyChanges.some(({ losses }) => losses.length > 0)
}

function question({ pairs }: CopyPlan, to: string, removal: Removal | undefined): string {
  const [first] = pairs
  const what = pairs.length === 1 ? first!.from : `${pairs.length} secrets`
  const where = pairs.length === 1 ? first!.to : to
  if (removal === undefined) return visible(`Copy ${what} to ${where}?`)
  const end =
    removal !== 'at once' ? '' : pairs.length === 1 ? ', and delete it at once' : ', and delete them at once'
  return visible(`Move ${what} to ${where}${end}, for everyone?`)
}

/** Nothing is said about a change of key that affects nobody. */
function describe({ from, to, pairs, losses, gains }: KeyChange, isMove: boolean): string[] {
  const lost = isMove ? losses : []
  if (lost.length + gains.length === 0) return []
  const shown = pairs.slice(0, MAX_NAMES).map(pair => pair.to)
  const names = shown.join(', ') + (pairs.length > MAX_NAMES ? ` and ${pairs.length - MAX_NAMES} more` : '')
  const change = (verb: string, { member, rights }: RightsChange): string =>
    `  ${member} ${verb} ${rights.join(', ')}`
  const old = `the old ${pairs.length === 1 ? 'name has' : 'names have'} key ${from}`
  return [
    `under key ${to}: ${names}; ${old}`,
    ...lost.map(loss => change('loses', loss)),
    ...gains.map(gain => change('gains', gain)),
    ...(lost.some(({ rights }) => rights.includes('decrypt'))
      ? ['  whoever could read a value may have kept it; to list such values: git-vault exposure']
      : [])
  ]
}

/** The facts of `--json`. */
export const copiedJson = (copied: readonly Copied[]) => ({
  Secrets: copied.map(({ from, to, arn, unread, deletion }) => ({
    From: from,
    Name: to,
    ARN: arn,
    ...(deletion === undefined ? {} : { DeletionDate: deletion }),
    ...(unread.length === 0 ? {} : { UnreadVersionIds: unread })
  }))
})
