import { RIGHTS } from '../../core/access/rights.js'
import type { ShownMember } from '../../vault/team/roster.js'
import type { Skipped } from '../../vault/team/skipped.js'
import type { Parsed } from '../arguments/arguments.js'
import { confirm } from '../command/confirm.js'
import { visible, visibleJson, visibleRows } from '../terminal/escape.js'
import { canAsk, type Output } from '../terminal/io.js'
import { reportSkipped } from '../command/skipped.js'
import { columns, table } from '../terminal/paint.js'
import { formatRights, rightsFromOptions, rightOptions } from '../command/rights.js'
import { isJson, jsonOptions } from '../command/json.js'
import type { World } from '../command/services.js'
import { runAction, type Action } from '../command/subcommand.js'
import { UsageError } from '../arguments/usage.js'
import { openCurrentVault, type Verb } from '../command/verb.js'
import { localTime } from '../terminal/localTime.js'
import { fingerprintLine, spokenLines } from '../terminal/spoken.js'
import { addMember, warnOfHistory } from './addMember.js'
import { revokeAccess } from './revokeAccess.js'

export const member: Verb = {
  help: `Usage: git-vault member request [--file PATH | --commit NAME]
       git-vault member add NAME [STRING] [--key KEY --allow RIGHTS] [--admin]
       git-vault member grant NAME --key KEY --allow RIGHTS
       git-vault member revoke NAME --key KEY --allow RIGHTS
       git-vault member admin NAME [--no]
       git-vault member remove NAME
       git-vault member adopt NAME REVISION
       git-vault member list
       git-vault member show NAME

Manage the members of the vault, people as well as machines such as CI, and
their rights. RIGHTS is a comma-separated list: decrypt (read values), encrypt
(add versions), manage (create secrets, and change everything else about them).
write means encrypt,manage.

  request  print your public string, which an admin needs to add you. Or write
           it to a file, or commit it where member add NAME finds it
  add      add a member. Compare the fingerprint with the new member, and send
           them the invitation for git-vault trust --invitation
  grant    grant rights on keys
  revoke   revoke rights on keys
  admin    make a member an admin, who can do all of this and sign everything;
           with --no, make an admin a plain member
  remove   remove a member for good, give the keys they could decrypt a new
           generation, and report the values that they could have read
  adopt    sign, as your own, the versions in REVISION that a removed member
           wrote on a branch which did not have the removal yet
  list     list the members and their rights
  show     show one member

Options:
  --key KEY        the key that the rights are on; repeatable
  --allow RIGHTS   the rights; repeatable
  --admin          add: make the new member an admin
  --no             admin: make the admin a plain member
  --file PATH      request: write the public string to a file
  --commit NAME    request: commit the public string under this name
  --yes, -y        do not ask for confirmation
  --json           list, show: print JSON, also as --output json

Example:
  git-vault member add bob gvpub1_... --key default --allow decrypt,write
`,
  options: {
    ...rightOptions,
    admin: { kind: 'flag' },
    file: { kind: 'value' },
    commit: { kind: 'value' },
    no: { kind: 'flag' },
    yes: { kind: 'flag', short: 'y' },
    ...jsonOptions
  },
  words: ['request, add, grant, revoke, admin, remove, adopt, list or show', 'NAME', 'STRING'],
  required: 1,
  get actions() {
    return actions
  },
  completes: { NAME: 'member', REVISION: 'none', '--allow': [...RIGHTS, 'write'] },
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
        const path = await requestMembership(await openCurrentVault(world), name, publicKey)
        await io.stdout.write(`committed ${visible(path)}: push it, and ask an admin to add you\n`)
      } else if (file !== undefined) {
        await services.writeFile(file, `${publicKey}\n`)
        await io.stdout.write(`wrote ${visible(file)}\n`)
      } else await io.stdout.write(`${publicKey}\n`)
      const line = `git-vault: read this fingerprint to the admin who adds you: ${words}`
      await io.stderr.write(`${spokenLines('', line, io.stderr)}\n`)
    }
  },
  add: { words: ['NAME', 'STRING'], required: 0, options: ['key', 'allow', 'admin', 'yes'], run: addMember },
  grant: {
    words: ['NAME'],
    required: 1,
    options: ['key', 'allow'],
    async run([name = ''], parsed, world) {
      const rights = rightsFromOptions(parsed, 'member grant')
      const vault = await openCurrentVault(world)
      await warnOfHistory(world, vault, name, rights)
      await (await world.services.team()).grant(vault, name, rights)
      await world.io.stdout.write(`granted ${visible(name)} ${formatRights(rights)}\n`)
    }
  },
  revoke: {
    words: ['NAME'],
    required: 1,
    options: ['key', 'allow', 'yes'],
    async run([name = ''], parsed, world) {
      const rights = rightsFromOptions(parsed, 'member revoke')
      await revokeAccess(world, name, { rights, yes: parsed.has('yes') })
    }
  },
  admin: {
    words: ['NAME'],
    required: 1,
    options: ['no', 'yes'],
    async run([name = ''], parsed, world) {
      await confirmRole(name, parsed, world)
      const role = parsed.has('no') ? 'member' : 'admin'
      const skipped = await (
        await world.services.team()
      ).setRole(await openCurrentVault(world), name, role, () => undefined)
      await world.io.stdout.write(
        `${visible(name)} is ${role === 'admin' ? 'now an admin' : 'no longer an admin'}\n`
      )
      await reportSkipped(skipped, 'skipped', world.io)
    }
  },
  remove: {
    words: ['NAME'],
    required: 1,
    options: ['yes'],
    run: ([name = ''], parsed, world) => revokeAccess(world, name, { yes: parsed.has('yes') })
  },
  adopt: {
    words: ['NAME', 'REVISION'],
    required: 2,
    options: ['yes'],
    run: ([name = '', revision = ''], parsed, world) =>
      adopt(name, revision, { yes: parsed.has('yes') }, world)
  },
  list: { words: [], required: 0, options: ['json', 'output'], run: list },
  show: { words: ['NAME'], required: 1, options: ['json', 'output'], run: show }
}

/** An admin can remove every other member. Only a person at a terminal is asked. */
async function confirmRole(name: string, parsed: Parsed, world: World): Promise<void> {
  if (parsed.has('yes') || !canAsk(world.io)) return
  const question = parsed.has('no')
    ? `${visible(name)} will no longer be able to change members, keys and rights. Continue?`
    : `${visible(name)} will be able to change and remove every member, you included. Continue?`
  await confirm(world, question, { hint: 'pass --yes' })
}

async function adopt(name: string, revision: string, { yes }: { yes: boolean }, world: World): Promise<void> {
  const { io, services } = world
  const { adoptable, adoptVersions } = await services.adopt()
  const vault = await openCurrentVault(world)
  const { versions, skipped, commit } = await adoptable(vault, name, revision)
  for (const { path, why } of skipped)
    await io.stderr.write(`git-vault: skipped: ${visible(path)}: ${visible(why)}\n`)
  if (versions.length === 0) {
    const by = `that ${visible(name)} wrote in ${visible(revision)}`
    // a secret that was skipped may have some
    await io.stdout.write(
      skipped.length === 0
        ? `nothing to adopt: every version ${by} is already here\n`
        : `nothing to adopt yet: of what was not skipped, every version ${by} is already here\n`
    )
    return
  }
  const rows = versions.map(one => [
    one.secret,
    one.versionId,
    localTime(one.created),
    one.labels.length > 0 ? one.labels.join(', ') : 'without a label'
  ])
  await io.stderr.write(visibleRows(columns(rows)))
  if (!yes) await confirm(world, 'Store these versions in your own name?', { hint: 'pass --yes' })
  const left: Skipped[] = []
  const count = await adoptVersions(vault, name, commit, left)
  await reportSkipped(left, 'skipped', io)
  await io.stdout.write(`adopted ${count} ${count === 1 ? 'version' : 'versions'} by ${visible(name)}\n`)
}

async function list(_words: readonly string[], parsed: Parsed, world: World): Promise<void> {
  const { roster } = await world.services.roster()
  const { members } = await roster(await openCurrentVault(world))
  if (isJson(parsed)) {
    await world.io.stdout.write(visibleJson({ members }))
    return
  }
  const rows = members.map(one => [
    one.name,
    one.removed ? `removed ${localTime(one.removed)}` : one.admin ? 'admin' : 'member',
    one.rights.map(({ key, rights }) => `${key}: ${rights.join(', ')}`).join('; ')
  ])
  await world.io.stdout.write(visibleRows(table(rows)))
}

async function show([name = '']: readonly string[], parsed: Parsed, world: World): Promise<void> {
  const { roster } = await world.services.roster()
  const { members } = await roster(await openCurrentVault(world))
  const one = members.find(other => other.name === name)
  if (!one) throw new UsageError('input', `there is no member ${visible(name)}`)
  const text = isJson(parsed) ? visibleJson(one) : describeMember(one, world.io.stdout)
  await world.io.stdout.write(text)
}

function describeMember(
  { name, publicKey, words, admin, since, removed, rights }: ShownMember,
  output: Output
): string {
  const lines = [
    `${name}${admin ? ', an admin' : ''}`,
    `since        ${localTime(since)}`,
    ...(removed ? [`removed      ${localTime(removed)}`] : []),
    `public key   ${publicKey}`,
    ...fingerprintLine(words, output).split('\n'),
    ...rights.map(held => `rights       ${held.rights.join(', ')} on ${held.key} (${held.names.join(' ')})`)
  ]
  return visibleRows(lines)
}
