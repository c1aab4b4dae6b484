import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { clone, standing } from '../../src/app/clone.js'
import { mergeSetup } from '../../src/app/mergeSetup.js'
import { open } from '../../src/app/open.js'
import { acceptInvitation, trust } from '../../src/app/trust.js'
import { formatInvitation } from '../../src/core/access/invitation.js'
import { failure, scratch } from '../vault/fixture.js'
import { admit, newPerson, type Person } from '../vault/people.js'
import { anotherHubAndVault, hubAndVault, syncOf } from './sync/kit.js'

const dialogue = { mayAsk: false }

const standingOf = async (directory: string, person: Person) => {
  process.env['GIT_VAULT_IDENTITY'] = person.secret
  try {
    return await standing(await open({ directory }))
  } finally {
    delete process.env['GIT_VAULT_IDENTITY']
  }
}

describe('clone', () => {
  it('clones, makes git merge with git-vault, and knows who the user is', async () => {
    const { hub, ana } = await hubAndVault()
    const bob = await admit(ana, 'bob', { default: 'decrypt encrypt' })
    await syncOf(ana)
    const from = scratch('from')
    const made = await clone({ from, url: hub, dialogue })
    expect(made).toBe(join(from, 'hub'))
    expect(await mergeSetup(made)).not.toBe('missing')
    expect((await failure(open({ directory: made }).then(vault => vault.read()))).code).toBe('RootUnknown')
    await trust(made, ana.made.root)
    expect(await standing(await open({ directory: made }))).toEqual({
      ...{ is: 'member', name: 'alice', isAdmin: true, keys: ['default'] }
    })
    expect(await standingOf(made, bob)).toEqual({
      is: 'member',
      name: 'bob',
      isAdmin: false,
      keys: ['default']
    })
    expect(await standingOf(made, await newPerson('carol'))).toEqual({ is: 'stranger' })
  })

  it('says that there is no identity', async () => {
    const { hub, ana } = await hubAndVault()
    const made = await clone({ from: scratch('from'), url: hub, folder: 'work', dialogue })
    await trust(made, ana.made.root)
    process.env['GIT_VAULT_IDENTITY_FILE'] = '/nowhere'
    try {
      expect(await standing(await open({ directory: made }))).toEqual({ is: 'without identity' })
    } finally {
      delete process.env['GIT_VAULT_IDENTITY_FILE']
    }
  })

  it('can then take an invitation, which refuses another vault', async () => {
    const { hub, ana } = await hubAndVault()
    const { access } = await (await ana.internal()).read()
    const at = { root: access.vaultId, entry: access.entries.length, head: access.entries.at(-1) ?? '' }
    const made = await clone({ from: scratch('from'), url: hub, folder: 'work', dialogue })
    expect(await acceptInvitation(made, formatInvitation(at))).toMatchObject({ root: ana.made.root })
    const other = await anotherHubAndVault()
    const second = await clone({ from: scratch('from'), url: other.hub, folder: 'work', dialogue })
    expect((await failure(acceptInvitation(second, formatInvitation(at)))).message).toMatch(
      /is for another vault$/
    )
  })

  it('of a repository without a vault leaves the clone, and says so', async () => {
    const hub = join(scratch('hub'), 'plain')
    execFileSync('git', ['init', '-q', hub])
    fs.writeFileSync(join(hub, 'code'), 'x')
    execFileSync('git', ['add', '.'], { cwd: hub })
    execFileSync('git', ['commit', '-qm', 'code'], { cwd: hub })
    const from = scratch('from')
    expect(await failure(clone({ from, url: hub, dialogue }))).toEqual({
      code: 'VaultNotFound',
      message: `cloned into ${join(from, 'plain')}, but the branch main has no vault`
    })
    expect(fs.existsSync(join(from, 'plain/code'))).toBe(true)
  })

  it('refuses a folder that is not empty, and a URL that is an option', async () => {
    const { hub } = await hubAndVault()
    const from = scratch('from')
    fs.mkdirSync(join(from, 'hub'))
    fs.writeFileSync(join(from, 'hub/x'), '')
    expect(await failure(clone({ from, url: hub, dialogue }))).toEqual({
      code: 'RepositoryState',
      message: 'the folder hub exists and is not empty'
    })
    expect(await failure(clone({ from, url: '--upload-pack=touch x', folder: 'y', dialogue }))).toMatchObject(
      {
        code: 'RemoteFailed'
      }
    )
    expect(fs.readdirSync(from)).toEqual(['hub'])
    const gone = await failure(clone({ from, url: 'https://user:secret@127.0.0.1:1/x.git', dialogue }))
    expect(gone.message).toMatch(/^cannot clone https:\/\/127\.0\.0\.1:1\/x\.git: unable to access /)
    expect(gone.message).not.toContain('secret')
  })
})
