import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newCredential } from '../../src/app/credentials.js'
import { doctor } from '../../src/app/doctor/doctor.js'
import { newIdentity } from '../../src/app/identityFile.js'
import { newRecovery, useShares, type HolderShare } from '../../src/app/recovery.js'
import { serve, type ServeOptions } from '../../src/app/serve.js'
import { failure, makeVault, scratch, type TestVault } from '../vault/fixture.js'

const git = (root: string, ...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' })

const refusal = (what: string, root: string, path: string) => ({
  code: 'FileFailed',
  message: `${what} would be in the work tree ${root}, where git could commit it: ${path}`
})

let box: TestVault
let config: string | undefined

beforeEach(async () => {
  box = await makeVault()
  config = process.env['XDG_CONFIG_HOME']
})
afterEach(() => {
  process.env['XDG_CONFIG_HOME'] = config
})

describe('a new identity', () => {
  it('is refused in a work tree before a passphrase is asked for, and leaves nothing', async () => {
    const path = box.path('keys/ci.yaml')
    const askPassphrase = () => Promise.reject(new Error('asked'))
    expect(await failure(newIdentity({ path, askPassphrase }))).toMatchObject(
      refusal('the identity', box.root, path)
    )
    expect(fs.existsSync(box.path('keys'))).toBe(false)
    expect(git(box.root, 'status', '--porcelain', '-uall')).toBe('')
  })

  it('is created once git ignores the path, as the hint says', async () => {
    const path = box.path('keys/ci.yaml')
    const refused: unknown = await newIdentity({ path }).catch((error: unknown) => error)
    const { hint } = refused as { hint: string }
    const command = hint.slice(hint.indexOf('echo '))
    execFileSync('/bin/sh', ['-c', command], { cwd: '/' })
    await newIdentity({ path })
    expect(git(box.root, 'status', '--porcelain', '-uall')).toBe('')
  })

  it.each([
    ['a folder that git ignores', '/keys/\n', 'keys/a/ci.yaml', true],
    ['a path that is ignored and taken back', '*.yaml\n!ci.yaml\n', 'ci.yaml', false],
    ['another path than the ignored one', '/ci.yaml\n', 'keys/ci.yaml', false],
    ['git’s own folder', '', '.git/ci.yaml', true]
  ])('%s', async (_, ignore, path, isAllowed) => {
    fs.writeFileSync(box.path('.git/info/exclude'), ignore)
    const made = newIdentity({ path: box.path(path) })
    if (isAllowed) expect((await made).from).toBe(box.path(path))
    else expect(await failure(made)).toMatchObject(refusal('the identity', box.root, box.path(path)))
  })

  it('is refused at a path that git tracks, though it ignores the name', async () => {
    fs.writeFileSync(box.path('ci.yaml'), 'old')
    git(box.root, 'add', 'ci.yaml')
    fs.rmSync(box.path('ci.yaml'))
    fs.writeFileSync(box.path('.git/info/exclude'), 'ci.yaml\n')
    expect((await failure(newIdentity({ path: box.path('ci.yaml') }))).code).toBe('FileFailed')
  })

  it('follows links: into a work tree is refused, out of it is not', async () => {
    const outside = scratch()
    fs.mkdirSync(box.path('folder'))
    fs.symlinkSync(box.path('folder'), join(outside, 'in'))
    fs.symlinkSync(outside, box.path('out'))
    expect((await failure(newIdentity({ path: join(outside, 'in/deep/a.yaml') }))).code).toBe('FileFailed')
    await newIdentity({ path: box.path('out/b.yaml') })
    expect(fs.existsSync(join(outside, 'b.yaml'))).toBe(true)
  })

  it('is refused in a linked work tree too', async () => {
    const linked = join(scratch(), 'linked')
    git(box.root, 'worktree', 'add', '-q', linked, '-b', 'side')
    const path = join(linked, 'ci.yaml')
    expect(await failure(newIdentity({ path }))).toMatchObject(refusal('the identity', linked, path))
  })
})

it('a recovered identity is refused in a work tree', async () => {
  const shares: HolderShare[] = []
  const handOut = async (share: HolderShare) => void shares.push(share)
  const options = { name: 'recovery', holders: ['ana', 'eva'], threshold: 2, handOut }
  await newRecovery(await box.internal(), options, () => undefined)
  const words = shares.map(share => share.words)
  const path = box.path('recovered.yaml')
  const vault = await box.internal()
  expect(await failure(useShares(vault, words, path))).toMatchObject(refusal('the identity', box.root, path))
  expect(fs.existsSync(path)).toBe(false)
  await useShares(vault, words, join(scratch(), 'recovered.yaml'))
})

it('credentials are refused if the configuration folder is in a work tree', async () => {
  const folder = box.path('config')
  fs.cpSync(config!, folder, { recursive: true })
  process.env['XDG_CONFIG_HOME'] = folder
  const request = { directory: box.root, name: 'app', actions: ['*'], resources: ['*'] }
  const path = join(folder, 'git-vault/credentials', `${box.made.root}.json`)
  expect(await failure(newCredential(request))).toMatchObject(refusal('the credentials file', box.root, path))
  expect(fs.existsSync(path)).toBe(false)
  fs.writeFileSync(box.path('.git/info/exclude'), '/config/\n')
  await newCredential(request)
})

it('the environment file of serve is refused in a work tree, before the server starts', async () => {
  const envFile = box.path('.env')
  const unexpected = () => Promise.reject(new Error('started'))
  const options = {
    directory: box.root,
    envFile,
    ready: unexpected,
    passphrase: unexpected,
    notice: () => undefined
  }
  expect(await failure(serve(options as unknown as ServeOptions))).toMatchObject(
    refusal('the environment file', box.root, envFile)
  )
})

it('doctor reports an identity that git could commit', async () => {
  const path = box.path('identity.yaml')
  fs.copyFileSync(join(config!, 'git-vault/identity.yaml'), path)
  fs.chmodSync(path, 0o600)
  process.env['GIT_VAULT_IDENTITY_FILE'] = path
  try {
    const findings = []
    for await (const finding of doctor(box.root, await box.internal())) findings.push(finding)
    expect(findings.find(({ what }) => what === 'identity')).toMatchObject({
      state: 'problem',
      text: `git could commit your identity: ${path} is in a work tree`
    })
  } finally {
    delete process.env['GIT_VAULT_IDENTITY_FILE']
  }
})
