import * as fs from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { openVault } from '../../../src/index.js'
import { failure, makeVault, type TestVault, token, top } from '../fixture.js'
import { FOLDER, NAME, SECRET, STAGES, version } from './forge.js'
import { after, commit, expectRefused, expectUnharmed, faces, pull, restore, scene } from './kit.js'

beforeAll(async () => {
  await scene()
})

describe('.vaultrc pointed', () => {
  it('at a second vault', async () => {
    const other = await makeVault('other')
    await other.api.createSecret({ Name: NAME, SecretString: 'evil' })
    const victim = await after(attacker => {
      fs.cpSync(other.path('vault'), attacker.path('evil'), { recursive: true })
      attacker.write('.vaultrc', 'vault: evil\n')
    })
    await expectRefused(victim, 'evil/access.yaml', /this is not the vault that this clone trusts/)
  })

  it('at an old copy of the same vault', async () => {
    const victim = await after(attacker => {
      restore(attacker, 'mine', 'vault')
      fs.cpSync(attacker.path('vault'), attacker.path('evil'), { recursive: true })
      attacker.git('reset', '-q', '--hard')
      attacker.write('.vaultrc', 'vault: evil\n')
    })
    await expectRefused(victim, 'evil/secrets/prod/', /an older state of prod\/(db|other)/)
  })

  it('at nothing', async () => {
    const victim = await after(attacker => attacker.write('.vaultrc', 'vault: code.txt\n'))
    for (const face of [faces.get, faces.put])
      expect(await failure(face(victim.api))).toMatchObject({
        code: 'VaultNotFound',
        message: expect.stringContaining('code.txt/access.yaml') as string
      })
  })
})

describe('a symbolic link', () => {
  const link = (attacker: TestVault, path: string, target: string) => {
    fs.rmSync(attacker.path(path), { recursive: true, force: true })
    fs.symlinkSync(target, attacker.path(path))
  }

  it.each([
    ['stages.yaml to another secret’s', STAGES, '../other/stages.yaml'],
    ['secret.yaml to a file outside', SECRET, '/etc/hostname'],
    ['stages.yaml to a device', STAGES, '/dev/zero']
  ])('%s', async (_, path, target) => {
    const victim = await after(attacker => link(attacker, path, target))
    await expectRefusedAnyhow(victim, path)
  })

  it('a version to another', async () => {
    const path = version('three')
    const victim = await after(attacker => link(attacker, path, `${token('two')}.yaml`))
    await expectRefusedAnyhow(victim, path, ['get', 'put'])
  })

  it.each([FOLDER, 'vault/secrets', 'vault/keys', 'vault'])(
    'the folder %s to its content elsewhere',
    async folder => {
      const victim = await after(attacker => {
        fs.renameSync(attacker.path(folder), attacker.path('elsewhere'))
        link(attacker, folder, `${'../'.repeat(folder.split('/').length - 1)}elsewhere`)
      })
      const which =
        folder === 'vault/keys' ? (['get'] as const) : (['get', 'put', 'describe', 'list'] as const)
      await expectRefusedAnyhow(victim, folder, which)
    }
  )

  it('a folder that would make a list read elsewhere', async () => {
    const victim = await after(attacker => link(attacker, 'vault/secrets/prod/link', '../../../..'))
    await expectRefusedAnyhow(victim, 'vault/secrets/prod/link', ['list'])
    expect(await faces.get(victim.api)).toMatchObject({ SecretString: 'three' })
  })
})

/** Expects a refusal that names the path: of a document by a read, or of an obstacle to its files by a write. */
async function expectRefusedAnyhow(
  victim: TestVault,
  path: string,
  which: readonly (keyof typeof faces)[] = ['get', 'describe', 'list', 'put', 'update']
): Promise<void> {
  const state = [victim.head(), victim.status()]
  for (const name of which) {
    const { code, message } = await failure(faces[name](victim.api)).catch((error: unknown) => ({
      code: `${name} ${String(error)}`,
      message: ''
    }))
    expect(['DocumentRefused', 'RepositoryState']).toContain(code)
    expect(message).toContain(path)
    expect(message).toMatch(/regular file|symbolic link|a link|not a folder|submodule/)
  }
  expect([victim.head(), victim.status()]).toEqual(state)
}

describe('a gitlink', () => {
  const plant = (attacker: TestVault, path: string) => {
    fs.rmSync(attacker.path(path), { recursive: true, force: true })
    attacker.git('rm', '-rq', '--cached', '--ignore-unmatch', path)
    attacker.git('update-index', '--add', '--cacheinfo', `160000,${attacker.head()},${path}`)
    attacker.git('commit', '-qm', 'Tidy up')
  }
  const pulled = async (path: string) => {
    const { victim, attacker } = await scene()
    plant(attacker, path)
    victim.git('pull', '-q', '--ff-only', attacker.root, 'main')
    return victim
  }

  it('next to the secrets has no effect, and its target is not written', async () => {
    const victim = await pulled('vault/secrets/prod/sub')
    await expectUnharmed(victim)
    const head = victim.head()
    expect(await failure(victim.api.createSecret({ Name: 'prod/sub', SecretString: 'x' }))).toMatchObject({
      message: expect.stringContaining('vault/secrets/prod/sub') as string
    })
    expect(victim.head()).toBe(head)
  })

  it('in place of a secret removes it, and its target is not written', async () => {
    const victim = await pulled(FOLDER)
    expect(await failure(faces.get(victim.api))).toMatchObject({ code: 'ResourceNotFoundException' })
    const head = victim.head()
    for (const write of [faces.put(victim.api), victim.api.createSecret({ Name: NAME, SecretString: 'x' })])
      expect(await failure(write)).toMatchObject({ message: expect.stringContaining(FOLDER) as string })
    expect(victim.head()).toBe(head)
  })
})

it('a folder that looks like a bare repository whose configuration names programs', async () => {
  const pwned = `${top}/pwned`
  const folders = ['evil', 'vault/evil', 'vault/secrets/prod/db/evil']
  const victim = await after(attacker => {
    for (const folder of folders) {
      attacker.write(`${folder}/HEAD`, 'ref: refs/heads/main\n')
      attacker.write(
        `${folder}/config`,
        `[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = .\n\tfsmonitor = "touch ${pwned}; false"\n` +
          `\thooksPath = .\n\tsshCommand = touch ${pwned}\n[gpg]\n\tprogram = touch ${pwned}\n`
      )
      attacker.write(`${folder}/objects/x`, '')
      attacker.write(`${folder}/refs/x`, '')
    }
  })
  for (const folder of folders) {
    const vault = await openVault({ ...victim.options, directory: victim.path(folder) })
    await vault.getSecretValue({ SecretId: NAME })
    await vault.putSecretValue({ SecretId: NAME, SecretString: folder })
    expect(await vault.getSecretValue({ SecretId: NAME })).toMatchObject({ SecretString: folder })
  }
  expect(await victim.api.listSecrets()).toMatchObject({ SecretList: { length: 4 } })
  expect(fs.existsSync(pwned)).toBe(false)
  victim.expectClean()
})

describe('.gitattributes', () => {
  it('that makes git write the files in another encoding', async () => {
    const victim = await after(attacker => {
      attacker.write(STAGES, `${attacker.read(STAGES)}# x\n`)
      commit(attacker)
      attacker.write('.gitattributes', '*.yaml working-tree-encoding=UTF-16LE\n')
      attacker.git('add', '.gitattributes')
      attacker.git('commit', '-qm', 'Tidy up')
      attacker.git('checkout', '-q', '--', '.')
    })
    fs.rmSync(victim.path(STAGES))
    victim.git('checkout', '-q', '--', STAGES)
    await expectRefused(victim, STAGES, /U\+0000 is not allowed|not UTF-8/, ['get', 'describe', 'list'])
  })

  it('that names unconfigured filters and drivers runs none, and a write names it', async () => {
    const victim = await after(attacker =>
      attacker.write('.gitattributes', '* filter=evil diff=evil merge=evil ident export-subst eol=crlf\n')
    )
    expect(await faces.get(victim.api)).toMatchObject({ SecretString: 'three' })
    const head = victim.head()
    expect(await failure(victim.api.putSecretValue({ SecretId: NAME, SecretString: 'after' }))).toMatchObject(
      {
        code: 'RepositoryState',
        message: expect.stringMatching(
          /^git attributes change vault\/\S+: (?:filter: evil|eol: crlf)$/
        ) as string
      }
    )
    expect(victim.head()).toBe(head)
  })
})

describe('at the path of a future version', () => {
  const path = version('next')
  const put = (victim: TestVault) =>
    victim.api.putSecretValue({ SecretId: NAME, SecretString: 'next', ClientRequestToken: token('next') })

  it('a file is replaced', async () => {
    const victim = await after(attacker => attacker.write(path, 'planted: x\n'))
    await put(victim)
    expect(await faces.get(victim.api)).toMatchObject({ SecretString: 'next', VersionId: token('next') })
    victim.expectClean()
  })

  it('a symbolic link, a folder or a gitlink blocks the write, and its target is not written', async () => {
    for (const plant of [
      (attacker: TestVault) => fs.symlinkSync('../../../../../code.txt', attacker.path(path)),
      (attacker: TestVault) => attacker.write(`${path}/x`, ''),
      (attacker: TestVault) => {
        attacker.git('update-index', '--add', '--cacheinfo', `160000,${attacker.head()},${path}`)
        attacker.git('commit', '-qm', 'Tidy up')
        attacker.git('reset', '-q', '--hard')
      }
    ]) {
      const victim = await after(plant)
      const head = victim.head()
      expect(await failure(put(victim))).toMatchObject({
        code: 'RepositoryState',
        message: expect.stringContaining(path) as string
      })
      expect(victim.head()).toBe(head)
      expect(victim.read('code.txt')).toBe('a program\n')
    }
  })
})

it('a signpost to a secret without a replica has no effect', async () => {
  const victim = await after(attacker =>
    attacker.write(
      'vault/regions/eu-west-1/secrets/prod/db/replica.yaml',
      `kind: git-vault/replica\nformat: "1"\nname: ${NAME}\nprimary: local\n`
    )
  )
  const elsewhere = await openVault({ ...victim.options, region: 'eu-west-1' })
  expect(await failure(faces.get(elsewhere))).toMatchObject({ code: 'ResourceNotFoundException' })
  expect(await elsewhere.listSecrets()).toMatchObject({ SecretList: [] })
  await expectUnharmed(victim)
})

it('stray files, even 300 folders deep, have no effect', async () => {
  const both = await scene()
  both.attacker.write(`vault/secrets/${'d/'.repeat(300)}x.txt`, 'x')
  both.attacker.write('vault/secrets/README.md', '# not a secret\n')
  both.attacker.write(`${FOLDER}/notes.txt`, 'x')
  pull(both)
  await expectUnharmed(both.victim)
})
