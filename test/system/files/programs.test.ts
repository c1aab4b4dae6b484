import * as fs from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { holderState } from '../../../src/system/files/holder.js'
import { programPath, shellPath, withSafePath } from '../../../src/system/files/programs.js'
import { initRepository } from '../../../src/system/git/initRepository.js'
import { sandbox, scratch, type Sandbox } from '../sandbox.js'

const original = process.env['PATH']!

describe('programPath', () => {
  it('searches absolute entries of PATH only, in their order', () => {
    const [first, second] = [scratch('first'), scratch('second')]
    for (const folder of [first, second]) fs.writeFileSync(join(folder, 'tool'), '', { mode: 0o755 })
    fs.writeFileSync(join(first, 'text'), '', { mode: 0o644 })
    fs.mkdirSync(join(first, 'folder'))
    const PATH = ['', '.', 'bin', '../x', first, second].join(delimiter)
    expect(programPath('tool', { PATH })).toBe(join(first, 'tool'))
    expect(programPath('tool', { PATH: second })).toBe(join(second, 'tool'))
    for (const name of ['text', 'folder', 'missing']) expect(programPath(name, { PATH })).toBeUndefined()
    expect(programPath('tool', { PATH: ['', '.', 'test'].join(delimiter) })).toBeUndefined()
    expect(programPath('tool', {})).toBeUndefined()
  })

  it('gives children a PATH without the current folder', () => {
    expect(withSafePath({ PATH: ['', '/a', '.', 'b', '/c d', ''].join(':'), HOME: '/h' })).toEqual({
      PATH: '/a:/c d',
      HOME: '/h'
    })
    expect(withSafePath({ HOME: '/h' })).toEqual({ HOME: '/h' })
    expect(shellPath({ ComSpec: 'cmd.exe' })).toBe('/bin/sh')
  })
})

describe('a program in the repository, and the current folder on PATH', () => {
  let box: Sandbox
  let marker: string

  beforeEach(() => {
    box = sandbox()
    marker = join(scratch(), 'ran')
    const script = `#!/bin/sh\necho "$0" >> ${marker}\nexec ${programPath('git')} "$@"\n`
    for (const name of ['git', 'git.exe', 'gpg', 'ps'])
      fs.writeFileSync(join(box.root, name), script, { mode: 0o755 })
    process.env['PATH'] = ['', '.', original].join(delimiter)
  })

  afterEach(() => {
    process.env['PATH'] = original
  })

  const ran = (): boolean => fs.existsSync(marker)

  it('git is not started by a write, a read of history, or init', async () => {
    await box.put({ 'vault/x': 'x' })
    const repository = await box.open()
    for await (const entry of repository.log({ paths: ['vault'] })) void entry
    await repository.close()
    await initRepository(box.root)
    expect(ran()).toBe(false)
  })

  it('nor is gpg started by git', async () => {
    fs.appendFileSync(join(box.root, '.git/config'), '[commit]\n\tgpgSign = true\n')
    const outcome = await box.put({ 'vault/x': 'x' }).catch((error: unknown) => error)
    expect(outcome).toMatchObject({ code: 'GitFailed' })
    expect(ran()).toBe(false)
  })

  it('nor is ps, on systems without /proc', () => {
    const holder = { pid: process.pid, start: '', boot: '', space: '', host: 'x' }
    holderState(holder, Date.now())
    expect(ran()).toBe(false)
  })
})

it('nothing in src and bin starts a program by a bare name', () => {
  const files = ['src', 'bin'].flatMap(folder =>
    fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(name => join(folder, name))
  )
  const starting = files
    .filter(path => /\.m?[jt]s$/.test(path))
    .flatMap(path =>
      [
        ...fs
          .readFileSync(path, 'utf8')
          .matchAll(
            /\b(?:spawn|spawnSync|execFile|execFileSync|exec|execSync|fork)\(\s*(?:['"`][^'"`]*['"`]?)/g
          )
      ].map(([call]) => `${path}: ${call}`)
    )
  expect(starting.filter(line => !/\.exec\(/.test(line))).toEqual([])
})
