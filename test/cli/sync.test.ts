import { describe, expect, it } from 'vitest'
import type { Standing } from '../../src/app/clone.js'
import type { Synced, SyncOptions } from '../../src/app/sync/types.js'
import type { CommitReport } from '../../src/vault/verify/commitReport.js'
import { run, type Setting } from './world.js'

const none: Synced = {
  ...{
    upstream: 'origin/main',
    pushTo: 'origin/main',
    received: 0,
    incoming: [],
    joined: [],
    reapplied: [],
    conflicts: []
  },
  ...{ sent: 0, outgoing: [], isPushed: false, races: 0 }
}

const report = (more: Partial<CommitReport>): CommitReport => ({
  ...{ commit: 'c', parents: ['p'], time: new Date(0), author: 'x', operations: [], entries: [], removed: 0 },
  removedSecrets: { secrets: 0, names: [] },
  ...{ gained: [], lost: [], newAdmins: [], formerAdmins: [] },
  ...more
})
const operation = (member: string, name: string, ...names: string[]) => ({
  operations: [{ operation: name, member, secrets: names.length, names }]
})

describe('sync', () => {
  let received: SyncOptions
  const sync = (argv: string[], result: Partial<Synced> = {}, setting: Setting = {}) =>
    run(['sync', ...argv], {
      ...setting,
      services: {
        async sync(_vault, options) {
          received = options
          return { ...none, ...result }
        }
      }
    })

  it('passes its arguments on, and lets git ask only in a terminal', async () => {
    expect(await sync([])).toMatchObject({ code: 0, stdout: 'up to date with origin/main\n', stderr: '' })
    expect(received).toEqual({
      ...{ directory: '/work', remote: undefined, dryRun: false, push: true, acceptClock: false },
      dialogue: { mayAsk: false }
    })
    await sync(['fork', '--dry-run', '--no-push', '--accept-clock'], {}, { terminal: true })
    expect(received).toMatchObject({ remote: 'fork', dryRun: true, push: false, acceptClock: true })
    expect(received.dialogue).toEqual({ mayAsk: true, show: expect.any(Function) })
  })

  it('sums up what came by member and operation, and says who can read more or less', async () => {
    const incoming = [
      report(operation('bob', 'PutSecretValue', 'prod/db')),
      report(operation('bob', 'PutSecretValue', 'prod/db', 'prod/web\u001b[2J')),
      report({
        entries: [{ entry: '4', member: 'ana' }],
        gained: [{ member: 'carol', key: 'default', patterns: ['**'], secrets: 2, names: ['a', 'b'] }],
        newAdmins: ['bob']
      }),
      report({
        claim: { member: 'eve', operation: 'DeleteSecret', subject: 'prod/old' },
        removedSecrets: { secrets: 1, names: ['prod/old'] }
      }),
      report({ author: 'Eve', removedSecrets: { secrets: 2, names: ['a', 'b'] } })
    ]
    const { stdout } = await sync([], { received: 5, incoming, sent: 1, isPushed: true, races: 1 })
    expect(stdout).toBe(
      'received 5 commits from origin/main\n' +
        '  bob  PutSecretValue  prod/db, prod/web\\u001b[2J\n' +
        '  ana  access log  entry 4\n' +
        '  eve  DeleteSecret (unsigned)  prod/old\n' +
        '  Eve  removed (unsigned)  a, b\n' +
        '  carol can now decrypt under key default (**), 2 secrets: a, b\n' +
        '  bob is now an admin\n' +
        'pushed 1 commit to origin/main\n' +
        'others pushed meanwhile, so this was done once more\n'
    )
  })

  it('says what it joined, and what it did not push', async () => {
    const joined = [{ name: 'prod/db', decided: ['AWSCURRENT: version 1 from here'] }]
    expect((await sync([], { received: 1, joined, sent: 2 })).stdout).toBe(
      'received 1 commit from origin/main\njoined prod/db\n  AWSCURRENT: version 1 from here\n2 commits not pushed to origin/main\n'
    )
    const outgoing = [report(operation('ana', 'PutSecretValue', 'a'))]
    expect((await sync(['--dry-run'], { received: 1, joined, sent: 1, outgoing })).stdout).toBe(
      'would receive 1 commit from origin/main\nwould join prod/db\n  AWSCURRENT: version 1 from here\n' +
        'would push 1 commit to origin/main\n  ana  PutSecretValue  a\n'
    )
  })

  it('limits its lines', async () => {
    const incoming = Array.from({ length: 25 }, (_, at) => report(operation(`m${at}`, 'PutSecretValue', 'a')))
    const lines = (await sync([], { received: 25, incoming })).stdout.split('\n')
    expect(lines).toHaveLength(23)
    expect(lines[21]).toBe('  and 5 more')
  })

  it('lists conflicts, and fails', async () => {
    const conflicts = [
      { name: 'a', path: 'vault/secrets/a/stages.yaml', reason: 'a: each side has created it', hint: 'git x' }
    ]
    expect(await sync([], { conflicts })).toMatchObject({
      code: 255,
      stdout: '',
      stderr:
        '  a: each side has created it\n' +
        'git-vault: 1 conflict with origin/main; nothing was changed\n' +
        'git-vault: hint: git x\n'
    })
  })

  it('takes one remote', async () => {
    expect(await sync(['a', 'b'])).toMatchObject({ code: 252 })
  })
})

describe('clone', () => {
  const root = '4f3c'
  const bob: Standing = { is: 'member', name: 'bob', isAdmin: false, keys: ['default'] }
  const clone = (argv: string[], standing: Standing = bob, setting: Setting = {}, calls: unknown[] = []) =>
    run(['clone', ...argv], {
      ...setting,
      services: {
        open: async () => ({ carriedRoot: async () => undefined }) as never,
        async clone({ url, folder }) {
          calls.push(['clone', url, folder])
          return '/clones/x y'
        },
        async inspectRoot() {
          return { root, words: 'some words', trusted: false, relation: 'foreign' }
        },
        async trust(...args) {
          calls.push(['trust', ...args])
        },
        async acceptInvitation(...args) {
          calls.push(['accept', ...args])
          return { root, words: 'some words' }
        },
        standing: async () => standing
      }
    })

  it('trusts the root of an invitation, or the one that is given', async () => {
    const calls: unknown[] = []
    const expected = 'cloned into /clones/x y\nthis clone now trusts the root 4f3c\n  some words\n'
    expect(await clone(['URL', 'DIR', '--invitation', 'gvinv1_x'], bob, {}, calls)).toMatchObject({
      code: 0,
      stdout: `${expected}you are bob, with rights on: default\n`
    })
    expect(
      await clone(['URL', '--root', root], { ...bob, isAdmin: true, keys: [] }, {}, calls)
    ).toMatchObject({
      stdout: `${expected}you are bob, an admin, with no rights on any key\n`
    })
    expect(calls).toEqual([
      ['clone', 'URL', 'DIR'],
      ['accept', '/clones/x y', 'gvinv1_x'],
      ['clone', 'URL', undefined],
      ['trust', '/clones/x y', root]
    ])
    expect(await clone(['URL', '--root', 'other'])).toMatchObject({ code: 252 })
    expect(await clone(['URL', '--root', root, '--invitation', 'gvinv1_x'])).toMatchObject({ code: 252 })
    expect(await clone([])).toMatchObject({ code: 252 })
  })

  it('asks at a terminal, and says what to do without one', async () => {
    const asked = await clone(['URL'], { is: 'stranger' }, { terminal: true, answers: [true] })
    expect(asked.questions).toHaveLength(1)
    expect(asked.stdout).toContain('you are not a member yet')
    expect(await clone(['URL'])).toMatchObject({
      code: 0,
      stdout: 'cloned into /clones/x y\n',
      stderr:
        'git-vault: this clone does not trust this vault yet; its fingerprint: some words\n' +
        "git-vault: hint: compare the fingerprint with somebody who uses the vault, then run: git-vault -C '/clones/x y' trust --root 4f3c\n"
    })
  })

  it('says that there is no identity', async () => {
    const { stdout } = await clone(['URL', '--root', root], { is: 'without identity' })
    expect(stdout).toContain('you have no identity yet: git-vault identity new')
  })
})
