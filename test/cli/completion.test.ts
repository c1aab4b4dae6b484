import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { gitVerbs, verbs } from '../../src/cli/verbs.js'
import { commands } from '../../src/cli/aws/command.js'
import { scratch } from '../vault/fixture.js'
import { RunSandbox } from './runKit.js'

const DRIVER = fileURLToPath(new URL('terminal.py', import.meta.url))
const isInstalled = (shell: string): boolean => spawnSync(shell, ['-c', 'exit 0']).status === 0
const ESCAPE = String.fromCharCode(27)
const CONTROLS = new RegExp(`${ESCAPE}\\[[?0-9;]*[a-zA-Z]`, 'g')

let box: RunSandbox
let ids: string[]
beforeAll(() => {
  box = new RunSandbox()
  for (const name of ['prod', 'prod/db', 'MyApp/Main', 'a@b=c', 'rds!db']) box.put(name, 'value')
  box.put('dev/app', 'another value')
  ids = box.run(['history', 'dev/app']).stdout.match(/[0-9a-f-]{36}/g)!
}, 120_000)

/** The candidates, without their descriptions, for someone who has no identity. */
function offered(...words: string[]): string[] {
  const { stdout, stderr, code } = box.run(['__complete', ...words], {
    env: { GIT_VAULT_IDENTITY_FILE: join(box.home, 'none.yaml') }
  })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout.split('\n').flatMap(line => (line === '' ? [] : [line.split('\t')[0]!]))
}

describe('the candidates', () => {
  it('of a command are every command, of the tables alone', () => {
    const all = offered('')
    for (const name of [...Object.keys(verbs), ...commands(), 'exec', 'help']) expect(all).toContain(name)
    for (const name of [...Object.keys(gitVerbs), '__complete', 'merge-driver'])
      expect(all).not.toContain(name)
    expect(offered('roll')).toEqual(['rollback'])
    expect(offered('-')).toEqual(['-C', '--help', '--version'])
  })

  it('of options are those of the verb, of its action, or of the AWS CLI', () => {
    expect(offered('show', 'x', '--')).toEqual(['--json', '--region', '--help', '--at-least'])
    expect(offered('show', 'x', '--json', '--r')).toEqual(['--region'])
    expect(offered('member', 'admin', '--')).toEqual(['--no', '--yes', '--help', '--at-least'])
    expect(offered('get-secret-value', '--')).toEqual(expect.arrayContaining(['--secret-id', '--query']))
    expect(offered('get-secret-value', '--output', 't')).toEqual(['text', 'table'])
    expect(offered('get-secret-value', '--output=t')).toEqual(['--output=text', '--output=table'])
    expect(offered('--output', 'js')).toEqual(['json'])
  })

  it('of names are one folder at a time', () => {
    const top = ['MyApp/', 'a@b=c', 'dev/', 'prod', 'prod/', 'rds!db']
    expect(offered('get', '')).toEqual(top)
    expect(offered('get', 'p')).toEqual(['prod', 'prod/'])
    expect(offered('get', 'dev/')).toEqual(['dev/app', 'dev/bytes', 'dev/pem'])
    expect(offered('ls', 'dev/p')).toEqual(['dev/pem'])
    // their folders have other names, so that they live on a file system that folds case
    expect(offered('get', 'MyApp/')).toEqual(['MyApp/Main'])
    expect(offered('get', 'myapp/')).toEqual([])
    expect(offered('run', 'dev/app', 'prod/')).toEqual(['prod/db'])
    expect(offered('exec', '--env', 'DB=prod/')).toEqual(['DB=prod/db'])
    expect(offered('run', '--env=DB=prod/')).toEqual(['--env=DB=prod/db'])
    expect(offered('get-secret-value', '--secret-id', 'prod/')).toEqual(['prod/db'])
    expect(offered('secretsmanager', 'get-secret-value', '--secret-id', 'prod/')).toEqual(['prod/db'])
  })

  it('of versions, labels, members and keys', () => {
    expect(ids).toHaveLength(2)
    expect(offered('rollback', 'dev/app', '')).toEqual(ids)
    expect(offered('label', 'dev/app', 'AWS')).toEqual(['AWSCURRENT', 'AWSPREVIOUS'])
    expect(offered('label', 'dev/app', 'x', ids[0]!.slice(0, 3))).toEqual([ids[0]])
    expect(offered('get-secret-value', '--secret-id', 'dev/app', '--version-id', '')).toEqual(ids)
    expect(offered('member', 'show', '')).toEqual(['ana'])
    expect(offered('member', 'add', 'bob', '--key', '')).toEqual(['default'])
    expect(offered('key', 'show', '')).toEqual(['default'])
  })

  it('of actions, shells and files', () => {
    expect(offered('member', 're')).toEqual(['request', 'revoke', 'remove'])
    expect(offered('credential', '')).toEqual(['new', 'list', 'rm'])
    expect(offered('completion', '')).toEqual(['bash', 'zsh', 'fish'])
    expect(offered('put', 'x', '')).toEqual([':file'])
    expect(offered('-C', '')).toEqual([':folder'])
    expect(offered('run', 'x', '--', 'n')).toEqual([':program'])
    expect(offered('run', 'x', '--', 'npm', 'n')).toEqual([':file'])
  })

  it('are none, without an error, where there is no vault and for a line that is wrong', () => {
    const run = (...words: string[]) => box.run(['__complete', ...words], { cwd: scratch('nowhere') })
    for (const words of [
      ['get', ''],
      ['nonsense', ''],
      ['get', 'x', 'y', 'z', ''],
      ['-C', '/none', 'get', ''],
      []
    ])
      expect(run(...words)).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(run('-C', box.repository, 'get', 'dev/a').stdout).toBe('dev/app\n')
  })

  it('never have a character that a terminal obeys', () => {
    const folder = join(box.repository, 'vault/secrets', `evil${ESCAPE}[2J\u202e`)
    fs.mkdirSync(folder)
    fs.writeFileSync(join(folder, 'secret.yaml'), '')
    expect(offered('get', 'evil')).toEqual([])
    fs.rmSync(folder, { recursive: true })
  })

  it('are no name that a folder has no right to', () => {
    const secrets = join(box.repository, 'vault/secrets')
    const own = fs.readdirSync(secrets).find(name => name.startsWith('myapp~'))!
    const other = join(secrets, `myapp~${'a'.repeat(26)}`)
    fs.cpSync(join(secrets, own), other, { recursive: true })
    expect(offered('get', 'My')).toEqual(['MyApp/'])
    fs.rmSync(join(secrets, own), { recursive: true })
    expect(offered('get', 'My')).toEqual([])
    fs.cpSync(other, join(secrets, own), { recursive: true })
    fs.rmSync(other, { recursive: true })
  })

  it('remember nothing, and change nothing', () => {
    const state = () =>
      fs
        .readdirSync(box.repository, { recursive: true, encoding: 'utf8' })
        .map(path => [path, fs.statSync(join(box.repository, path)).mtimeMs])
    const before = state()
    offered('rollback', 'dev/app', '')
    offered('get', '')
    expect(state()).toEqual(before)
  })
})

/** What an interactive shell passes to a program for a line that was typed. */
function typedIn(shell: string, start: string, line: string): string {
  const rc = join(scratch('rc'), '.zshrc')
  fs.writeFileSync(rc, `${start}\nshown() { printf 'got:'; printf '<%s>' "$@"; echo; }\nPS1='ready> '\n`)
  const argv = shell === 'bash' ? ['bash', '--noprofile', '--rcfile', rc, '-i'] : ['zsh', '-i']
  const env = { ...box.env, ZDOTDIR: join(rc, '..'), HISTFILE: '' }
  const steps = [
    { wait: 'ready> ', type: line },
    { wait: line.trim().slice(-1), type: '\r' },
    { wait: 'got:', type: 'exit\r' }
  ]
  const { stdout, stderr } = spawnSync(
    'python3',
    [DRIVER, JSON.stringify({ argv, cwd: box.repository, env, steps })],
    {
      encoding: 'utf8'
    }
  )
  if (stderr !== '') throw new Error(stderr)
  const { shown } = JSON.parse(stdout) as { shown: string }
  return /got:(.*?)\r?\n/.exec(shown.replace(CONTROLS, ''))?.[1] ?? shown
}

describe('bash, at a terminal', () => {
  const bash = (line: string): string =>
    typedIn('bash', 'eval "$(git-vault completion bash)"; complete -F _git_vault shown', line)

  it.each([
    ['shown rollb\t', '<rollback>'],
    ['shown get de\tap\t', '<get><dev/app>'],
    ['shown get MyApp/\t', '<get><MyApp/Main>'],
    // bash splits words at = and @
    ['shown get a@\t', '<get><a@b=c>'],
    ['shown get a@b=\t', '<get><a@b=c>'],
    ['shown run --env DB=prod/\t', '<run><--env><DB=prod/db>'],
    ['shown run --env=DB=prod/\t', '<run><--env=DB=prod/db>'],
    ['shown get-secret-value --output=ta\t', '<get-secret-value><--output=table>'],
    ['shown get "prod/d\t', '<get><prod/db>'],
    // it means an earlier command to bash
    ['shown get rds\t', '<get><rds!db>'],
    ['shown put x .vault\t', '<put><x><.vaultrc>'],
    [
      'shown get-secret-value --secret-id dev/app --version-stage AWSC\t',
      '<get-secret-value><--secret-id><dev/app><--version-stage><AWSCURRENT>'
    ]
  ])('%j', (line, expected) => {
    expect(bash(line)).toBe(expected)
  })
})

describe.each(['fish'].filter(isInstalled))('%s', () => {
  it.each([
    ['git-vault get dev/', ['dev/app', 'dev/bytes', 'dev/pem']],
    ['git-vault rollb', ['rollback']],
    ['git-vault run --env=DB=prod/', ['--env=DB=prod/db']],
    ['git vault get MyApp/', ['MyApp/Main']],
    ['git-vault put x .vaul', ['.vaultrc']]
  ])('%s', (line, expected) => {
    const { stdout } = box.run([], {
      shell: `fish -c "git-vault completion fish | source; complete -C '${line}'"`
    })
    expect(stdout.split('\n').flatMap(text => (text === '' ? [] : [text.split('\t')[0]]))).toEqual(expected)
  })
})

it('the code is there for three shells, and each installed one can read it', () => {
  const shells = ['bash', 'zsh', 'fish']
  for (const shell of shells) {
    const { stdout, code } = box.run(['completion', shell])
    expect(code).toBe(0)
    expect(stdout).toContain('git-vault __complete')
    const file = join(scratch('code'), 'code')
    fs.writeFileSync(file, stdout)
    if (isInstalled(shell)) expect(spawnSync(shell, ['-n', file]).status).toBe(0)
  }
  expect(box.run(['completion', 'tcsh'])).toEqual({
    code: 252,
    stdout: '',
    stderr: "git-vault: completion has no code for 'tcsh'\ngit-vault: hint: name bash, zsh or fish\n"
  })
})
