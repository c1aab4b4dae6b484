import { execFileSync, spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PROGRAM, root } from './built.js'
import { mergeSetup, setUpMerging } from '../../src/app/mergeSetup.js'
import { identityFile, makeVault, scratch, type TestVault } from '../vault/fixture.js'
import { follower } from '../vault/merging/mergeKit.js'

const KEY = 'merge.git-vault.driver'

const settings = (box: TestVault): string[] =>
  box
    .tryGit('config', '--local', '--get-regexp', String.raw`^(merge|diff)\.git-vault\.`)
    .stdout.split('\n')
    .filter(line => line !== '')
    .sort()

const expected = [
  `diff.git-vault.textconv '${process.execPath}' '${PROGRAM}' textconv`,
  `${KEY} '${process.execPath}' '${PROGRAM}' merge-driver %O %A %B %P %L`,
  'merge.git-vault.name git-vault: merge a vault by the rules of its format'
]

/** Runs the program, with a `git` first on PATH that notes each process. Returns their subcommands. */
function traced(box: TestVault, program: string, ...args: string[]): string[] {
  const folder = scratch('path')
  const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim()
  const log = join(folder, 'log')
  fs.writeFileSync(join(folder, 'git'), `#!/bin/sh\necho "$*" >>'${log}'\nexec '${real}' "$@"\n`, {
    mode: 0o755
  })
  const { status, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: box.root,
    input: 'value',
    encoding: 'utf8',
    env: { ...process.env, PATH: `${folder}${delimiter}${process.env['PATH']}` }
  })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return fs.readFileSync(log, 'utf8').trimEnd().split('\n')
}

const configured = (lines: readonly string[]): number =>
  lines.filter(line => line.includes('--replace-all')).length

describe('git uses git-vault to merge the vault’s files', () => {
  it('after init', async () => {
    expect(settings(await makeVault())).toEqual(expected)
  })

  it('in a clone after its first write, which costs three processes once', async () => {
    const box = await follower(await makeVault())
    expect(settings(box)).toEqual([])
    expect(await mergeSetup(box.root)).toBe('missing')
    const first = traced(box, PROGRAM, 'put', 'a', '--create', '-')
    expect(settings(box)).toEqual(expected)
    const second = traced(box, PROGRAM, 'put', 'b', '--create', '-')
    expect([configured(first), configured(second)]).toEqual([3, 0])
    expect(second).toHaveLength(first.length - 3)
    expect(await mergeSetup(box.root)).toBe('set')
  })

  it('but a read changes nothing', async () => {
    const box = await makeVault()
    await box.api.createSecret({ Name: 'a', SecretString: 'x' })
    const clone = await follower(box)
    await clone.api.getSecretValue({ SecretId: 'a' })
    expect(settings(clone)).toEqual([])
  })

  it('and a write leaves a command of the user’s own, which doctor --fix and clone replace', async () => {
    const box = await follower(await makeVault())
    box.git('config', KEY, 'mine %A')
    await box.api.createSecret({ Name: 'a', SecretString: 'x' })
    expect(settings(box)).toEqual([`${KEY} mine %A`])
    expect(await mergeSetup(box.root)).toBe('other')
    expect(await setUpMerging(box.root)).toBe(true)
    expect(settings(box)).toEqual(expected)
    expect(await mergeSetup(box.root)).toBe('set')
  })

  it('in a linked work tree too, once for all', async () => {
    const box = await follower(await makeVault())
    const linked = join(scratch('linked'), 'tree')
    box.git('worktree', 'add', '-q', '-b', 'side', linked)
    expect(await setUpMerging(linked)).toBe(true)
    expect(settings(box)).toEqual(expected)
  })
})

describe('a program inside the repository, which anybody who can push may have written,', () => {
  /** The program as `npm install git-vault` in the repository itself would put it. */
  function installIn(folder: string): string {
    const place = join(folder, 'node_modules/git-vault')
    fs.mkdirSync(place, { recursive: true })
    for (const part of ['bin', 'dist', 'package.json'])
      fs.cpSync(join(root, part), join(place, part), { recursive: true })
    fs.symlinkSync(join(root, 'node_modules'), join(place, 'node_modules'))
    return join(place, 'bin/git-vault.js')
  }

  it('is never set as a command', async () => {
    const box = await follower(await makeVault())
    const program = installIn(box.root)
    fs.writeFileSync(join(box.root, '.git/info/exclude'), 'node_modules\n')
    traced(box, program, 'put', 'a', '--create', '-')
    expect(settings(box)).toEqual([])
  })

  it('nor one in another work tree of it', async () => {
    const box = await follower(await makeVault())
    const linked = join(scratch('linked'), 'tree')
    box.git('worktree', 'add', '-q', '-b', 'side', linked)
    traced(box, installIn(linked), 'put', 'a', '--create', '-')
    expect(settings(box)).toEqual([])
  })
})

it('a command with special characters in its path is one that git runs', async () => {
  const folder = join(scratch("it's 100% $(odd)"), 'git-vault')
  fs.mkdirSync(folder)
  for (const part of ['bin', 'dist', 'package.json'])
    fs.cpSync(join(root, part), join(folder, part), { recursive: true })
  fs.symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const box = await follower(await makeVault())
  traced(box, join(folder, 'bin/git-vault.js'), 'put', 'a', '--create', '-')
  const other = await follower(box)
  for (const clone of [box, other]) {
    clone.clock.time = Date.now()
    await clone.reopen()
    await clone.api.putSecretValue({ SecretId: 'a', SecretString: `of ${clone.root}` })
  }
  box.git('fetch', '-q', other.root, 'main')
  expect(box.tryGit('merge', '--no-edit', 'FETCH_HEAD')).toMatchObject({ status: 0 })
  expect(fs.existsSync(identityFile)).toBe(true)
})
