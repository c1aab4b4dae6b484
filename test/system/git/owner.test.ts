import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { discover } from '../../../src/system/git/discover.js'
import { sandbox, scratch, type Sandbox } from '../sandbox.js'

const config = process.env['GIT_CONFIG_GLOBAL']!
const original = fs.readFileSync(config, 'utf8')
const OTHER = 12_345

const refused = expect.objectContaining({
  code: 'RepositoryState',
  message: expect.stringMatching(/ belongs to another user$/) as string,
  hint: expect.stringContaining('safe.directory') as string
})

/** A repository whose `.git` another user has made. */
function planted(): Sandbox {
  const box = sandbox()
  for (const folder of [dirname(box.root), box.root]) fs.chmodSync(folder, 0o755)
  fs.chownSync(join(box.root, '.git'), OTHER, OTHER)
  return box
}

function as<T>(user: number, run: () => T): T {
  process.seteuid!(user)
  try {
    return run()
  } finally {
    process.seteuid!(0)
  }
}

describe.runIf(process.getuid?.() === 0)('a repository of another user', () => {
  afterEach(() => {
    fs.writeFileSync(config, original)
    delete process.env['SUDO_UID']
  })

  it('is refused to a user, and to root too', () => {
    const { root } = planted()
    expect(() => as(23_456, () => discover(root))).toThrow(refused)
    expect(() => discover(root)).toThrow(refused)
    expect(as(OTHER, () => fs.statSync(root).uid)).toBe(0)
  })

  it('runs none of its programs as root', async () => {
    const box = planted()
    const marker = join(scratch(), 'ran')
    const program = join(box.root, 'gpg.sh')
    fs.writeFileSync(program, `#!/bin/sh\ntouch ${marker}\nexit 1\n`, { mode: 0o755 })
    const below = join(box.root, 'a/b')
    fs.mkdirSync(below, { recursive: true })
    fs.appendFileSync(
      join(box.root, '.git/config'),
      `[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = ${program}\n`
    )
    await expect(box.put({ 'vault/x': 'x' })).rejects.toThrow(refused)
    expect(() => discover(below)).toThrow(refused)
    expect(fs.existsSync(marker)).toBe(false)
  })

  it.each([
    ['its work tree', (root: string) => fs.chownSync(root, OTHER, OTHER)],
    ['its git directory', (root: string) => fs.chownSync(join(root, '.git'), OTHER, OTHER)],
    [
      'a link to its git directory',
      (root: string) => {
        const real = join(scratch(), 'real')
        fs.renameSync(join(root, '.git'), real)
        fs.symlinkSync(real, join(root, '.git'))
        fs.lchownSync(join(root, '.git'), OTHER, OTHER)
      }
    ],
    [
      'a file that names its git directory',
      (root: string) => {
        const real = join(scratch(), 'real')
        fs.renameSync(join(root, '.git'), real)
        fs.writeFileSync(join(root, '.git'), `gitdir: ${real}\n`)
        fs.chownSync(join(root, '.git'), OTHER, OTHER)
      }
    ]
  ])('is refused to root if only %s is the other user’s', (_, give) => {
    const { root } = sandbox()
    expect(discover(root).root).toBe(root)
    give(root)
    expect(() => discover(root)).toThrow(refused)
  })

  it('is open to root who comes from that user with sudo', () => {
    const { root } = planted()
    for (const [value, isOpen] of [
      [String(OTHER), true],
      ['23456', false],
      [`${OTHER} `, false],
      ['', false]
    ] as const) {
      process.env['SUDO_UID'] = value
      if (isOpen) expect(discover(root).root).toBe(root)
      else expect(() => discover(root)).toThrow(refused)
    }
    // only root can have come from another user
    process.env['SUDO_UID'] = String(OTHER)
    expect(() => as(23_456, () => discover(root))).toThrow(refused)
  })

  it.each([
    ['*', true],
    ['ROOT', true],
    ['ROOT/', true],
    ['PARENT/*', true],
    ['PARENT', false],
    ['.', false],
    ['/elsewhere/*', false]
  ])('safe.directory = %s in the user’s configuration: %s', (entry, isOpen) => {
    const { root } = planted()
    const value = entry.replace('ROOT', root).replace('PARENT', dirname(root))
    fs.writeFileSync(config, `${original}[safe]\n\tdirectory = ${value}\n`)
    if (isOpen) expect(discover(root).root).toBe(root)
    else expect(() => discover(root)).toThrow(refused)
    fs.appendFileSync(config, '\tdirectory =\n')
    expect(() => discover(root)).toThrow(refused)
  })

  it('cannot admit itself', () => {
    const box = planted()
    fs.appendFileSync(join(box.root, '.git/config'), '[safe]\n\tdirectory = *\n')
    Object.assign(process.env, {
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: '*'
    })
    try {
      expect(() => discover(box.root)).toThrow(refused)
    } finally {
      for (const name of ['COUNT', 'KEY_0', 'VALUE_0']) delete process.env[`GIT_CONFIG_${name}`]
    }
  })
})
