import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { findFunction, removeFunction, type NewFunction } from '../../../src/app/rotation/functions.js'
import { invoke, type FunctionEnding } from '../../../src/app/rotation/invoke.js'
import { failure, makeVault, scratch, type TestVault } from '../../vault/fixture.js'
import { register } from './kit.js'

const IN_REPOSITORY = /is in the repository, so anyone who can push could change what runs here/
const own = scratch('own')
const home = process.env['HOME']!
let box: TestVault
beforeAll(async () => {
  box = await makeVault()
  writeFileSync(join(own, 'tool'), '#!/bin/sh\n', { mode: 0o755 })
  writeFileSync(join(own, 'handler.mjs'), 'export const handler = () => 1')
  symlinkSync(own, join(box.root, 'out'))
})

const access = { url: 'http://127.0.0.1:1', region: 'us-east-1', accessKeyId: 'a', secretAccessKey: 'b' }
const event = { Step: 'testSecret', SecretId: 'x', ClientRequestToken: 'y' } as const
async function run(name: string): Promise<FunctionEnding> {
  const found = await findFunction(await box.internal(), name)
  return invoke(found, name, event, access, new AbortController().signal)
}

describe('a function is not registered', () => {
  const refused = async (more: Partial<NewFunction>): Promise<void> => {
    expect(await failure(register(box, 'x', more))).toMatchObject({
      message: expect.stringMatching(IN_REPOSITORY)
    })
  }

  it.each([
    ['a link to a program outside', 'ROOT/out/tool'],
    ['a link to a file outside', 'sh ROOT/out/tool'],
    ['a file that does not exist yet', 'python3 ROOT/later.py'],
    ['a file glued to its option', 'env -SROOT/later.sh'],
    ['a file of an option', 'node --import=ROOT/later.mjs'],
    ['a list of folders', 'env PYTHONPATH=/usr/lib:ROOT/lib true'],
    ['a script of a shell', 'sh -c \'cat; exec "ROOT/later.sh"\''],
    ['the repository itself', 'python3 ROOT']
  ])('with %s', async (_, line) => {
    await refused({ command: line.replaceAll('ROOT', box.root) })
  })

  it('with a handler behind a link, or a variable that names a file', async () => {
    await refused({ node: `${box.root}/out/handler.mjs` })
    await refused({ command: 'true', env: [`NODE_OPTIONS=--require ${box.root}/later.cjs`] })
  })

  it('with a path that leads there from the home folder', async () => {
    const folder = join(home, 'linked')
    symlinkSync(box.root, folder)
    await refused({ command: 'python3 linked/later.py' })
    await refused({ command: 'env -Slinked/later.sh' })
    rmSync(folder)
  })

  it('to run in the repository', async () => {
    process.env['HOME'] = box.root
    await refused({ command: 'true' })
    process.env['HOME'] = home
  })
})

it('a file beside the repository, or with its name, is not in it', async () => {
  const other = `${box.root}-functions`
  mkdirSync(other)
  for (const line of [
    `sh ${other}/later.sh`,
    `sh /opt${box.root}/later.sh`,
    `env -S${other}/x`,
    "sh -c 'cat; true'"
  ]) {
    await register(box, 'beside', { command: line })
    await removeFunction(await box.internal(), 'beside')
  }
  rmSync(other, { recursive: true })
})

it('a function does not run when it has become a part of the repository', async () => {
  const mark = join(own, 'mark')
  const program = join(own, 'program')
  writeFileSync(program, `#!/bin/sh\ntouch ${mark}\n`, { mode: 0o755 })
  await register(box, 'moved', { command: program })
  expect(await run('moved')).toMatchObject({ failure: undefined })
  rmSync(mark)
  renameSync(program, join(box.root, 'program'))
  symlinkSync(join(box.root, 'program'), program)
  expect((await run('moved')).failure).toMatch(IN_REPOSITORY)
  expect(() => readFileSync(mark)).toThrow()
  rmSync(join(box.root, 'program'))
})

describe('what a function gets', () => {
  const out = join(own, 'out.json')
  const printer = join(own, 'print.mjs')
  writeFileSync(
    printer,
    `import { writeFileSync } from 'node:fs'
const { env, argv } = process
writeFileSync(${JSON.stringify(out)}, JSON.stringify({ env, argv, cwd: process.cwd() }))`
  )
  interface Seen {
    env: Record<string, string>
    argv: string[]
    cwd: string
  }
  const seen = async (more: Partial<NewFunction>): Promise<Seen> => {
    await register(box, 'print', { command: `node ${printer}`, ...more })
    expect(await run('print')).toMatchObject({ failure: undefined })
    await removeFunction(await box.internal(), 'print')
    return JSON.parse(readFileSync(out, 'utf8')) as Seen
  }

  it('an existing file by its absolute path, because it runs in another folder', async () => {
    const before = process.cwd()
    process.chdir(own)
    const { argv, cwd } = await seen({ command: 'node print.mjs tool none.txt' })
    process.chdir(before)
    expect(argv.slice(1)).toEqual([printer, join(own, 'tool'), 'none.txt'])
    expect(cwd).toBe(home)
  })

  it('a home folder, although HOME is empty', async () => {
    process.env['HOME'] = ''
    const { env, cwd } = await seen({}).finally(() => (process.env['HOME'] = home))
    expect(cwd).toMatch(/^\//)
    expect(cwd).not.toBe(process.cwd())
    expect(env).not.toHaveProperty('HOME')
  })

  it('no folder of the repository in PATH', async () => {
    const { PATH } = process.env
    process.env['PATH'] = [join(box.root, 'bin'), join(box.root, 'out'), PATH].join(delimiter)
    const { env } = await seen({}).finally(() => (process.env['PATH'] = PATH))
    expect(env['PATH']).toBe(PATH)
  })

  it.each([
    [[], '127.0.0.1'],
    [['NO_PROXY=db.example'], 'db.example,127.0.0.1'],
    [['no_proxy=*'], '*']
  ])('its endpoint without a proxy: %j', async (more, hosts) => {
    const { env } = await seen({ env: ['HTTP_PROXY=http://127.0.0.1:9', ...more] })
    expect(env).toMatchObject({ NO_PROXY: hosts, no_proxy: hosts })
  })

  it('the name of a folder that is gone', async () => {
    const folder = join(own, 'gone')
    mkdirSync(folder)
    writeFileSync(join(folder, 'handler.mjs'), 'export const handler = () => 1')
    await register(box, 'gone', { node: join(folder, 'handler.mjs') })
    rmSync(folder, { recursive: true })
    expect((await run('gone')).failure).toBe(
      `the folder that it runs in was not found: ${JSON.stringify(folder)}`
    )
    await register(box, 'none', { command: join(own, 'tool') })
    rmSync(join(own, 'tool'))
    expect((await run('none')).failure).toBe('its program was not found')
  })
})
