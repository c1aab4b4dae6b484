import { formerMember } from '../../core/access/access.js'
import { VaultError } from '../../core/errors.js'
import { sodiumReady } from '../../core/sodium.js'
import { version } from '../version.js'
import { showIdentity } from '../identityFile.js'
import { committable } from '../../system/git/committable.js'
import { openRepository } from '../../system/repository.js'
import { inspectRoot } from '../trust.js'
import { exposure, type Ledger } from '../../vault/team/exposure.js'
import { lostEntriesHint } from '../../vault/memory/lostEntries.js'
import { findPlace } from '../../vault/documents/place.js'
import { RESOLVE_HINT } from '../../vault/documents/refusal.js'
import { findRecovery, unreadableKeys } from '../../vault/team/recovery.js'
import { check, ok, problem, warning, type Finding, type Result } from './finding.js'
import { checkFiles } from './fileChecks.js'
import { checkMerging, checkModes, checkWrites } from './repositoryChecks.js'
import { lookedAt, scopeOf, type Scope } from './scope.js'
import { checkAttributes, checkVersions } from './vaultChecks.js'
import type { Vault } from '../../vault/vault.js'

const DAY = 24 * 60 * 60 * 1000
/** An older drill does not prove that the shares still exist. */
const DRILL_DAYS = 180

export interface DoctorOptions {
  /** Whether to look at every secret, and not only at those that have changed since all were in order. */
  readonly isAll?: boolean
  /** The program's version. */
  readonly program?: string
  /** The exposure of all secrets, if it is known. */
  readonly ledger?: Ledger
}

/**
 * Checks this clone and its vault, and offers a fix for what can be fixed without losing anything. Changes nothing itself,
 * but remembers in this clone's memory that all secrets are in order.
 * @param warn receives what a fix has left as it is, one line each
 */
export async function* doctor(
  directory: string,
  vault: Vault,
  warn: (line: string) => void = () => undefined,
  { isAll = false, program = version, ledger: known }: DoctorOptions = {}
): AsyncIterable<Finding> {
  await sodiumReady
  const head = await unlessMissing(vault.repository.commitId('HEAD'))
  const found = new Map<string, Finding['state']>()
  for await (const finding of checkClone(directory, vault, warn)) {
    found.set(finding.what, finding.state)
    yield finding
  }
  const isClean = AS_HEAD.every(what => found.get(what) === 'ok')
  const scope = await scopeOf(directory, vault, { head, isClean, isAll, program })
  const versions = await check('versions', () => checkVersions(vault, scope))
  yield versions
  let ledger: Ledger | undefined
  yield await check('exposure', async () => {
    ledger = known ?? (await exposure(vault, () => undefined, scope.changed?.folders))
    return exposureResult(ledger, scope)
  })
  if (versions.state === 'ok' && ledger?.skipped.length === 0)
    await scope.remember(ledger.exposed.map(({ arn }) => arn))
  yield await check('recovery', () => checkRecovery(vault))
}

/** Checks that find a work tree with other files than HEAD. */
const AS_HEAD = ['attributes', 'tracking', 'files', 'edits']

async function* checkClone(
  directory: string,
  vault: Vault,
  warn: (line: string) => void
): AsyncIterable<Finding> {
  yield await check('root', () => checkRoot(directory, vault))
  yield await check('identity', () => checkIdentity(vault))
  yield await check('attributes', () => checkAttributes(directory))
  yield await check('tracking', () => checkTracking(directory))
  yield await check('merging', () => checkMerging(directory))
  yield await check('modes', () => checkModes(directory))
  yield await check('writes', () => checkWrites(directory, warn))
  for await (const { what, run } of checkFiles(directory, warn)) yield await check(what, run)
}

/** Before the first commit there is no HEAD. */
async function unlessMissing(commit: Promise<string>): Promise<string | undefined> {
  try {
    return await commit
  } catch (error) {
    if (!(error instanceof VaultError)) throw error
    return undefined
  }
}

async function checkRoot(directory: string, { repository }: Vault): Promise<Result> {
  const { words, trusted, relation, damage } = await inspectRoot(directory)
  if (damage !== undefined) return problem(damage, 'git-vault trust')
  if (!trusted)
    return problem(`this clone does not trust this vault yet; its fingerprint: ${words}`, 'git-vault trust')
  if (relation === 'fork')
    return problem(
      'the access log forks from the one that this clone has verified',
      'for details, run git-vault trust'
    )
  if (relation === 'behind')
    return problem(
      'the access log ends before the one that this clone has verified, so nothing can be written',
      await lostEntriesHint(repository, await findPlace(repository.workTree))
    )
  return ok(`this clone trusts this vault; its fingerprint: ${words}`)
}

async function checkIdentity(vault: Vault): Promise<Result> {
  const { publicKey, wrapped, from, isFile } = await showIdentity()
  const found = isFile ? await committable(from) : undefined
  if (found)
    return problem(
      `git could commit your identity: ${from} is in a work tree`,
      `move it outside ${found.place.root}, and set GIT_VAULT_IDENTITY_FILE`
    )
  const { access } = await vault.read()
  const member = [...access.members.values()].find(({ text }) => text === publicKey)
  const former = member && formerMember(access, member.keyId)
  if (former !== undefined)
    return problem(
      `${former}: the identity in ${from}`,
      'ask an admin to add you under another name, with a new identity: git-vault identity new'
    )
  if (!member)
    return problem(
      `the identity in ${from} is not a member of this vault`,
      'send an admin what git-vault member request prints'
    )
  const keys = [...member.rights].flatMap(([key, rights]) => (rights.size > 0 ? [key] : []))
  const rights = keys.length === 0 ? 'no rights on any key' : `rights on: ${keys.join(', ')}`
  const who = `you are ${member.name}${member.adminSince === undefined ? '' : ', an admin'}, with ${rights}`
  return wrapped
    ? ok(who)
    : warning(`your identity has no passphrase; ${who}`, 'a person should use an identity with a passphrase')
}

/** A file that git does not track is ignored, so what it holds is no secret. */
async function checkTracking(directory: string): Promise<Result> {
  const { workTree } = await openRepository(directory)
  const { folder } = await findPlace(workTree)
  const isUntracked = await workTree.untracked(folder)
  let first: string | undefined
  let count = 0
  for await (const { path } of workTree.files(folder)) {
    if (!isUntracked(path)) continue
    first ??= path
    count++
  }
  if (first === undefined) return ok(`git tracks every file in ${folder}`)
  const files = count === 1 ? first : `${count} files in ${folder}, such as ${first}`
  return problem(
    `git does not track ${files}, so reading ignores ${count === 1 ? 'it' : 'them'}`,
    `commit or delete what this lists: git ls-files --others '${folder}'`
  )
}

/** The command that mends all secrets like the one that a command mends. */
const mendingAll = (mend: string | undefined): string | undefined =>
  mend?.startsWith(`${RESOLVE_HINT} `) === true ? RESOLVE_HINT : mend

function exposureResult(ledger: Ledger, scope: Scope): Result {
  const open = ledger.exposed.filter(({ waiver }) => !waiver).length
  const failed = ledger.skipped.length
  const [mend, ...others] = new Set(ledger.skipped.map(one => mendingAll(one.mend)))
  if (failed > 0)
    return problem(
      `${failed} ${failed === 1 ? 'secret' : 'secrets'} failed verification`,
      // one command for all of them, or the list of what to do
      (others.length === 0 ? mend : undefined) ?? 'git-vault verify'
    )
  if (open > 0)
    return problem(
      `${open} exposed ${open === 1 ? 'value' : 'values'} must be replaced`,
      'git-vault exposure'
    )
  const waived = ledger.exposed.length
  const exception = waived > 0 ? `, except ${waived} with a waiver` : ''
  return ok(`no exposed values${exception}${lookedAt(scope)}`)
}

async function checkRecovery(vault: Vault): Promise<Result> {
  const found = await findRecovery(vault)
  if (!found)
    return warning(
      'no recovery identity: if every member who can decrypt is lost, so are the values',
      'git-vault recovery new'
    )
  const { name, lastDrill, recovery } = found
  const unreadable = await unreadableKeys(vault)
  const keys = unreadable.map(key => `--key ${key}`).join(' ')
  if (unreadable.length > 0)
    return problem(
      `${name} cannot decrypt every secret under: ${unreadable.join(', ')}`,
      `a member who can decrypt should run git-vault member grant ${name} ${keys} --allow decrypt`
    )
  if (!lastDrill)
    return warning(`no share holder of ${name} has taken part in a drill yet`, 'git-vault recovery drill')
  const days = Math.floor((vault.clock.now() - lastDrill.getTime()) / DAY)
  const answered = recovery.drills.at(-1)?.shares.length ?? 0
  const ago = days === 0 ? 'today' : `${days} ${days === 1 ? 'day' : 'days'} ago`
  const text = `${answered} of ${recovery.shares.length} share holders of ${name} took part in the last drill, ${ago}`
  if (days > DRILL_DAYS || answered < recovery.threshold) return warning(text, 'git-vault recovery drill')
  return ok(text)
}
