import * as fs from 'node:fs'
import { describe, expect, it } from 'vitest'
import { failure, listStrictly, makeVault, token } from '../fixture.js'
import { FOLDER, forgeSecret, forgeStages, NAME, SECRET, STAGES, version } from './forge.js'
import {
  after,
  carol,
  copy,
  expectRefused,
  expectUnharmed,
  faces,
  pull,
  restore,
  scene,
  stranger
} from './kit.js'

describe('an attacker who can push but has no identity', () => {
  it('does nothing: the scene can be read and written', async () => {
    await expectUnharmed(await after(() => undefined))
  })

  it('commits an old stages.yaml on top', async () => {
    const victim = await after(attacker => restore(attacker, 'mine', STAGES))
    await expectRefused(victim, STAGES, /an older state of prod\/db/)
  })

  it('commits an old secret.yaml on top', async () => {
    const victim = await after(attacker => restore(attacker, 'two', SECRET))
    await expectRefused(victim, SECRET, /an older state of prod\/db/)
  })

  it('restores the whole folder of a secret', async () => {
    const victim = await after(attacker => restore(attacker, 'two', FOLDER))
    await expectRefused(victim, FOLDER, /an older state of prod\/db/)
  })

  it('restores the whole vault with its access log', async () => {
    const victim = await after(attacker => restore(attacker, 'eve', 'vault'))
    const reads = ['get', 'describe', 'list', 'versions'] as const
    await expectRefused(victim, 'vault/secrets/prod/', /older state|who may not sign it/, reads)
    expect(await failure(faces.put(victim.api))).toEqual({
      code: 'RepositoryState',
      message: 'this branch lacks entries of the access log that this clone has verified'
    })
  })

  it('reverts a put by git revert', async () => {
    const victim = await after(attacker => attacker.git('revert', '--no-edit', 'HEAD~3'))
    await expectRefused(victim, STAGES, /an older state of prod\/db/)
  })

  it('resets the branch, and the victim follows', async () => {
    const { victim } = await scene()
    victim.git('reset', '-q', '--hard', 'HEAD~4')
    await expectRefused(victim, 'vault/secrets/prod/', /an older state of prod\/(db|other)/)
  })

  it('restores the files of a secret that the victim has deleted', async () => {
    const both = await scene()
    const { victim, attacker } = both
    await victim.api.deleteSecret({ SecretId: NAME, ForceDeleteWithoutRecovery: true })
    attacker.git('pull', '-q', '--ff-only', victim.root, 'main')
    restore(attacker, 'three', FOLDER)
    pull(both)
    await expectRefused(victim, FOLDER, /an older state of prod\/db/)
  })

  it('restores them over a new secret of the same name', async () => {
    const both = await scene()
    const { victim, attacker } = both
    await victim.api.deleteSecret({ SecretId: NAME, ForceDeleteWithoutRecovery: true })
    victim.clock.advance(1000)
    await victim.api.createSecret({ Name: NAME, SecretString: 'again' })
    attacker.git('pull', '-q', '--ff-only', victim.root, 'main')
    fs.rmSync(attacker.path(FOLDER), { recursive: true })
    restore(attacker, 'three', FOLDER)
    pull(both)
    await expectRefused(victim, FOLDER, /an older state of prod\/db/)
  })

  it('cancels a scheduled deletion', async () => {
    const both = await scene()
    const { victim, attacker } = both
    await victim.api.deleteSecret({ SecretId: NAME })
    attacker.git('pull', '-q', '--ff-only', victim.root, 'main')
    restore(attacker, 'three', SECRET)
    pull(both)
    await expectRefused(victim, SECRET, /an older state of prod\/db/)
  })

  it('removes stages.yaml, or secret.yaml, or the newest version', async () => {
    for (const path of [STAGES, SECRET])
      await expectRefused(await after(attacker => attacker.git('rm', '-q', path)), path, /missing/)
    const path = version('three')
    const victim = await after(attacker => attacker.git('rm', '-q', path))
    await expectRefused(victim, path, /missing, though stages.yaml lists it/, ['get', 'put'])
  })
})

describe('another document with an equal serial', () => {
  const serial = async (which: 'secret' | 'stages') => {
    const { victim } = await scene()
    const text = victim.read(which === 'secret' ? SECRET : STAGES)
    return /serial: "(\d+)"/.exec(text)![1]!
  }

  it('stages.yaml, by a member who may write it', async () => {
    const equal = { serial: await serial('stages') }
    const victim = await after(attacker =>
      forgeStages(attacker, carol, stages => (stages.removed = { green: stages.signed.change.time }), equal)
    )
    await expectRefused(victim, STAGES, /a state of prod\/db that contradicts one/)
  })

  it('secret.yaml, by a member who may write it', async () => {
    const equal = { serial: await serial('secret') }
    const victim = await after(attacker =>
      forgeSecret(attacker, carol, secret => (secret.description!.value = 'another'), equal)
    )
    await expectRefused(victim, SECRET, /a state of prod\/db that contradicts one/)
  })

  it('or a lower serial, by a member who may write it', async () => {
    const victim = await after(attacker => forgeStages(attacker, carol, () => undefined, { serial: '1' }))
    await expectRefused(victim, STAGES, /an older state of prod\/db/)
  })
})

describe('files copied', () => {
  const other = 'vault/secrets/prod/other'

  it.each(['secret.yaml', 'stages.yaml'])('%s from another secret', async file => {
    const path = `${FOLDER}/${file}`
    const victim = await after(attacker => copy(attacker, `${other}/${file}`, path))
    await expectRefused(victim, path, /belongs to/)
  })

  it('all of another secret’s', async () => {
    const victim = await after(attacker => {
      attacker.git('rm', '-rq', FOLDER)
      fs.cpSync(attacker.path(other), attacker.path(FOLDER), { recursive: true })
    })
    await expectRefused(victim, SECRET, /it belongs to the secret prod\/other/)
  })

  it('a secret to another folder', async () => {
    const victim = await after(attacker =>
      fs.cpSync(attacker.path(other), attacker.path('vault/secrets/prod/copy'), { recursive: true })
    )
    await expectRefused(
      victim,
      'vault/secrets/prod/copy/secret.yaml',
      /it belongs to the secret prod\/other/,
      ['list']
    )
    expect(await failure(victim.api.getSecretValue({ SecretId: 'prod/copy' }))).toEqual({
      code: 'DocumentRefused',
      message: 'vault/secrets/prod/copy/secret.yaml: it belongs to the secret prod/other'
    })
  })

  it('a secret to another region', async () => {
    const victim = await after(attacker =>
      fs.cpSync(attacker.path(FOLDER), attacker.path('vault/regions/eu-west-1/secrets/prod/db'), {
        recursive: true
      })
    )
    const { openVault } = await import('../../../src/index.js')
    const elsewhere = await openVault({ ...victim.options, region: 'eu-west-1' })
    const path = 'vault/regions/eu-west-1/secrets/prod/db/secret.yaml'
    const list = (api: typeof elsewhere) => listStrictly(api, victim.notices)
    for (const face of [faces.get, faces.describe, list, faces.put])
      expect(await failure(face(elsewhere))).toEqual({
        code: 'DocumentRefused',
        message: `${path}: its ARN does not match its name, region and account`
      })
    await expectUnharmed(victim)
  })

  it('an old version over the newest', async () => {
    const victim = await after(attacker => copy(attacker, version('two'), version('three')))
    await expectRefused(victim, version('three'), /its digest is not the one that stages.yaml lists/, [
      'get',
      'put'
    ])
  })

  it('a version of another secret under the same token', async () => {
    const victim = await after(attacker => copy(attacker, version('two', other), version('two')))
    await expectRefused(victim, version('two'), /its digest is not the one that stages.yaml lists/, [
      'blue',
      'put'
    ])
  })

  it('a version that stages.yaml does not list, which has no effect', async () => {
    await expectUnharmed(await after(attacker => copy(attacker, version('two'), version('unlisted'))))
  })

  it('documents of one kind in place of another', async () => {
    const kinds: [string, string, RegExp][] = [
      [STAGES, SECRET, /not a secret document/],
      [SECRET, STAGES, /not a stages document/],
      [version('two'), STAGES, /not a stages document/]
    ]
    for (const [from, to, why] of kinds)
      await expectRefused(await after(attacker => copy(attacker, from, to)), to, why)
    const victim = await after(attacker => copy(attacker, STAGES, version('three')))
    await expectRefused(victim, version('three'), /not a version document/, ['get', 'put'])
  })

  it('each file from another vault that has the same names', async () => {
    const foreign = await makeVault('other')
    await foreign.api.createSecret({ Name: NAME, SecretString: 'x', ClientRequestToken: token('three') })
    const take = (path: string) =>
      after(attacker => attacker.write(path, fs.readFileSync(foreign.path(path))))
    for (const path of [SECRET, STAGES])
      await expectRefused(
        await take(path),
        path,
        /its signer is not in the access log|an entry that is not in the access log/
      )
    await expectRefused(
      await take(version('three')),
      version('three'),
      /its digest is not the one that stages.yaml lists/,
      ['get', 'put']
    )
  })
})

it('a document whose signer is not in the log', async () => {
  const victim = await after(attacker => forgeStages(attacker, stranger, () => undefined))
  await expectRefused(victim, STAGES, /its signer is not in the access log/)
  const claimed = await after(attacker =>
    forgeStages(attacker, stranger, () => undefined, { by: carol.public.keyId })
  )
  await expectRefused(claimed, STAGES, /the signature does not verify/)
})
