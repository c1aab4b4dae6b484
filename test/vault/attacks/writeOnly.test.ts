import { describe, expect, it } from 'vitest'
import { digestOf, type VersionDocument as Version } from '../../../src/core/format/documents.js'
import { failure, token } from '../fixture.js'
import {
  forge,
  forgePut,
  forgeSecret,
  forgeStages,
  NAME,
  read,
  SECRET,
  STAGES,
  version,
  write
} from './forge.js'
import {
  after,
  alice,
  as,
  bob,
  carol,
  expectRefused,
  faces,
  freshClone,
  mallory,
  pull,
  scene
} from './kit.js'

describe('a member with only encrypt', () => {
  it('adds a version with git-vault itself, and it is accepted', async () => {
    const both = await scene()
    await as(mallory, both.attacker, api =>
      api.putSecretValue({ SecretId: NAME, SecretString: 'honest', ClientRequestToken: token('honest') })
    )
    pull(both)
    expect(await both.victim.api.getSecretValue({ SecretId: NAME })).toMatchObject({ SecretString: 'honest' })
  })

  it('adds one with this test’s forge, and it is accepted: so the forge itself causes no refusal', async () => {
    const victim = await after(attacker => forgePut(attacker, mallory))
    expect(await victim.api.getSecretValue({ SecretId: NAME })).toMatchObject({ SecretString: 'planted' })
    await victim.api.putSecretValue({ SecretId: NAME, SecretString: 'new' })
  })

  it('replaces a digest with that of another version', async () => {
    const victim = await after(attacker =>
      forgeStages(attacker, mallory, ({ versions }) => {
        versions[token('three')]!.digest = versions[token('two')]!.digest!
      })
    )
    await expectRefused(victim, version('three'), /its digest is not the one that stages.yaml lists/, [
      'get',
      'put'
    ])
  })

  it('replaces the newest version with an old one, digest and file', async () => {
    const victim = await after(async attacker => {
      await forgeStages(attacker, mallory, ({ versions }) => {
        versions[token('three')] = versions[token('two')]!
      })
      attacker.write(version('three'), attacker.read(version('two')))
    })
    await expectRefused(victim, version('three'), /it belongs to another secret or version/, ['get', 'put'])
  })

  it('edits a version’s date or key in stages.yaml', async () => {
    const dated = await after(attacker =>
      forgeStages(attacker, mallory, ({ versions }) => {
        versions[token('three')]!.created = versions[token('two')]!.created
      })
    )
    await expectRefused(dated, version('three'), /lists another date/, ['get', 'put'])
    const keyed = await after(attacker =>
      forgeStages(attacker, mallory, ({ versions }) => (versions[token('three')]!.key = 'dev'))
    )
    await expectRefused(keyed, version('three'), /lists another key or writer/, ['get', 'put'])
  })

  it.each([
    [
      'with its original origin',
      () => undefined,
      /its origin names another writer, but mallory could never read the value/
    ],
    [
      'with herself as the first writer',
      (document: Version) => (document.origin.writer = mallory.public.keyId),
      /the value does not decrypt/
    ]
  ] as const)('re-signs another member’s version as her own, %s', async (_, change, why) => {
    const victim = await after(async attacker => {
      const mine = await forge(attacker, 'version', version('three'), mallory, change, { serial: '1' })
      await forgeStages(attacker, mallory, ({ versions }) => {
        versions[token('three')] = {
          ...versions[token('three')]!,
          writer: mallory.public.keyId,
          digest: digestOf(mine)
        }
      })
    })
    await expectRefused(victim, version('three'), why, ['get', 'put'])
  })

  it('names another member as the writer of her version', async () => {
    const victim = await after(async attacker => {
      await forgePut(attacker, mallory)
      await forgeStages(attacker, mallory, ({ versions }) => {
        versions[token('planted')]!.writer = carol.public.keyId
      })
    })
    await expectRefused(victim, STAGES, /signed by mallory, who may not move AWSCURRENT there/)
  })

  it('writes secret.yaml: a new description, a new key, or no change', async () => {
    for (const change of [
      (secret: Awaited<ReturnType<typeof forgeSecret>>) => (secret.description!.value = 'mine'),
      (secret: Awaited<ReturnType<typeof forgeSecret>>) => (secret.key.value = 'dev'),
      () => undefined
    ])
      await expectRefused(
        await after(attacker => forgeSecret(attacker, mallory, change)),
        SECRET,
        /signed by mallory, who may not sign it/
      )
  })

  it('seals a version under another key that she can decrypt', async () => {
    const victim = await after(attacker => forgePut(attacker, mallory, { key: 'dev' }))
    await expectRefused(
      victim,
      version('planted'),
      /it is sealed under key "dev", but the key of "prod\/db" was "prod"/,
      ['get', 'put']
    )
  })

  it('seals a version to an old generation', async () => {
    const victim = await after(attacker => forgePut(attacker, mallory, { generation: 1 }))
    await expectRefused(
      victim,
      version('planted'),
      /it is sealed to a generation of key "prod" that was not the newest when it was written/,
      ['get', 'put']
    )
  })

  it('creates a secret', async () => {
    const path = 'vault/secrets/prod/new/secret.yaml'
    const victim = await after(async attacker => {
      attacker.write(path, attacker.read(SECRET))
      attacker.write(path.replace('secret.yaml', 'stages.yaml'), attacker.read(STAGES))
      const arn = 'arn:aws:secretsmanager:local:000000000000:secret:prod/new-AbCdEf'
      await forge(attacker, 'secret', path, mallory, secret =>
        Object.assign(secret, { name: 'prod/new', arn })
      )
    })
    await expectRefused(victim, path, /signed by mallory, who may not sign it/, ['list'])
    expect(await failure(victim.api.createSecret({ Name: 'prod/new', SecretString: 'x' }))).toEqual({
      code: 'DocumentRefused',
      message: `${path}: signed by mallory, who may not sign it`
    })
  })

  it('signs with a date in 2999: no write builds on it', async () => {
    const victim = await after(attacker => {
      attacker.clock.time = Date.UTC(2999, 0, 1)
      return forgePut(attacker, mallory)
    })
    expect(await victim.api.getSecretValue({ SecretId: NAME })).toMatchObject({ SecretString: 'planted' })
    for (const face of [faces.put, faces.move, faces.update])
      expect(await failure(face(victim.api))).toEqual({
        code: 'RepositoryState',
        message: `${STAGES}: dated 2999-01-01T00:00:00.000Z, over 24 hours ahead of this computer's clock`
      })
  })

  it('signs with a date that does not exist', async () => {
    const time = '2027-02-30T00:00:00.000Z'
    const victim = await after(attacker => forgeStages(attacker, mallory, () => undefined, { time }))
    await expectRefused(victim, STAGES, /a time in it does not exist/)
    const marked = await after(attacker => forgeStages(attacker, mallory, stages => (stages.pruned = time)))
    await expectRefused(marked, STAGES, /a time in it does not exist/)
  })

  it('names another member as the origin of her value, to avoid the exposure ledger', async () => {
    const victim = await after(async attacker => {
      const { recipient } = await read(attacker, 'version', version('three'))
      await forgePut(attacker, mallory, { origin: { key: 'prod', recipient, writer: alice.public.keyId } })
    })
    await expectRefused(
      victim,
      version('planted'),
      /its origin names another writer, but mallory could never read the value/,
      ['get', 'put']
    )
  })
})

describe('a member with only decrypt', () => {
  it('writes stages.yaml with all proofs unchanged', async () => {
    const victim = await after(attacker => forgeStages(attacker, bob, () => undefined))
    await expectRefused(victim, STAGES, /signed by bob, who may not sign it/)
  })

  it('puts a value', async () => {
    const victim = await after(attacker => forgePut(attacker, bob))
    await expectRefused(victim, STAGES, /signed by bob, who may not sign it/)
  })

  it('writes secret.yaml', async () => {
    await expectRefused(
      await after(attacker => forgeSecret(attacker, bob)),
      SECRET,
      /signed by bob, who may not sign it/
    )
  })

  it('is refused by git-vault itself, too', async () => {
    const { attacker } = await scene()
    await attacker.api.listSecrets().catch(() => undefined)
    const clone = await freshClone(attacker)
    expect(await as(bob, clone, api => failure(faces.put(api)))).toEqual({
      code: 'AccessDeniedException',
      message: 'bob is not authorized to perform secretsmanager:PutSecretValue on prod/db'
    })
  })
})

describe('origin and commitment', () => {
  it.each(['origin', 'commitment'] as const)('%s edited without a signature', async field => {
    const victim = await after(async attacker => {
      const document = await read(attacker, 'version', version('mine'))
      if (field === 'origin') document.origin.writer = carol.public.keyId
      else document.commitment = document.commitment!.replace(/^./, first => (first === 'A' ? 'B' : 'A'))
      write(attacker, 'version', version('mine'), document)
    })
    await expectRefused(victim, version('mine'), /its digest is not the one that stages.yaml lists/, [
      'previous',
      'put'
    ])
  })

  it('origin edited and signed by the version’s writer', async () => {
    const victim = await after(async attacker => {
      const { signed } = await read(attacker, 'version', version('mine'))
      const edited = await forge(
        attacker,
        'version',
        version('mine'),
        mallory,
        document => (document.origin.recipient = bob.public.keyId),
        { serial: '1', access: signed.access }
      )
      await forgeStages(attacker, mallory, ({ versions }) => {
        versions[token('mine')]!.digest = digestOf(edited)
      })
    })
    await expectRefused(
      victim,
      version('mine'),
      /its origin names a generation of key "prod" that the log did not have yet/,
      ['previous', 'put']
    )
  })

  it('another version’s commitment on her version reveals nothing and matches none of her tokens', async () => {
    const both = await scene()
    const { commitment } = await read(both.attacker, 'version', version('mine'))
    await forgePut(both.attacker, mallory, { commitment: commitment!, value: 'other' })
    pull(both)
    const clone = await freshClone(both.victim)
    const again = (what: string) =>
      as(mallory, clone, api =>
        failure(
          api.putSecretValue({ SecretId: NAME, SecretString: what, ClientRequestToken: token('planted') })
        )
      )
    for (const what of ['mine', 'other'])
      expect(await again(what)).toMatchObject({ code: 'ResourceExistsException' })
  })
})
