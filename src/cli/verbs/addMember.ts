import { hasWeakKey, parsePublic } from '../../core/crypto/identity.js'
import { fingerprint } from '../../core/crypto/fingerprint.js'
import type { Rights } from '../../core/access/access.js'
import type { Vault } from '../../vault/vault.js'
import type { Parsed } from '../arguments/arguments.js'
import { visible } from '../terminal/escape.js'
import { canAsk } from '../terminal/io.js'
import { fingerprintLine, spokenLines } from '../terminal/spoken.js'
import { formatRights, RIGHT_CHOICES, rightsFromOptions, rightsOf } from '../command/rights.js'
import type { World } from '../command/services.js'
import { UsageError } from '../arguments/usage.js'
import { openCurrentVault } from '../command/verb.js'

/** Adds a member, after showing their fingerprint and what they will be able to read. */
export async function addMember(
  [nameWord, stringWord]: readonly string[],
  parsed: Parsed,
  world: World
): Promise<void> {
  const { io, services } = world
  const asks = canAsk(io)
  const ask = async (
    word: string | undefined,
    what: string,
    question: string,
    problemWith: (answer: string) => string | undefined
  ) => {
    if (word !== undefined) return word
    if (!asks) throw new UsageError('input', `member add needs ${what}`, 'git-vault member --help')
    return (await services.ask.text(question, undefined, problemWith)).trim()
  }
  const { optionProblem } = await services.initRules()
  const name = await ask(nameWord, 'NAME', 'Name of the new member', answer =>
    optionProblem('member', answer)
  )
  const vault = await openCurrentVault(world)
  // reading the vault also loads libsodium, which public strings need
  if (await (await services.roster()).isMember(vault, name))
    throw new UsageError('input', `${visible(name)} is already a member`)
  const isCompared = asks && !parsed.has('yes')
  const found = stringWord ?? (await (await services.request()).requestedKey(vault, name))
  // anyone who can push can commit a request
  if (stringWord === undefined && found !== undefined && !isCompared)
    throw new UsageError(
      'input',
      'member add accepts a committed request only if you compare its fingerprint at a terminal',
      'pass the public string of the request as STRING'
    )
  const publicKey = await ask(
    found,
    'STRING',
    'Their public string (git-vault member request)',
    stringProblem
  )
  // before its fingerprint is shown: a string that was cut has another one, or belongs to nobody
  const problem = stringProblem(publicKey)
  if (problem !== undefined) throw new UsageError('input', `that ${problem}`)
  const rights = await rightsToGrant(parsed, vault, world)
  const words = fingerprint(publicKey)
  await warnOfHistory(world, vault, name, rights)
  if (isCompared) {
    await io.stderr.write(
      `git-vault: the fingerprint of ${visible(name)} is\n${spokenLines('  ', words, io.stderr)}\n`
    )
    if (!(await services.ask.confirm(`Does ${visible(name)} read the same words to you?`)))
      throw new UsageError('input', 'nothing was changed')
  }
  const team = await services.team()
  const admitted = await team.addMember(vault, { name, publicKey, admin: parsed.has('admin'), rights })
  const granted = rights.size === 0 ? '' : ` with ${formatRights(rights)}`
  const lines = [
    `added ${visible(name)} as ${parsed.has('admin') ? 'an admin' : 'a member'}${granted}`,
    fingerprintLine(words, io.stdout),
    `invitation   ${admitted.invitation}`
  ]
  await io.stdout.write(lines.map(line => `${line}\n`).join(''))
}

/** Says nothing about a weak key, which needs another hint: the write refuses it. */
const stringProblem = (text: string): string | undefined =>
  parsePublic(text) || hasWeakKey(text) ? undefined : 'is not a valid gvpub1_… string'

/** Returns the new member's rights: from the options, or from the user. An admin may have none. */
async function rightsToGrant(parsed: Parsed, vault: Vault, world: World): Promise<Rights> {
  const [keys, allow] = [parsed.list('key'), parsed.list('allow')]
  if (keys && allow) return rightsOf(keys, allow)
  if (!keys && !allow && parsed.has('admin')) return new Map()
  if (!canAsk(world.io)) return rightsFromOptions(parsed, 'member add')
  const { ask } = world.services
  return rightsOf(
    keys ?? (await ask.choose('Keys to grant rights on', await keyChoices(vault, world))),
    allow ?? (await ask.choose('Rights to grant on them', RIGHT_CHOICES))
  )
}

async function keyChoices(vault: Vault, { services }: World) {
  const { keys } = await (await services.roster()).roster(vault)
  return keys.map(({ alias, names, members }) => ({
    value: alias,
    note: `covers ${names.join(' ')}; held by ${members.map(({ name }) => name).join(', ')}`,
    // the only key, or the one of every name that has no other
    isSuggested: keys.length === 1 || names.includes('**')
  }))
}

/** Says to a person at a terminal what a new reader of a key can read: all of its past, not only what comes. */
export async function warnOfHistory(
  { io, services }: World,
  vault: Vault,
  name: string,
  rights: Rights
): Promise<void> {
  const read = [...rights].filter(([, list]) => list.includes('decrypt')).map(([key]) => key)
  if (read.length === 0 || !io.stderr.isTerminal) return
  const { keys } = await (await services.roster()).roster(vault)
  const covered = keys
    .filter(({ alias }) => read.includes(alias))
    .map(({ alias, names }) => `${alias} (${names.join(' ')})`)
  const line = `git-vault: ${name} will be able to read every value written so far under ${covered.join(', ')}, including old ones in git's history`
  await io.stderr.write(`${spokenLines('', line, io.stderr)}\n`)
}
