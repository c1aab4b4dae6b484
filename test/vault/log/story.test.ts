import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { describe, expect, it } from 'vitest'
import { call } from '../../../src/operations/call.js'
import { addMember, removeMember } from '../../../src/vault/team/team.js'
import { log, type LogEntry, type LogOptions } from '../../../src/vault/log/log.js'
import { cloneOf, failure, makeVault, scratch, token, type TestVault } from '../fixture.js'
import { newPerson, rights } from '../people.js'

async function entries(box: TestVault, options: LogOptions = {}): Promise<LogEntry[]> {
  const vault = await box.internal()
  const found: LogEntry[] = []
  for await (const entry of log(vault, options)) found.push(entry)
  await vault.close()
  return found
}

/** One line for each entry: operation, version's name, and whether it is unsigned. */
async function story(box: TestVault, secretId?: string): Promise<string[]> {
  const found = await entries(box, secretId === undefined ? {} : { secretId })
  return found.map(({ operation, versionId, signed }) =>
    [operation, versionId?.replace(/-+$/, '') ?? '', signed ? '' : '(unsigned)']
      .filter(part => part !== '')
      .join(' ')
  )
}

const create = (box: TestVault, Name: string, name: string) =>
  box.api.createSecret({ Name, SecretString: name, ClientRequestToken: token(name) })
const put = (box: TestVault, SecretId: string, name: string) => {
  box.clock.advance(1000)
  return box.api.putSecretValue({ SecretId, SecretString: name, ClientRequestToken: token(name) })
}
const destroy = (box: TestVault, SecretId: string) =>
  box.api.deleteSecret({ SecretId, ForceDeleteWithoutRecovery: true })

/** Merges by plumbing: the tree is that of one side, or of both if a path is given for each. */
function merge(box: TestVault, other: string, tree: string): void {
  const commit = box
    .git('commit-tree', `${tree}^{tree}`, '-p', 'HEAD', '-p', other, '-m', 'Merge by hand')
    .trim()
  box.git('reset', '-q', '--hard', commit)
}

describe('the log of a secret', () => {
  it('goes on after it was removed and created again, under the name that it had', async () => {
    const box = await makeVault()
    const { ARN: first } = await create(box, 'a', 'one')
    await put(box, 'a', 'two')
    await create(box, 'a/b', 'nested')
    await destroy(box, 'a')
    expect(await story(box, 'a')).toEqual([
      'DeleteSecret (unsigned)',
      'PutSecretValue two',
      'CreateSecret one'
    ])
    box.clock.advance(1000)
    const { ARN: second } = await create(box, 'a', 'three')
    const all = ['CreateSecret three', 'DeleteSecret (unsigned)', 'PutSecretValue two', 'CreateSecret one']
    expect(await story(box, 'a')).toEqual(all)
    expect(await story(box, first)).toEqual(all.slice(1))
    expect(await story(box, second)).toEqual(all.slice(0, 1))
    expect((await entries(box, { secretId: 'a' }))[1]).toMatchObject({ arns: [first], member: 'alice' })
    expect(await story(box, 'a/b')).toEqual(['CreateSecret nested'])
    expect(await failure(entries(box, { secretId: 'none' }))).toEqual({
      code: 'ResourceNotFoundException',
      message: "Secrets Manager can't find the specified secret."
    })
  })

  it('has each write on both sides of a merge once, and no line for the merge', async () => {
    const box = await makeVault()
    await create(box, 'a', 'one')
    box.git('checkout', '-q', '-b', 'side')
    await put(box, 'a', 'side')
    box.git('checkout', '-q', 'main')
    await create(box, 'b', 'other')
    box.git('merge', '-q', '--no-edit', 'side')
    box.git('branch', '-m', 'main', 'renamed')
    const expected = ['PutSecretValue side', 'CreateSecret one']
    expect(await story(box, 'a')).toEqual(expected)
    expect(await story(box)).toEqual(
      expect.arrayContaining([...expected, 'CreateSecret other', 'CreateVault'])
    )
    expect(await story(box)).toHaveLength(4)
  })

  it('has the writes of a side that a merge dropped', async () => {
    const box = await makeVault()
    await create(box, 'a', 'one')
    box.git('branch', 'side')
    await put(box, 'a', 'main')
    box.git('checkout', '-q', 'side')
    await put(box, 'a', 'side')
    merge(box, 'main', 'HEAD')
    expect((await story(box, 'a')).sort()).toEqual([
      'CreateSecret one',
      'PutSecretValue main',
      'PutSecretValue side'
    ])
  })

  it('marks a merge by hand whose documents nobody signed', async () => {
    const box = await makeVault()
    await create(box, 'a', 'one')
    box.git('branch', 'side')
    await put(box, 'a', 'main')
    const path = 'vault/secrets/a/stages.yaml'
    box.git('checkout', '-q', 'side')
    await put(box, 'a', 'side')
    box.tryGit('merge', '-q', 'main')
    box.write(path, box.git('show', `side:${path}`).replace(/moved: 2027/, 'moved: 2026'))
    box.git('add', '-A')
    box.git('commit', '-q', '-m', 'merge by hand')
    expect((await story(box, 'a'))[0]).toBe('merge by hand (unsigned)')
  })

  it('shows a revert as its message, and the revert of the revert too', async () => {
    const box = await makeVault()
    await create(box, 'a', 'one')
    await put(box, 'a', 'two')
    box.git('revert', '--no-edit', 'HEAD')
    box.git('revert', '--no-edit', 'HEAD')
    const [again, back, ...rest] = await story(box, 'a')
    expect(again).toMatch(/^(?:Revert "Revert|Reapply) .*\(unsigned\)$/)
    expect(back).toBe('Revert "PutSecretValue a" (unsigned)')
    expect(rest).toEqual(['PutSecretValue two', 'CreateSecret one'])
    expect(await story(box)).toEqual([again, back, ...rest, 'CreateVault'])
  })

  it('shows the revert of a removal as its message', async () => {
    const box = await makeVault()
    await create(box, 'a', 'one')
    await destroy(box, 'a')
    box.git('revert', '--no-edit', 'HEAD')
    expect(await story(box, 'a')).toEqual([
      'Revert "DeleteSecret a" (unsigned)',
      'DeleteSecret (unsigned)',
      'CreateSecret one'
    ])
  })

  it('has every put of commits that were squashed, after a removal too', async () => {
    const box = await makeVault()
    box.git('checkout', '-q', '-b', 'side')
    await create(box, 'a', 'one')
    await put(box, 'a', 'two')
    await put(box, 'a', 'three')
    await create(box, 'b', 'b')
    box.git('checkout', '-q', 'main')
    box.git('merge', '-q', '--squash', 'side')
    box.git('commit', '-q', '-m', 'Update secrets (#7)')
    const puts = ['PutSecretValue three', 'PutSecretValue two', 'CreateSecret one']
    expect(await story(box, 'a')).toEqual(puts)
    expect((await story(box)).sort()).toEqual([...puts, 'CreateSecret b', 'CreateVault'].sort())
    box.git('rm', '-q', '-r', 'vault/secrets/b')
    box.git('commit', '-q', '-m', 'Remove by hand')
    expect(await story(box, 'b')).toEqual(['Remove by hand (unsigned)', 'CreateSecret b'])
  })

  it('has a commit once that was picked into another branch, if both are merged', async () => {
    const box = await makeVault()
    await create(box, 'a', 'one')
    box.git('branch', 'side')
    await put(box, 'a', 'two')
    box.git('checkout', '-q', 'side')
    box.git('commit', '-q', '--allow-empty', '-m', 'code')
    box.git('cherry-pick', 'main')
    box.git('merge', '-q', '--no-edit', 'main')
    expect(await story(box, 'a')).toEqual(['PutSecretValue two', 'CreateSecret one'])
    expect(await story(box)).toHaveLength(3)
  })

  it('does not take an old state for a write, whatever the message claims', async () => {
    const box = await makeVault()
    await create(box, 'a', 'one')
    const old = scratch()
    fs.cpSync(box.path('vault/secrets/a'), old, { recursive: true })
    const message = box.git('log', '-1', '--format=%B')
    await put(box, 'a', 'two')
    fs.rmSync(box.path('vault/secrets/a'), { recursive: true })
    fs.cpSync(old, box.path('vault/secrets/a'), { recursive: true })
    box.git('add', '-A')
    box.git('commit', '-q', '-m', message)
    expect(await story(box, 'a')).toEqual([
      'CreateSecret one (unsigned)',
      'PutSecretValue two',
      'CreateSecret one'
    ])
  })

  it('adds what a message claims to what was signed', async () => {
    const box = await makeVault()
    await create(box, 'a', 'one')
    await put(box, 'a', 'two')
    const said = 'DeleteSecret \u001b[31ma\nMember: bob\n\nMember: mallory\u202e'
    box.git('commit', '-q', '--amend', '-m', said)
    const found = await entries(box, { secretId: 'a' })
    expect(found.slice(0, 2)).toMatchObject([
      { operation: 'PutSecretValue', member: 'alice', signed: true },
      { operation: 'DeleteSecret', member: 'mallory\u202e', signed: false }
    ])
    expect(found).toHaveLength(3)
  })
})

describe('the log of the vault', () => {
  it('has one entry for an operation that signs many secrets again, and what it was signed for', async () => {
    const box = await makeVault()
    await create(box, 'a', 'one')
    await create(box, 'b', 'b')
    const bob = await newPerson('bob')
    const { publicKey } = bob
    await addMember(await box.internal(), {
      name: 'bob',
      publicKey,
      admin: false,
      rights: rights({ default: 'decrypt encrypt manage' })
    })
    for (const SecretId of ['a', 'b'])
      await bob.call(box, 'PutSecretValue', {
        SecretId,
        SecretString: 'x',
        ClientRequestToken: token(`${SecretId}2`)
      })
    await removeMember(await box.internal(), 'bob', () => undefined)
    expect(await story(box)).toEqual([
      'RemoveMember bob',
      'PutSecretValue b2',
      'PutSecretValue a2',
      'AddMember bob',
      'CreateSecret b',
      'CreateSecret one',
      'CreateVault'
    ])
    const again = (await story(box, 'a'))[0]
    expect(again).toBe('RemoveMember')
    expect(await entries(box, { limit: 2 })).toHaveLength(2)
  })

  it('has one entry for an operation on two secrets', async () => {
    const box = await makeVault()
    await create(box, 'a', 'one')
    const { ARN } = await box.api.replicateSecretToRegions({
      SecretId: 'a',
      AddReplicaRegions: [{ Region: 'eu-west-1' }]
    })
    const replica = (await box.internal()).inRegion('eu-west-1')
    await call(replica, 'StopReplicationToReplica', { SecretId: 'a' })
    expect(await story(box)).toEqual([
      'StopReplicationToReplica',
      'ReplicateSecretToRegions',
      'CreateSecret one',
      'CreateVault'
    ])
    const [newest] = await entries(box)
    expect([...newest!.arns].sort()).toEqual([ARN!.replace(':local:', ':eu-west-1:'), ARN])
  })

  it('stops at the boundary of a shallow clone, and says so', async () => {
    const box = await makeVault()
    await create(box, 'a', 'one')
    await put(box, 'a', 'two')
    const clone = await cloneOf(box, '--depth=2', '--no-local')
    fs.cpSync(box.path('.git/git-vault'), clone.path('.git/git-vault'), { recursive: true })
    expect(await story(clone, 'a')).toEqual(['PutSecretValue two'])
    expect(clone.notices).toEqual([
      expect.stringMatching(/^this clone is shallow: .* [0-9a-f]{40} is not shown$/)
    ])
  })

  it('reads few objects for a name, however long the history', async () => {
    const box = await makeVault()
    await create(box, 'a', 'one')
    await put(box, 'a', 'two')
    for (let number = 0; number < 5; number++) await create(box, `other${number}`, `o${number}`)
    const vault = await box.internal()
    const read: string[] = []
    const { repository } = vault
    const blob = repository.blob.bind(repository)
    repository.blob = async (id, limit) => {
      read.push(id)
      return blob(id, limit)
    }
    for await (const entry of log(vault, { secretId: 'a' })) expect(entry.secret).toBe('a')
    await vault.close()
    // stages.yaml of the put; secret.yaml and stages.yaml of the creation
    expect(read).toHaveLength(3)
  })

  it('ends git when the reader stops', async () => {
    const box = await makeVault()
    for (let number = 0; number < 3; number++) await create(box, `s${number}`, `s${number}`)
    const vault = await box.internal()
    for await (const entry of log(vault, {})) {
      expect(entry.secret).toBe('s2')
      break
    }
    await vault.close()
    const children = execFileSync('ps', ['-o', 'args=', '--ppid', String(process.pid)], { encoding: 'utf8' })
    expect(children).not.toContain(' log ')
  })
})
