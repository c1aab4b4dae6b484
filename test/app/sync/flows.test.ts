import { describe, expect, it } from 'vitest'
import { failure, token } from '../../vault/fixture.js'
import { admit } from '../../vault/people.js'
import { cloneHub, hubAndVault, hubWithFile, problems, put, syncOf, tree, value } from './kit.js'

describe('sync', () => {
  it('pushes a branch that the remote does not have yet, and then has nothing to do', async () => {
    const { hub, ana } = await hubAndVault()
    expect(ana.git('ls-remote', hub, 'refs/heads/main')).toContain(ana.head())
    expect(await syncOf(ana)).toMatchObject({
      upstream: 'origin/main',
      received: 0,
      sent: 0,
      isPushed: false
    })
    ana.expectClean()
  })

  it('moves forward to what came, and says who did what', async () => {
    const { hub, ana } = await hubAndVault()
    const bob = await cloneHub(hub, ana)
    await put(ana, 'db', 'two')
    expect(await syncOf(ana)).toMatchObject({ received: 0, sent: 1, isPushed: true, races: 0 })
    const came = await syncOf(bob)
    expect(came).toMatchObject({ received: 1, sent: 0, isPushed: false, joined: [], conflicts: [] })
    expect(came.incoming.map(({ operations }) => operations)).toEqual([
      [{ operation: 'PutSecretValue', member: 'alice', secrets: 1, names: ['db'] }]
    ])
    expect(bob.head()).toBe(ana.head())
    expect(await value(bob, 'db')).toBe('two')
    bob.expectClean()
    expect(bob.notices).toEqual([])
  })

  it('joins two puts to one secret, whoever syncs first, and all clones end equal', async () => {
    const { hub, ana } = await hubAndVault()
    const start = ana.head()
    const bob = await cloneHub(hub, ana)
    const one = await put(ana, 'db', 'by ana')
    const two = await put(bob, 'db', 'by bob')
    await put(bob, 'db', 'by bob again')
    await syncOf(ana)
    const joined = await syncOf(bob)
    expect(joined).toMatchObject({ received: 1, sent: 3, isPushed: true, conflicts: [] })
    expect(joined.joined.map(({ name }) => name)).toEqual(['db'])
    expect(await syncOf(ana)).toMatchObject({ received: 3, sent: 0 })
    expect(ana.head()).toBe(bob.head())
    for (const box of [ana, bob]) {
      expect(await value(box, 'db')).toBe('by bob again')
      expect(await value(box, 'db', one)).toBe('by ana')
      expect(await value(box, 'db', two)).toBe('by bob')
      expect(await problems(box, start)).toEqual([])
      box.expectClean()
      expect(box.notices).toEqual([])
    }
    expect(bob.git('log', '-1', '--format=%P').trim().split(' ')).toHaveLength(2)
    expect(bob.git('log', '-1', '--format=%B')).toMatch(
      /^Merge origin\/main\n\nSecret-Arn: arn:aws:[\w:]*:secret:db-\w{6}\nMember: alice\n\n$/
    )
  })

  it('merges puts to different secrets without a signature, and asks for no identity', async () => {
    const { hub, ana } = await hubAndVault()
    const start = ana.head()
    const bob = await cloneHub(hub, ana)
    await put(ana, 'db', 'two')
    await put(bob, 'web', 'two')
    await syncOf(ana)
    process.env['GIT_VAULT_IDENTITY_FILE'] = '/nowhere'
    try {
      expect(await syncOf(bob)).toMatchObject({ received: 1, sent: 2, joined: [], isPushed: true })
    } finally {
      delete process.env['GIT_VAULT_IDENTITY_FILE']
    }
    expect([await value(bob, 'db'), await value(bob, 'web')]).toEqual(['two', 'two'])
    expect(bob.git('log', '-1', '--format=%B').trim()).toBe('Merge origin/main')
    expect(await problems(bob, start)).toEqual([])
  })

  it('takes a member who was added there, and keeps a put from here', async () => {
    const { hub, ana } = await hubAndVault()
    const bob = await cloneHub(hub, ana)
    const carol = await admit(ana, 'carol', { default: 'decrypt encrypt' })
    await syncOf(ana)
    await put(bob, 'db', 'two')
    const synced = await syncOf(bob)
    expect(synced).toMatchObject({ received: 1, isPushed: true })
    expect(synced.incoming.flatMap(({ gained }) => gained.map(({ member }) => member))).toEqual(['carol'])
    await syncOf(ana)
    expect(tree(ana)).toBe(tree(bob))
    const { SecretString } = (await carol.call(bob, 'GetSecretValue', { SecretId: 'db' })) as {
      SecretString: string
    }
    expect(SecretString).toBe('two')
  })

  it('lets a member without manage join their own put with another', async () => {
    const { hub, ana } = await hubAndVault()
    const carol = await admit(ana, 'carol', { default: 'decrypt encrypt' })
    await syncOf(ana)
    const start = ana.head()
    const bob = await cloneHub(hub, ana)
    await put(ana, 'db', 'by ana')
    await syncOf(ana)
    bob.clock.advance(5000)
    await carol.call(bob, 'PutSecretValue', {
      SecretId: 'db',
      SecretString: 'by carol',
      ClientRequestToken: token('carol')
    })
    expect(await syncOf(bob, {}, carol)).toMatchObject({ isPushed: true, joined: [{ name: 'db' }] })
    await syncOf(ana)
    expect(await value(ana, 'db')).toBe('by carol')
    expect(await problems(ana, start)).toEqual([])
  })

  it('takes a vault that was made there, into a branch from before it', async () => {
    const { hub, ana } = await hubAndVault()
    const bob = await cloneHub(hub, ana)
    const empty = bob.git('hash-object', '-w', '-t', 'tree', '/dev/null').trim()
    const before = bob.git('commit-tree', '-m', 'before', empty).trim()
    bob.git('push', '-q', 'origin', `${before}:refs/heads/next`)
    for (const box of [ana, bob]) {
      box.git('fetch', '-q')
      box.git('checkout', '-q', '-b', 'next', 'origin/next')
    }
    ana.git('merge', '-q', '--allow-unrelated-histories', '-m', 'with the vault', 'main')
    await syncOf(ana)
    await syncOf(bob)
    expect(bob.head()).toBe(ana.head())
    await bob.reopen()
    expect(await value(bob, 'db')).toBe('db one')
  })

  it('merges files outside the vault as git does', async () => {
    const { ana, bob } = await hubWithFile('code/a', 'one\ntwo\nthree\nfour\nfive\n')
    ana.write('code/a', 'ONE\ntwo\nthree\nfour\nfive\n')
    ana.git('commit', '-qam', 'first line')
    await put(ana, 'db', 'two')
    await syncOf(ana)
    bob.write('code/a', 'one\ntwo\nthree\nfour\nFIVE\n')
    bob.write('code/b', 'new\n')
    bob.git('add', '.')
    bob.git('commit', '-qm', 'last line')
    await put(bob, 'db', 'three')
    expect(await syncOf(bob)).toMatchObject({ received: 2, sent: 3, isPushed: true })
    expect(bob.read('code/a')).toBe('ONE\ntwo\nthree\nfour\nFIVE\n')
    bob.expectClean()
  })

  it('rehearses with --dry-run, and changes nothing', async () => {
    const { hub, ana } = await hubAndVault()
    const bob = await cloneHub(hub, ana)
    await put(ana, 'db', 'two')
    await put(ana, 'web', 'two')
    await syncOf(ana)
    await put(bob, 'db', 'three')
    const before = bob.state()
    const rehearsed = await syncOf(bob, { dryRun: true })
    expect(rehearsed).toMatchObject({
      received: 2,
      sent: 1,
      isPushed: false,
      joined: [{ name: 'db' }],
      conflicts: []
    })
    expect(rehearsed.incoming.flatMap(({ operations }) => operations.flatMap(({ names }) => names))).toEqual([
      'db',
      'web'
    ])
    expect(rehearsed.outgoing).toHaveLength(1)
    expect(bob.state()).toBe(before)
    expect(ana.git('ls-remote', hub, 'refs/heads/main')).toContain(ana.head())
    expect(bob.notices).toEqual([])
    // what it does then is what it said
    expect(await syncOf(bob)).toMatchObject({ received: 2, sent: 2, isPushed: true })
  })

  it('keeps commits here with --no-push', async () => {
    const { hub, ana } = await hubAndVault()
    const bob = await cloneHub(hub, ana)
    await put(ana, 'db', 'two')
    await syncOf(ana)
    await put(bob, 'web', 'two')
    expect(await syncOf(bob, { push: false })).toMatchObject({ received: 1, sent: 2, isPushed: false })
    expect(await value(bob, 'db')).toBe('two')
    expect(ana.git('ls-remote', hub, 'refs/heads/main')).toContain(ana.head())
  })

  it('pushes again what somebody has removed from the remote’s branch', async () => {
    const { hub, ana } = await hubAndVault()
    const bob = await cloneHub(hub, ana)
    await put(ana, 'db', 'two')
    await syncOf(ana)
    await syncOf(bob)
    ana.git('push', '-q', '-f', 'origin', 'HEAD~1:refs/heads/main')
    expect(await syncOf(bob)).toMatchObject({ received: 0, sent: 1, isPushed: true })
    expect(bob.git('ls-remote', hub, 'refs/heads/main')).toContain(bob.head())
  })

  it('remembers what it has seen: the pin, and the state of each secret that came', async () => {
    const { hub, ana } = await hubAndVault()
    const bob = await cloneHub(hub, ana)
    const before = bob.head()
    await put(ana, 'db', 'two')
    await syncOf(ana)
    await syncOf(bob)
    bob.git('reset', '-q', '--hard', before)
    expect(await failure(value(bob, 'db'))).toMatchObject({
      code: 'DocumentRefused',
      message: 'vault/secrets/db/stages.yaml: an older state of db than this clone has seen on this branch'
    })
    bob.git('reset', '-q', '--hard', 'origin/main')
    await admit(ana, 'carol', { default: 'decrypt' })
    await syncOf(ana)
    await syncOf(bob)
    bob.git('reset', '-q', '--hard', before)
    expect((await failure(put(bob, 'web', 'x'))).message).toMatch(/lacks entries of the access log/)
  })
})
