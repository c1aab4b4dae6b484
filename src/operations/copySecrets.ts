import { keyFor, type Access } from '../core/access/access.js'
import { rightsChanges, type RightsChange } from '../core/access/rightsChanges.js'
import { noSecret, usage, VaultError } from '../core/errors.js'
import { checkName } from '../core/service/name.js'
import { formatTime } from '../core/time.js'
import type { Draft } from '../vault/draft.js'
import type { Vault } from '../vault/vault.js'
import type { ListedSecret } from '../vault/listedSecret.js'
import type { View } from '../vault/view.js'
import { copyTo, type CopyParts } from './copyTo.js'
import { isScheduled, refuseDeleted } from './deletion.js'
import { describeSecrets } from './describeSecrets.js'
import { checkWindow, refuseReplicated, removeOrSchedule, type Removal } from './deleteSecret.js'

/** Secrets that a copy or a move reads, and their new names. */
export interface Pair {
  readonly from: string
  readonly to: string
}

/** The effects of a copy or a move that is not made yet. */
export interface CopyPlan {
  readonly pairs: readonly Pair[]
  /** The names of a folder that stay where they are, because they are scheduled for deletion. */
  readonly leftOut: readonly string[]
  readonly keyChanges: readonly KeyChange[]
}

/** Secrets that get another key by their new names, and what that changes for members. */
export interface KeyChange {
  readonly from: string
  readonly to: string
  readonly pairs: readonly Pair[]
  readonly losses: readonly RightsChange[]
  readonly gains: readonly RightsChange[]
}

export interface CopyOptions extends CopyParts {
  /** How the old secrets are removed; left out, they stay. */
  readonly removal?: Removal | undefined
  /** Called after each secret. */
  readonly onStep?: (() => void) | undefined
}

export interface Copied extends Pair {
  readonly arn: string
  /** The ids of versions that the copy lacks, because this identity cannot read them. */
  readonly unread: readonly string[]
  /** When the old secret will be deleted, if it is scheduled. */
  readonly deletion: Date | undefined
}

/**
 * Returns what copying a secret, or all secrets of a folder, would do. Throws ResourceExistsException if a new name is
 * taken, and `Usage` if the names do not go together.
 * @param from a secret's name or ARN, or a folder: a prefix that ends in a slash
 * @param to a name, or for a folder another one
 */
export async function planCopy(
  vault: Vault,
  { from, to }: Pair,
  removal: Removal | undefined
): Promise<CopyPlan> {
  const isFolder = from.endsWith('/')
  if (isFolder !== to.endsWith('/'))
    throw usage(
      isFolder ? `'${from}' is a folder, and '${to}' is not` : `'${to}' is a folder, and '${from}' is not`,
      isFolder ? `name a folder: ${to}/` : `name the new secret: ${to}${from.replace(/^.*\//, '')}`
    )
  if (removal && removal !== 'at once') checkWindow(removal.days)
  const view = await vault.read()
  const secrets = isFolder ? await secretsIn(vault, from) : [await view.secret(from)]
  if (!isFolder) refuseDeleted(secrets[0]!)
  const [leftOut, found] = [secrets.filter(isScheduled), secrets.filter(one => !isScheduled(one))]
  if (found.length === 0) refuseDeleted(leftOut[0]!)
  const pairs = found.map(({ name }) => ({ from: name, to: isFolder ? to + name.slice(from.length) : to }))
  for (const [at, pair] of pairs.entries()) {
    if (removal) refuseReplicated(found[at]!)
    checkNames(pair)
    await refuseTaken(view, pair.to)
  }
  return { pairs, leftOut: leftOut.map(({ name }) => name), keyChanges: keyChanges(view, pairs) }
}

/**
 * Copies secrets as planned, in one commit, and removes the old ones if asked to. Throws, before anything is written, if a
 * name has another key than when it was planned.
 */
export async function copySecrets(vault: Vault, plan: CopyPlan, options: CopyOptions): Promise<Copied[]> {
  const { removal } = options
  const operation = removal ? 'MoveSecrets' : 'CopySecrets'
  const done = await vault.write(operation, async draft => {
    refuseOtherKeys(draft, plan)
    const all: Done[] = []
    for (let from = 0; from < plan.pairs.length; from += CONCURRENT) {
      const some = plan.pairs.slice(from, from + CONCURRENT)
      for (const one of await Promise.all(some.map(pair => copyPair(draft, pair, options)))) all.push(one)
      draft.spool()
    }
    describeSecrets(
      draft,
      all.map(({ copied, arn }) => ({
        name: copied.to,
        trailers: [
          ['Source-Arn', arn],
          ['Secret-Arn', copied.arn]
        ]
      }))
    )
    return all
  })
  const scheduled = done.flatMap(({ copied: { deletion }, arn }) =>
    deletion === undefined || removal === 'at once' ? [] : [[arn, formatTime(deletion.getTime())] as const]
  )
  if (scheduled.length > 0) await vault.noteScheduled(scheduled)
  return done.map(({ copied }) => copied)
}

/** Most of a copy is waiting for git. */
const CONCURRENT = 32

interface Done {
  readonly copied: Copied
  /** The ARN of the old secret. */
  readonly arn: string
}

async function copyPair(draft: Draft, pair: Pair, options: CopyOptions): Promise<Done> {
  const { removal, onStep } = options
  const secret = removal ? await draft.secret(pair.from) : await draft.view.secret(pair.from)
  refuseDeleted(secret)
  await refuseTaken(draft.view, pair.to)
  const { arn, unread } = await copyTo(draft, secret, pair.to, options)
  if (removal === 'at once') refuseLoss(pair.from, unread)
  const deletion = removal && removeOrSchedule(draft, secret, removal)
  onStep?.()
  return { copied: { ...pair, arn, unread, deletion }, arn: secret.arn }
}

async function secretsIn(vault: Vault, folder: string): Promise<readonly ListedSecret[]> {
  const secrets = await vault.secrets(folder)
  const damaged = vault.skipped.length
  if (damaged > 0)
    throw new VaultError(
      'DocumentRefused',
      `${damaged === 1 ? '1 secret' : `${damaged} secrets`} in ${folder} failed verification`,
      { hint: 'git-vault verify' }
    )
  if (secrets.length === 0) throw noSecret()
  return secrets
}

/** Throws an error that says what to do if there is a secret of that name. */
async function refuseTaken(view: View, name: string): Promise<void> {
  const present = await view.named(name)
  if (!present) return
  // to delete it cannot be undone, so that no hint says so
  const hint = 'choose another name'
  if (isScheduled(present))
    throw new VaultError('InvalidRequestException', `${name} exists, and is scheduled for deletion`, { hint })
  throw new VaultError('ResourceExistsException', `there is a secret ${name} already`, { hint })
}

function refuseLoss(name: string, unread: readonly string[]): void {
  if (unread.length === 0) return
  const what = unread.length === 1 ? 'a version' : `${unread.length} versions`
  throw new VaultError('InvalidRequestException', `you cannot read ${what} of ${name}, which would be lost`, {
    hint: 'omit --force: then git-vault restore can bring the secret back'
  })
}

function checkNames({ from, to }: Pair): void {
  if (from === to) throw usage(`the old and the new name are the same: ${from}`)
  checkName(to)
  if (to.length > MAX_NAME) throw usage(`the name is longer than ${MAX_NAME} characters: ${to}`)
}

/** The service's limit. */
const MAX_NAME = 512

function keyChanges({ access }: View, pairs: readonly Pair[]): KeyChange[] {
  const groups = new Map<string, { from: string; to: string; pairs: Pair[] }>()
  for (const pair of pairs) {
    const [from, to] = [keyName(access, pair.from), keyName(access, pair.to)]
    if (from === to) continue
    const group = groups.get(`${from} ${to}`) ?? { from, to, pairs: [] }
    groups.set(`${from} ${to}`, group)
    group.pairs.push(pair)
  }
  return [...groups.values()].map(group => ({ ...group, ...rightsChanges(access, group) }))
}

function keyName(access: Access, name: string): string {
  const key = keyFor(access, name)
  if (key) return key.alias
  throw new VaultError('EncryptionFailure', `no key of this vault covers the name "${name}"`)
}

/** Somebody may have changed the keys since the user was asked. */
function refuseOtherKeys({ view }: Draft, { pairs, keyChanges: planned }: CopyPlan): void {
  if (JSON.stringify(keyChanges(view, pairs)) === JSON.stringify(planned)) return
  throw new VaultError('RepositoryState', 'the keys or rights have changed meanwhile: nothing was changed', {
    hint: 'run the command again'
  })
}
