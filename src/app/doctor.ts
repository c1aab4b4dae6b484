import { VaultError } from '../core/errors.js'
import { sodiumReady } from '../core/sodium.js'
import { showIdentity } from './identityFile.js'
import { attributesOf } from '../system/git/attributes.js'
import { openRepository } from '../system/repository.js'
import { inspectRoot } from './trust.js'
import { exposure } from '../vault/team/exposure.js'
import { findPlace } from '../vault/documents/place.js'
import { findRecovery, unreadableKeys } from '../vault/team/recovery.js'
import type { Vault } from '../vault/vault.js'

/** One thing that was looked at. */
export interface Finding {
  readonly what: string
  readonly state: 'ok' | 'warning' | 'problem'
  /** What is the case, in a line. */
  readonly text: string
  /** What to do about it. */
  readonly hint?: string
}

const DAY = 24 * 60 * 60 * 1000
/** A drill that is older is no proof that the shares are still there. */
const DRILL_DAYS = 180

/**
 * Looks at what a vault needs to be of use: an identity that is a member, a root that is trusted, files that git keeps as
 * they are, values that nobody knows who should not, and a recovery identity whose shares are there. Changes nothing.
 */
export async function* doctor(directory: string, vault: Vault): AsyncIterable<Finding> {
  await sodiumReady
  yield await looked('root', () => root(directory))
  yield await looked('identity', () => identity(vault))
  yield await looked('attributes', () => attributes(directory))
  yield await looked('exposure', () => exposed(vault))
  yield await looked('recovery', () => recovery(vault))
}

async function root(directory: string): Promise<Omit<Finding, 'what'>> {
  const { words, trusted, relation } = await inspectRoot(directory)
  if (!trusted) return problem(`this clone has not been told to trust the vault ${words}`, 'git-vault trust')
  if (relation === 'fork' || relation === 'behind')
    return problem(
      `the access log ${relation === 'fork' ? 'forks from' : 'ends before'} what this clone has verified`,
      'git-vault trust tells more'
    )
  return ok(`this clone trusts the vault ${words}`)
}

async function identity(vault: Vault): Promise<Omit<Finding, 'what'>> {
  const { publicKey, wrapped, from } = await showIdentity()
  const { access } = await vault.read()
  const member = [...access.members.values()].find(({ text }) => text === publicKey)
  if (!member || member.removed !== undefined)
    return problem(
      `the identity in ${from} ${member ? 'was' : 'is not'} a member of this vault${member ? ', and is not any more' : ''}`,
      'git-vault member request prints what an admin needs to add you'
    )
  const keys = [...member.rights].flatMap(([key, rights]) => (rights.size > 0 ? [key] : []))
  const may = keys.length === 0 ? 'no right on any key' : `rights on ${keys.join(', ')}`
  const who = `you are ${member.name}${member.adminSince === undefined ? '' : ', an admin'}, with ${may}`
  return wrapped ? ok(who) : warning(`${who}; your identity has no passphrase`, 'for a person, one is better')
}

async function attributes(directory: string): Promise<Omit<Finding, 'what'>> {
  const repository = await openRepository(directory)
  const { folder, access } = await findPlace(repository.workTree)
  const wrong = await attributesOf(repository.place, access)
  if (wrong.length === 0) return ok(`git keeps the files of ${folder} byte for byte`)
  return problem(
    `git changes the files of ${folder}: ${wrong.join(', ')}`,
    'give .gitattributes at the top the line that git-vault init wrote, and remove any in the vault'
  )
}

async function exposed(vault: Vault): Promise<Omit<Finding, 'what'>> {
  const ledger = await exposure(vault, () => undefined)
  const open = ledger.exposed.filter(({ waiver }) => !waiver).length
  if (ledger.left.length > 0) return problem(`${ledger.left.length} secrets do not count`, 'git-vault verify')
  if (open > 0)
    return problem(`${open} ${open === 1 ? 'value has' : 'values have'} to be replaced`, 'git-vault exposure')
  const waived = ledger.exposed.length
  return ok(`nobody without the right knows a value${waived > 0 ? `, but for ${waived} with a waiver` : ''}`)
}

async function recovery(vault: Vault): Promise<Omit<Finding, 'what'>> {
  const found = await findRecovery(vault)
  if (!found)
    return warning(
      'there is no recovery identity: if all who can decrypt are gone, so are the values',
      'git-vault recovery new'
    )
  const { name, lastDrill, recovery: split } = found
  const closed = await unreadableKeys(vault)
  if (closed.length > 0)
    return problem(
      `${name} cannot open all that is under ${closed.join(', ')}`,
      'give it decrypt on each, with git-vault member grant, by somebody who has it'
    )
  if (!lastDrill)
    return warning(`no holder of a share of ${name} has shown it yet`, 'git-vault recovery drill')
  const days = Math.floor((vault.clock.now() - lastDrill.getTime()) / DAY)
  const shown = split.drills.at(-1)?.shares.length ?? 0
  const ago = days === 0 ? 'today' : `${days} ${days === 1 ? 'day' : 'days'} ago`
  const text = `${shown} of ${split.shares.length} holders of ${name} have shown their shares, ${ago}`
  if (days > DRILL_DAYS || shown < split.threshold) return warning(text, 'git-vault recovery drill')
  return ok(text)
}

/** What cannot even be looked at is a problem, too. */
async function looked(what: string, look: () => Promise<Omit<Finding, 'what'>>): Promise<Finding> {
  try {
    return { what, ...(await look()) }
  } catch (error) {
    if (!(error instanceof VaultError)) throw error
    return { what, ...problem(error.message, error.hint) }
  }
}

const ok = (text: string): Omit<Finding, 'what'> => ({ state: 'ok', text })
const warning = (text: string, hint: string): Omit<Finding, 'what'> => ({ state: 'warning', text, hint })
const problem = (text: string, hint?: string): Omit<Finding, 'what'> => ({
  state: 'problem',
  text,
  ...(hint === undefined ? {} : { hint })
})
