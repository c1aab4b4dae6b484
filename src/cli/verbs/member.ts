import { fingerprint } from '../../core/crypto/fingerprint.js'
import type { ShownMember } from '../../vault/team/roster.js'
import type { Rights } from '../../core/access/access.js'
import type { Parsed } from '../arguments/arguments.js'
import { confirm } from '../command/confirm.js'
import { shownLines, visible } from '../terminal/escape.js'
import { canAsk } from '../terminal/io.js'
import { reportSkipped } from '../command/skipped.js'
import { columns } from '../terminal/paint.js'
import { givenRights, rightOptions, rightsOf } from '../command/rights.js'
import type { World } from '../command/services.js'
import { runAction, type Action } from '../command/subcommand.js'
import { UsageError } from '../arguments/usage.js'
import { openVault, type Verb } from '../command/verb.js'
import { when } from '../terminal/when.js'
import { losing } from './losing.js'

export const member: Verb = {
  help: `Usage: git-vault member request [--file PATH | --commit NAME]
       git-vault member add NAME [STRING] [--key KEY --allow RIGHTS] [--admin]
       git-vault member grant NAME --key KEY --allow RIGHTS
       git-vault member revoke NAME --key KEY --allow RIGHTS
       git-vault member admin NAME [--no]
       git-vault member remove NAME
       git-vault member adopt NAME REVISION
       git-vault member list | show NAME

Who may do what with this vault: people, and machines such as CI. RIGHTS are decrypt (read values), encrypt
(add versions) and manage (all else of a secret), with commas; --key and --allow may come again.

  request   print what an admin needs to add you: your public string; or write it to a file, or commit it
            beside the vault, where add NAME finds it
  add       admit somebody: compare the words with them, and send them the invitation, which they give to
            git-vault trust --invitation
  grant, revoke, admin
            change what somebody may do; an admin may change this, and sign anything
  remove    remove somebody for good: new keys for what is written from then on, and a list of the values
            that they could have read
  adopt     take over what somebody who is removed had written before they knew, on another branch

Options:
  --yes, -y       do not ask
  --output json   for list and show

Example:
  git-vault member add bob gvpub1_… --key default --allow decrypt,encrypt
`,
  options: {
    ...rightOptions,
    admin: { kind: 'flag' },
    file: { kind: 'value' },
    commit: { kind: 'value' },
    no: { kind: 'flag' },
    yes: { kind: 'flag', short: 'y' },
    output: { kind: 'value', choices: ['text', 'json'] }
  },
  words: ['request, add, grant, revoke, admin, remove, adopt, list or show', 'NAME', 'STRING'],
  required: 1,
  run: (parsed, world) => runAction('member', actions, parsed, world)
}

const actions: Readonly<Record<string, Action>> = {
  request: {
    words: [],
    required: 0,
    options: ['file', 'commit'],
    async run(_words, parsed, world) {
      const { io, services } = world
      const [file, name] = [parsed.text('file'), parsed.text('commit')]
      if (file !== undefined && name !== undefined)
        throw new UsageError('input', 'member request takes --file or --commit, not both')
      const { publicKey, words } = await services.showIdentity()
      if (name !== undefined) {
        const { requestMembership } = await services.request()
        const path = await requestMembership(await openVault(world), name, publicKey)
        await io.stdout.write(`committed ${visible(path)}: push it, and tell an admin\n`)
      } else if (file !== undefined) {
        await services.writeFile(file, `${publicKey}\n`)
        await io.stdout.write(`wrote ${visible(file)}\n`)
      } else await io.stdout.write(`${publicKey}\n`)
      await io.stderr.write(`git-vault: its fingerprint, to be compared aloud: ${words}\n`)
    }
  },
  add: { words: ['NAME', 'STRING'], required: 0, options: ['key', 'allow', 'admin', 'yes'], run: add },
  grant: {
    words: ['NAME'],
    required: 1,
    options: ['key', 'allow'],
    async run([name = ''], parsed, world) {
      const rights = givenRights(parsed, 'member grant')
      await (await world.services.team()).grant(await openVault(world), name, rights)
      await world.io.stdout.write(`${visible(name)} may: ${shownRights(rights)}\n`)
    }
  },
  revoke: {
    words: ['NAME'],
    required: 1,
    options: ['key', 'allow', 'yes'],
    async run([name = ''], parsed, world) {
      const rights = givenRights(parsed, 'member revoke')
      await losing(world, name, { rights, yes: parsed.has('yes') })
    }
  },
  admin: {
    words: ['NAME'],
    required: 1,
    options: ['no'],
    async run([name = ''], parsed, world) {
      const role = parsed.has('no') ? 'member' : 'admin'
      const left = await (
        await world.services.team()
      ).setRole(await openVault(world), name, role, () => undefined)
      await world.io.stdout.write(`${visible(name)} is ${role === 'admin' ? 'an admin' : 'no admin'} now\n`)
      await reportSkipped(left, 'left as it is', world.io)
    }
  },
  remove: {
    words: ['NAME'],
    required: 1,
    options: ['yes'],
    run: ([name = ''], parsed, world) => losing(world, name, { yes: parsed.has('yes') })
  },
  adopt: {
    words: ['NAME', 'REVISION'],
    required: 2,
    options: ['yes'],
    run: ([name = '', revision = ''], parsed, world) =>
      adopt(name, revision, { yes: parsed.has('yes') }, world)
  },
  list: { words: [], required: 0, options: ['output'], run: list },
  show: { words: ['NAME'], required: 1, options: ['output'], run: show }
}

async function add([givenName, givenString]: readonly string[], parsed: Parsed, world: World): Promise<void> {
  const { io, services } = world
  const asks = canAsk(io)
  const ask = async (given: string | undefined, what: string, question: string, suggestion?: string) => {
    if (given !== undefined) return given
    if (!asks) throw new UsageError('input', `member add needs ${what}`)
    return (await services.ask.text(question, suggestion)).trim()
  }
  const name = await ask(givenName, 'NAME', 'Name of the new member')
  const vault = await openVault(world)
  const isCompared = asks && !parsed.has('yes')
  const committed = givenString ?? (await (await services.request()).requestedKey(vault, name))
  // whoever can push can have written it
  if (givenString === undefined && committed !== undefined && !isCompared)
    throw new UsageError(
      'input',
      'member add takes a committed request only where the words are compared',
      'give STRING'
    )
  const publicKey = await ask(committed, 'STRING', 'Their public string (git-vault member request)')
  const rights = await askedRights(parsed, world)
  // and libsodium is ready once the vault has been read
  if (await (await services.roster()).isMember(vault, name))
    throw new UsageError('input', `there is a member ${visible(name)} already`)
  const words = fingerprint(publicKey)
  if (isCompared) {
    await io.stderr.write(`git-vault: the fingerprint of ${visible(name)} is\n  ${words}\n`)
    if (!(await services.ask.confirm(`Does ${visible(name)} read the same words to you?`)))
      throw new UsageError('input', 'nothing was changed')
  }
  const team = await services.team()
  const admitted = await team.addMember(vault, { name, publicKey, admin: parsed.has('admin'), rights })
  const may = rights.size === 0 ? '' : `; may: ${shownRights(rights)}`
  const lines = [
    `${visible(name)} is a member${parsed.has('admin') ? ' and an admin' : ''}${may}`,
    `fingerprint  ${words}`,
    `invitation   ${admitted.invitation}`
  ]
  await io.stdout.write(lines.map(line => `${line}\n`).join(''))
}

/** An admin need not have rights on a key; anybody else is asked for some. */
async function askedRights(parsed: Parsed, world: World): Promise<Rights> {
  const [keys, allow] = [parsed.list('key'), parsed.list('allow')]
  if (keys && allow) return rightsOf(keys, allow)
  if (!keys && !allow && parsed.has('admin')) return new Map()
  if (!canAsk(world.io)) return givenRights(parsed, 'member add')
  const { ask } = world.services
  const key = keys ?? (await ask.text('Keys that they have rights on', 'default')).split(/[\s,]+/)
  return rightsOf(key, allow ?? [(await ask.text('Rights on them', 'decrypt,encrypt')).replaceAll(' ', '')])
}

const shownRights = (rights: Rights): string =>
  [...rights].map(([key, list]) => `${list.join(', ')} on ${visible(key)}`).join('; ')

async function adopt(name: string, revision: string, { yes }: { yes: boolean }, world: World): Promise<void> {
  const { io, services } = world
  const { adoptable, adoptVersions } = await services.adopt()
  const vault = await openVault(world)
  const { versions, left, commit } = await adoptable(vault, name, revision)
  for (const { path, why } of left)
    await io.stderr.write(`git-vault: not to be adopted: ${visible(path)}: ${visible(why)}\n`)
  if (versions.length === 0) {
    await io.stdout.write(`${visible(revision)} has no version of ${visible(name)}'s that is not here\n`)
    return
  }
  const rows = versions.map(one => [
    one.secret,
    one.versionId,
    when(one.created),
    one.labels.length > 0 ? one.labels.join(', ') : 'without a label'
  ])
  await io.stderr.write(shownLines(columns(rows)))
  if (!yes) await confirm(world, 'Write these, in your name?', { needs: 'member adopt needs --yes' })
  const done = await adoptVersions(vault, name, commit)
  await io.stdout.write(`adopted ${done} ${done === 1 ? 'version' : 'versions'} of ${visible(name)}'s\n`)
}

async function list(_words: readonly string[], parsed: Parsed, world: World): Promise<void> {
  const { roster } = await world.services.roster()
  const { members } = await roster(await openVault(world))
  if (parsed.text('output') === 'json') {
    await world.io.stdout.write(`${JSON.stringify({ members }, null, 2)}\n`)
    return
  }
  const rows = members.map(one => [
    one.name,
    one.removed ? `removed ${when(one.removed)}` : one.admin ? 'admin' : 'member',
    one.rights.map(({ key, rights }) => `${key}: ${rights.join(', ')}`).join('; ')
  ])
  await world.io.stdout.write(shownLines(columns(rows).map(line => line.trimEnd())))
}

async function show([name = '']: readonly string[], parsed: Parsed, world: World): Promise<void> {
  const { roster } = await world.services.roster()
  const { members } = await roster(await openVault(world))
  const one = members.find(other => other.name === name)
  if (!one) throw new UsageError('input', `there is no member ${visible(name)}`)
  const text = parsed.text('output') === 'json' ? `${JSON.stringify(one, null, 2)}\n` : described(one)
  await world.io.stdout.write(text)
}

function described({ name, publicKey, words, admin, since, removed, rights }: ShownMember): string {
  const lines = [
    `${name}${admin ? ', an admin' : ''}`,
    `since        ${when(since)}`,
    ...(removed ? [`removed      ${when(removed)}`] : []),
    `public key   ${publicKey}`,
    `fingerprint  ${words}`,
    ...rights.map(
      held => `may          ${held.rights.join(', ')} on ${held.key}, which is for ${held.names.join(' ')}`
    )
  ]
  return shownLines(lines)
}
