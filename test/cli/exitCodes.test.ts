import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { scratch } from '../vault/fixture.js'
import { CTRL_C } from './drive.js'
import { PROGRAM, RunSandbox } from './runKit.js'

const DOCUMENT = fs.readFileSync(fileURLToPath(new URL('../../docs/errors.md', import.meta.url)), 'utf8')
const DRIVER = fileURLToPath(new URL('terminal.py', import.meta.url))

/** The error codes of the documentation, each with the exit code that is documented for it. */
const documented = new Map<string, number>()
/** Of these, the ones that no command line returns. */
const elsewhere = new Set([
  // `init` makes a key for all names, and only another key can take a name from it
  'EncryptionFailure'
])
for (const [, code = '', second = '', third = ''] of DOCUMENT.matchAll(
  /^\| `(\w+)` *\| (.*?) *\| (.*?) *\|/gm
)) {
  documented.set(code, /^\d+$/.test(second) ? Number(second) : 254)
  if (second.startsWith('`serve`:') || third.startsWith('reserved:')) elsewhere.add(code)
}
const exitCodes = [...DOCUMENT.matchAll(/^\| (\d+) /gm)].map(match => Number(match[1]))

let box: RunSandbox
/** Bob may add versions, and neither read nor create. */
let bob: { GIT_VAULT_IDENTITY_FILE: string }
beforeAll(() => {
  box = new RunSandbox()
  bob = { GIT_VAULT_IDENTITY_FILE: member('bob', 'encrypt') }
  member('carl', 'decrypt')
  box.must('delete-secret', '--secret-id', 'dev/bytes')
  box.must('clone', box.repository, join(box.home, 'other'))
  const { root } = JSON.parse(box.run(['verify', '--json']).stdout) as { root: string }
  expect(box.run(['trust', '--root', root], { cwd: join(box.home, 'other') }).code).toBe(0)
  box.must('member', 'remove', 'carl', '--yes')
}, 120_000)

/** Adds a member, and returns the file of the identity. */
function member(name: string, rights: string): string {
  const file = join(box.home, `${name}.yaml`)
  box.must('identity', 'new', '--no-passphrase', '--file', file)
  const { stdout } = box.run(['member', 'request'], { env: { GIT_VAULT_IDENTITY_FILE: file } })
  box.must('member', 'add', name, stdout.trim(), '--key', 'default', '--allow', rights, '--yes')
  return file
}

interface Case {
  readonly code: string
  readonly args: readonly string[]
  readonly env?: () => Record<string, string>
  readonly cwd?: () => string
  readonly input?: string
  /** Makes the state in which the command fails. Returns what ends it. */
  readonly given?: () => () => void
}

const git = (...args: string[]): void => {
  const { code, stderr } = box.run([], { shell: `git ${args.join(' ')}` })
  if (code !== 0) throw new Error(stderr)
}
const inVault = (path: string): string => join(box.repository, path)
const tags = (count: number): string =>
  JSON.stringify(Array.from({ length: count }, (_, at) => ({ Key: `k${at}`, Value: '' })))

function changed(path: string, text: string): () => void {
  const before = fs.readFileSync(path)
  fs.writeFileSync(path, text)
  return () => fs.writeFileSync(path, before)
}

const CASES: readonly Case[] = [
  {
    code: 'AccessDeniedException',
    args: ['create-secret', '--name', 'x', '--secret-string', 'v'],
    env: () => bob
  },
  { code: 'DecryptionFailure', args: ['get-secret-value', '--secret-id', 'dev/app'], env: () => bob },
  { code: 'InvalidNextTokenException', args: ['list-secrets', '--starting-token', 'x'] },
  {
    code: 'InvalidParameterException',
    args: [
      'delete-secret',
      '--secret-id',
      'dev/app',
      '--force-delete-without-recovery',
      '--recovery-window-in-days',
      '7'
    ]
  },
  { code: 'InvalidRequestException', args: ['get-secret-value', '--secret-id', 'dev/bytes'] },
  { code: 'LimitExceededException', args: ['create-secret', '--name', 'x', '--tags', tags(51)] },
  {
    code: 'MalformedPolicyDocumentException',
    args: ['put-resource-policy', '--secret-id', 'dev/app', '--resource-policy', '{"Version":"x"}']
  },
  {
    code: 'PublicPolicyException',
    args: [
      'put-resource-policy',
      '--secret-id',
      'dev/app',
      '--block-public-policy',
      '--resource-policy',
      '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"secretsmanager:GetSecretValue","Resource":"*"}]}'
    ]
  },
  { code: 'ResourceExistsException', args: ['create-secret', '--name', 'dev/app', '--secret-string', 'v'] },
  { code: 'ResourceNotFoundException', args: ['get', 'dev/none'] },
  { code: 'ValidationException', args: ['create-secret', '--name', 'a name', '--secret-string', 'v'] },
  { code: 'VaultNotFound', args: ['ls'], cwd: () => scratch('none') },
  {
    code: 'IdentityNotFound',
    args: ['get', 'dev/app'],
    env: () => ({ GIT_VAULT_IDENTITY_FILE: '/none.yaml' })
  },
  {
    code: 'IdentityLocked',
    args: ['get', 'dev/app'],
    env() {
      const file = join(box.home, 'open.yaml')
      fs.copyFileSync(bob.GIT_VAULT_IDENTITY_FILE, file)
      fs.chmodSync(file, 0o644)
      return { GIT_VAULT_IDENTITY_FILE: file }
    }
  },
  {
    code: 'RootUnknown',
    args: ['ls'],
    cwd() {
      const clone = join(scratch('clone'), 'clone')
      git('clone', '-q', box.repository, clone)
      return clone
    }
  },
  {
    code: 'DocumentRefused',
    args: ['get', 'dev/app'],
    given: () => changed(inVault('vault/secrets/dev/app/stages.yaml'), 'kind: stages\n')
  },
  {
    code: 'RepositoryState',
    args: ['put', 'dev/app', '-'],
    input: 'v',
    given() {
      git('checkout', '-q', '--detach')
      return () => git('checkout', '-q', '-')
    }
  },
  {
    code: 'RepositoryBusy',
    args: ['put', 'dev/app', '-'],
    input: 'v',
    given() {
      fs.writeFileSync(inVault('.git/index.lock'), '')
      return () => fs.rmSync(inVault('.git/index.lock'))
    }
  },
  {
    code: 'RemoteFailed',
    args: ['sync', 'gone'],
    given() {
      git('remote', 'add', 'gone', '/none.git')
      return () => git('remote', 'remove', 'gone')
    }
  },
  {
    code: 'MergeConflict',
    args: ['sync'],
    cwd: () => join(box.home, 'other'),
    given() {
      for (const cwd of [box.repository, join(box.home, 'other')])
        expect(box.run(['put', 'both', '-', '--create'], { cwd, input: cwd }).code).toBe(0)
      return () => undefined
    }
  },
  { code: 'GitFailed', args: ['put', 'dev/app', '-'], input: 'v', env: () => ({ PATH: '/none' }) },
  { code: 'FileFailed', args: ['put', 'dev/app', 'none.txt'] },
  { code: 'ValuesExposed', args: ['exposure', '--fail'] },
  { code: 'VaultUnwell', args: ['doctor', '--fail'] },
  {
    code: 'CommitRefused',
    args: ['hook', 'run'],
    given() {
      fs.copyFileSync(bob.GIT_VAULT_IDENTITY_FILE, inVault('key.yaml'))
      git('add', 'key.yaml')
      return () => git('rm', '-qf', 'key.yaml')
    }
  },
  {
    code: 'RotationFailed',
    args: ['rotate-secret', '--secret-id', 'dev/app', '--rotation-lambda-arn', 'fails'],
    given() {
      expect(box.run(['function', 'add', 'fails', '--command', 'false']).code).toBe(0)
      return () => box.run(['rotation', 'cancel', 'dev/app'])
    }
  },
  {
    code: 'RotationDue',
    args: ['due', '--fail'],
    given() {
      expect(box.run(['function', 'add', 'failed', '--command', 'false']).code).toBe(0)
      const words = ['rotate-secret', '--secret-id', 'dev/app', '--rotation-lambda-arn', 'failed']
      expect(box.run(words).code).toBe(255)
      return () => box.run(['rotation', 'cancel', 'dev/app'])
    }
  },
  {
    code: 'RotationInterrupted',
    args: ['rotate-secret', '--secret-id', 'dev/app', '--rotation-lambda-arn', 'interrupts'],
    given() {
      const line = `sh -c 'kill -INT $PPID; exec sleep 1000'`
      expect(box.run(['function', 'add', 'interrupts', '--command', line]).code).toBe(0)
      return () => box.run(['rotation', 'cancel', 'dev/app'])
    }
  },
  { code: 'Usage', args: ['ls', '--at-least', 'x'] }
]

describe('the documented exit code of', () => {
  it.each(CASES.map(one => [one.code, one] as const))('%s', (code, { args, env, cwd, input = '', given }) => {
    const end = given?.()
    const { code: status, stderr } = box.run(args, {
      input,
      env: { GIT_VAULT_DEBUG: '1', ...env?.() },
      ...(cwd && { cwd: cwd() })
    })
    end?.()
    // the stack trace begins with the error code
    expect({ status, code: /^([A-Z]\w+): /m.exec(stderr)?.[1] ?? stderr }).toEqual({
      status: documented.get(code),
      code
    })
  })

  it('each error code that a command can end with is among these', () => {
    expect(documented.size).toBeGreaterThan(30)
    const tested = CASES.map(({ code }) => code)
    expect([...tested, ...elsewhere].sort()).toEqual([...documented.keys()].sort())
  })
})

const run =
  (...args: string[]) =>
  () =>
    box.run(args).code

/** A command for each exit code. */
const EXITS: Readonly<Record<number, () => number | null>> = {
  0: run('ls'),
  126: run('run', 'dev/app', '--', '/etc/passwd'),
  127: run('run', 'dev/app', '--', '/none'),
  130() {
    const argv = [process.execPath, PROGRAM, 'put', 'dev/app']
    const order = { argv, cwd: box.repository, env: box.env, steps: [{ wait: 'alue', type: CTRL_C }] }
    const { stdout, stderr } = spawnSync('python3', [DRIVER, JSON.stringify(order)], { encoding: 'utf8' })
    if (stderr !== '') throw new Error(stderr)
    return (JSON.parse(stdout) as { code: number }).code
  },
  252: run('get-secret-value'),
  253: () => box.run(['ls'], { cwd: scratch('none') }).code,
  254: run('describe-secret', '--secret-id', 'none'),
  255: run('put', 'dev/app', 'none.txt')
}

it.each(exitCodes)('a command ends with %i', code => {
  expect(EXITS[code]?.()).toBe(code)
})

it('the reader of the output may go', () => {
  const gone = spawnSync('bash', ['-c', 'git-vault log --json | true; exit ${PIPESTATUS[0]}'], {
    cwd: box.repository,
    env: { ...process.env, ...box.env }
  })
  expect(gone.status).toBe(0)
})
