import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { trust } from '../../src/app/trust.js'
import { discover } from '../../src/system/git/discover.js'
import { cloneOf, failure, initVault, makeVault, scratch, top, type TestVault } from './fixture.js'
import { gitCommands } from './gitCommands.js'

const FILES_OF_SECRET = 'vault/secrets/prod/db'
const put = (box: TestVault, SecretString: string) =>
  box.api.putSecretValue({ SecretId: 'prod/db', SecretString })

async function value(box: TestVault): Promise<string | undefined> {
  return (await box.api.getSecretValue({ SecretId: 'prod/db' })).SecretString
}

async function filled(): Promise<TestVault> {
  const box = await makeVault()
  await box.api.createSecret({ Name: 'prod/db', SecretString: 'one' })
  return box
}

describe('init in a clone whose .gitattributes git converted to CRLF', () => {
  // it makes the identity too
  beforeAll(async () => void (await makeVault()))

  const origin = (): string => {
    const folder = scratch('origin')
    const git = (...args: string[]) => execFileSync('git', args, { cwd: folder })
    git('init', '-q')
    fs.writeFileSync(join(folder, '.gitattributes'), '*.sh text eol=lf\n*.png binary\n')
    git('add', '.')
    git('commit', '-qm', 'attributes')
    return folder
  }

  it('works, and keeps its lines', async () => {
    const root = join(scratch(), 'work')
    execFileSync('git', ['clone', '-q', '-c', 'core.autocrlf=true', origin(), root])
    expect(fs.readFileSync(join(root, '.gitattributes'), 'utf8')).toContain('\r\n')
    const box = await initVault(root)
    expect(box.status()).toBe('')
    expect(box.git('show', 'HEAD:.gitattributes')).toMatch(
      /^\*\.sh text eol=lf\n\*\.png binary\n\/vault\/\*\* -text/
    )
    await box.api.createSecret({ Name: 'prod/db', SecretString: 'one' })
    expect(await value(box)).toBe('one')
    expect(box.status()).toBe('')
  })

  it('still refuses a line that was edited by hand', async () => {
    const root = join(scratch(), 'work')
    execFileSync('git', ['clone', '-q', '-c', 'core.autocrlf=true', origin(), root])
    fs.appendFileSync(join(root, '.gitattributes'), '*.txt text\r\n')
    expect((await failure(initVault(root))).message).toBe('.gitattributes has been edited by hand')
  })
})

describe('a git attribute that changes the vault’s files', () => {
  it.each<[string, string, string, string]>([
    ['a filter in the root', '.gitattributes', '/vault/** filter=x\n', 'filter: x'],
    ['text in the vault’s folder', 'vault/.gitattributes', '* text=auto\n', 'text: auto'],
    [
      'an encoding beside the secret',
      `${FILES_OF_SECRET}/.gitattributes`,
      '* working-tree-encoding=UTF-16\n',
      'working-tree-encoding: UTF-16'
    ],
    ['ident in git’s own folder', '.git/info/attributes', '*.yaml ident\n', 'ident: set']
  ])('%s: a write is refused and changes nothing', async (_, path, line, shown) => {
    const box = await filled()
    const before = box.head()
    fs.mkdirSync(join(box.path(path), '..'), { recursive: true })
    fs.appendFileSync(box.path(path), line)
    const { code, message } = await failure(put(box, 'two'))
    expect(code).toBe('RepositoryState')
    expect(message).toMatch(/^git attributes change vault\/secrets\/prod\/db\/[\w./-]+: /)
    expect(message).toContain(shown)
    expect(box.head()).toBe(before)
    expect(await value(box)).toBe('one')
    fs.writeFileSync(box.path(path), path === '.gitattributes' ? box.git('show', 'HEAD:.gitattributes') : '')
    await put(box, 'two')
    expect(await value(box)).toBe('two')
  })

  it('a lost line is refused if git would convert line endings', async () => {
    const box = await filled()
    fs.rmSync(box.path('.gitattributes'))
    await put(box, 'two')
    box.git('config', 'core.autocrlf', 'true')
    box.git('rm', '-q', '--cached', '.gitattributes')
    await box.reopen()
    expect((await failure(put(box, 'three'))).message).toMatch(/: text: unspecified$/)
  })

  it('is looked for with git only if the attributes are not as init left them', async () => {
    const box = await filled()
    expect(await gitCommands(() => put(box, 'two'))).not.toContain('check-attr')
    fs.appendFileSync(box.path('.gitattributes'), '*.md text\n')
    expect(await gitCommands(() => put(box, 'three'))).toContain('check-attr')
  })

  it('one for other files does not matter', async () => {
    const box = await filled()
    fs.appendFileSync(box.path('.gitattributes'), '*.md text eol=crlf\n* diff=x\n')
    fs.mkdirSync(box.path('.git/info'), { recursive: true })
    fs.appendFileSync(box.path('.git/info/attributes'), '*.txt filter=x\n')
    await put(box, 'two')
    expect(await value(box)).toBe('two')
  })
})

describe('a partial clone', () => {
  let origin: TestVault
  beforeAll(async () => {
    origin = await filled()
    origin.git('config', 'uploadpack.allowFilter', 'true')
    origin.write('code/a', 'a\n')
    origin.git('add', '.')
    origin.git('commit', '-qm', 'code')
  })

  const partial = async (...args: string[]): Promise<TestVault> => {
    const clone = await cloneOf(origin, '--no-local', ...args)
    return clone
  }

  it.each([['--filter=blob:none'], ['--filter=tree:0']])('%s: takes writes', async filter => {
    const clone = await partial(filter)
    await trust(clone.root, clone.made.root)
    await put(clone, 'two')
    await clone.api.createSecret({ Name: 'new', SecretString: 'x' })
    expect(await value(clone)).toBe('two')
    expect(clone.status()).toBe('')
  })

  it('that is sparse, with the vault: takes writes, and leaves the rest out', async () => {
    const clone = await partial('--filter=blob:none', '--sparse')
    clone.git('sparse-checkout', 'set', 'vault')
    await trust(clone.root, clone.made.root)
    await put(clone, 'two')
    await clone.api.createSecret({ Name: 'new', SecretString: 'x' })
    expect(await value(clone)).toBe('two')
    expect(clone.status()).toBe('')
    expect(fs.existsSync(clone.path('code'))).toBe(false)
  })

  it('that is sparse, without the vault: says what to do, and that works', async () => {
    const clone = await partial('--filter=blob:none', '--sparse')
    // as in a clone that had the vault once
    fs.cpSync(origin.path('.git/git-vault'), clone.path('.git/git-vault'), { recursive: true })
    const refused: unknown = await put(clone, 'two').catch((error: unknown) => error)
    expect(refused).toMatchObject({
      code: 'RepositoryState',
      message: "this partial clone lacks files of the vault's newest commit",
      hint: expect.stringMatching(/git sparse-checkout add vault$/) as string
    })
    clone.git('sparse-checkout', 'add', 'vault')
    await put(clone, 'two')
    expect(await value(clone)).toBe('two')
  })

  it('has its packs repacked when there are many', async () => {
    const clone = await partial('--filter=blob:none')
    await trust(clone.root, clone.made.root)
    const packs = () => fs.readdirSync(clone.path('.git/objects/pack')).filter(name => name.endsWith('.pack'))
    // many small packs, quickly
    for (let at = packs().length; at <= 40; at++) {
      const blob = execFileSync('git', ['hash-object', '-w', '--stdin'], { cwd: clone.root, input: `${at}` })
      execFileSync('git', ['pack-objects', '-q', '.git/objects/pack/pack'], { cwd: clone.root, input: blob })
    }
    await put(clone, 'two')
    for (let round = 0; packs().length > 20 && round < 200; round++)
      await new Promise(resolve => setTimeout(resolve, 50))
    expect(packs().length).toBeLessThan(20)
    await put(clone, 'three')
    expect(await value(clone)).toBe('three')
    clone.git('fsck', '--connectivity-only')
  })
})

describe.runIf(process.getuid?.() === 0)('a repository of two users (core.sharedRepository)', () => {
  it('is refused to the second in one line that says what to do', async () => {
    const box = await filled()
    box.git('config', 'core.sharedRepository', 'group')
    for (let folder = box.root; folder !== dirname(top); folder = dirname(folder)) fs.chmodSync(folder, 0o755)
    const config = process.env['GIT_CONFIG_GLOBAL']!
    const text = fs.readFileSync(config, 'utf8')
    fs.writeFileSync(config, `${text}[safe]\n\tdirectory = ${box.root}\n`)
    fs.chmodSync(config, 0o644)
    process.seteuid!(12_345)
    try {
      const refused = await Promise.resolve()
        .then(() => discover(box.root))
        .catch((error: unknown) => error)
      expect(refused).toMatchObject({
        code: 'RepositoryState',
        message: `another user works in this clone: ${box.path('.git/git-vault')} is theirs`,
        hint: `use a clone of your own: git clone '${box.root}'`
      })
    } finally {
      process.seteuid!(0)
      fs.writeFileSync(config, text)
    }
    expect(discover(box.root).root).toBe(box.root)
  })
})
