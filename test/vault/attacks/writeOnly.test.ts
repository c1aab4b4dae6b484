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

describe('who may only write', () => {
  it('adds a version with git-vault itself, and that counts', async () => {
    const both = await scene()
    await as(mallory, both.attacker, api =>
      api.putSecretValue({ SecretId: NAME, SecretString: 'honest', ClientRequestToken: token('honest') })
    )
    pull(both)
    expect(await both.victim.api.getSecretValue({ SecretId: NAME })).toMatchObject({ SecretString: 'honest' })
  })

  it('the same by the forge of these tests counts, so that what it makes is refused for the reason given', async () => {
    const victim = await after(attacker => forgePut(attacker, mallory))
    expect(await victim.api.getSecretValue({ SecretId: NAME })).toMatchObject({ SecretString: 'planted' })
    await victim.api.putSecretValue({ SecretId: NAME, SecretString: 'new' })
  })

  it('replaces a digest by that of another version', async () => {
    const victim = await after(attacker =>
      forgeStages(attacker, mallory, ({ versions }) => {
        versions[token('three')]!.digest = versions[token('two')]!.digest
      })
    )
    await expectRefused(victim, version('three'), /not the version that stages.yaml lists/, ['get', 'put'])
  })

  it('replaces the newest version by an old one, digest and file', async () => {
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
      'with its origin',
      () => undefined,
      /its origin names another writer, and mallory cannot have had the value/
    ],
    [
      'as if she had written it first',
      (document: Version) => (document.origin.writer = mallory.public.keyId),
      /the value does not decrypt/
    ]
  ] as const)('signs another’s version again under her own name, %s', async (_, change, why) => {
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

  it('names another as the writer of a version of hers', async () => {
    const victim = await after(async attacker => {
      await forgePut(attacker, mallory)
      await forgeStages(attacker, mallory, ({ versions }) => {
        versions[token('planted')]!.writer = carol.public.keyId
      })
    })
    await expectRefused(victim, STAGES, /signed by mallory, who may not move AWSCURRENT to where/)
  })

  it('writes secret.yaml: its description, its key, or nothing at all', async () => {
    for (const change of [
      (secret: Awaited<ReturnType<typeof forgeSecret>>) => (secret.description!.value = 'mine'),
      (secret: Awaited<ReturnType<typeof forgeSecret>>) => (secret.key.value = 'dev'),
      () => undefined
    ])
      await expectRefused(
        await after(attacker => forgeSecret(attacker, mallory, change)),
        SECRET,
        /signed by mallory, who has no right to/
      )
  })

  it('seals a version under another key, that she can read', async () => {
    const victim = await after(attacker => forgePut(attacker, mallory, { key: 'dev' }))
    await expectRefused(victim, version('planted'), /sealed under key dev; the log had prod\/db under prod/, [
      'get',
      'put'
    ])
  })

  it('seals a version to a generation that is retired', async () => {
    const victim = await after(attacker => forgePut(attacker, mallory, { generation: 1 }))
    await expectRefused(
      victim,
      version('planted'),
      /sealed to a generation of key prod that was not its newest/,
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
    await expectRefused(victim, path, /signed by mallory, who has no right to/, ['list'])
    expect(await failure(victim.api.createSecret({ Name: 'prod/new', SecretString: 'x' }))).toEqual({
      code: 'DocumentRefused',
      message: `${path}: signed by mallory, who has no right to`
    })
  })

  it('signs under a date in 2999: nobody builds on it', async () => {
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

  it('signs under a day that does not exist', async () => {
    const time = '2027-02-30T00:00:00.000Z'
    const victim = await after(attacker => forgeStages(attacker, mallory, () => undefined, { time }))
    await expectRefused(victim, STAGES, /a time in it does not exist/)
    const marked = await after(attacker => forgeStages(attacker, mallory, stages => (stages.pruned = time)))
    await expectRefused(marked, STAGES, /a time in it does not exist/)
  })

  it('says of a value of hers that another wrote it, not to be listed for knowing it', async () => {
    const victim = await after(async attacker => {
      const { recipient } = await read(attacker, 'version', version('three'))
      await forgePut(attacker, mallory, { origin: { key: 'prod', recipient, writer: alice.public.keyId } })
    })
    await expectRefused(victim, version('planted'), /its origin names another writer, and mallory cannot/, [
      'get',
      'put'
    ])
  })
})

describe('who may only read', () => {
  it('writes stages.yaml, with every proof as it was', async () => {
    const victim = await after(attacker => forgeStages(attacker, bob, () => undefined))
    await expectRefused(victim, STAGES, /signed by bob, who has no right to/)
  })

  it('puts a value', async () => {
    const victim = await after(attacker => forgePut(attacker, bob))
    await expectRefused(victim, STAGES, /signed by bob, who has no right to/)
  })

  it('writes secret.yaml', async () => {
    await expectRefused(
      await after(attacker => forgeSecret(attacker, bob)),
      SECRET,
      /signed by bob, who has no right to/
    )
  })

  it('is refused by git-vault, too', async () => {
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
    await expectRefused(victim, version('mine'), /not the version that stages.yaml lists/, [
      'previous',
      'put'
    ])
  })

  it('origin edited and signed by whoever wrote the version', async () => {
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
      /its origin names a generation of key prod that the log did not have/,
      ['previous', 'put']
    )
  })

  it('another’s commitment on a version of hers tells nobody anything, and answers none of her tokens', async () => {
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
