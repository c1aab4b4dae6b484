import { execFileSync, spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, expect } from 'vitest'
import { addVersion } from '../../src/core/versions/labels.js'
import { noVersions, latestStamp, stamp, type Stages } from '../../src/core/versions/stages.js'
import { formatTime } from '../../src/core/time.js'
import type { SecretDocument } from '../../src/core/format/documents.js'
import { creationTime } from '../../src/core/versions/versions.js'
import { newIdentity } from '../../src/app/identityFile.js'
import { openVault, VaultError, type ErrorCode, type SecretsVault } from '../../src/index.js'
import { init, type Initialized } from '../../src/app/init.js'
import { open, type OpenOptions } from '../../src/app/open.js'
import type { Draft } from '../../src/vault/draft.js'
import type { Vault } from '../../src/vault/vault.js'
import { fastFolder } from '../fastFolder.js'
import { removeFolder } from '../removeFolder.js'

/** The folder for all files of a test file. It is removed when the test file ends. */
export const top = fastFolder('git-vault-test-')
afterAll(() => removeFolder(top))

const { GIT_VAULT_TEST_ROUNDS: ROUNDS, GIT_VAULT_TEST_SEED: SEED, GIT_VAULT_TEST_KILLS: KILLS } = process.env

/** 1 if a test that kills processes kills at each point, 7 at each seventh; 0 if its short form is enough. */
export const killsEvery = Number(KILLS ?? 0)

/** How often to repeat a random test. A long run repeats more. */
export const rounds = (fallback: number): number => Number(ROUNDS ?? fallback)

/** The seeds of a random test: 1 to `rounds(fallback)`, or the only one that is asked for, to repeat a failure. */
export const seeds = (fallback: number): number[] =>
  SEED === undefined ? Array.from({ length: rounds(fallback) }, (_, at) => at + 1) : [Number(SEED)]

// The tests must not read or change the machine's own identity and git configuration.
for (const name of Object.keys(process.env))
  if (/^(GIT_|EMAIL$|APPDATA$)/.test(name)) delete process.env[name]
Object.assign(process.env, {
  HOME: top,
  USERPROFILE: top,
  XDG_CONFIG_HOME: join(top, 'config'),
  GIT_CONFIG_GLOBAL: join(top, 'gitconfig'),
  GIT_CONFIG_NOSYSTEM: '1'
})
fs.writeFileSync(
  join(top, 'gitconfig'),
  '[init]\n\tdefaultBranch = main\n[advice]\n\tdetachedHead = false\n[user]\n\tname = Test\n\temail = test@example.com\n'
)

export const DAY = 24 * 60 * 60 * 1000

/** A clock that stands still until a test advances it. */
export class TestClock {
  time = Date.UTC(2027, 2, 1, 10)

  now(): number {
    return this.time
  }

  advance(ms: number): number {
    return (this.time += ms)
  }
}

export const scratch = (name = 'x'): string => fs.mkdtempSync(join(top, `${name}-`))

/** A recognisable token of 36 characters. */
export const token = (name: string | number): string => `${name}`.padEnd(36, '-')

/** The file that `newIdentity` creates by default. */
export const identityFile = join(top, 'config', 'git-vault', 'identity.yaml')

/** Returns the secret string in an identity file. */
export const secretString = (file = identityFile): string =>
  /gvsec1_[\w-]+/.exec(fs.readFileSync(file, 'utf8'))?.[0] ?? ''

/** A vault in its own repository, opened through the library. */
export class TestVault {
  readonly root: string
  readonly made: Initialized
  readonly clock = new TestClock()
  readonly notices: string[] = []
  /** Warnings that the clock may be far ahead: the tests' clock is, of git's. */
  readonly clockNotices: string[] = []
  api!: SecretsVault

  constructor(root: string, made: Initialized) {
    this.root = root
    this.made = made
  }

  get options(): OpenOptions {
    return { directory: this.root, clock: this.clock, notice: line => this.#note(line) }
  }

  #note(line: string): void {
    if (line.startsWith("this computer's clock says")) this.clockNotices.push(line)
    else this.notices.push(line)
  }

  async reopen(): Promise<SecretsVault> {
    this.api = await openVault(this.options)
    noticesOf.set(this.api, this.notices)
    return this.api
  }

  /** The internal vault, for states that no operation creates. */
  internal(): Promise<Vault> {
    return open(this.options)
  }

  git(...args: string[]): string {
    return execFileSync('git', args, { cwd: this.root, encoding: 'utf8', stdio: 'pipe', maxBuffer: 1 << 28 })
  }

  tryGit(...args: string[]): { status: number | null; stderr: string; stdout: string } {
    return spawnSync('git', args, { cwd: this.root, encoding: 'utf8' })
  }

  head(): string {
    return this.git('rev-parse', 'HEAD').trim()
  }

  commits(): number {
    return Number(this.git('rev-list', '--count', 'HEAD'))
  }

  status(): string {
    return this.git('status', '--porcelain=v2', '--untracked-files=all')
  }

  /** Everything that a refused write must not change. */
  state(): string {
    return [this.head(), this.status(), ...this.files().map(path => `${path} ${this.read(path)}`)].join('\n')
  }

  path(path: string): string {
    return join(this.root, path)
  }

  read(path: string): string {
    return fs.readFileSync(this.path(path), 'utf8')
  }

  write(path: string, content: string | Uint8Array): void {
    fs.mkdirSync(dirname(this.path(path)), { recursive: true })
    fs.writeFileSync(this.path(path), content)
  }

  /** The work tree's files, relative and sorted, without `.git`. */
  files(folder = ''): string[] {
    return fs
      .readdirSync(this.path(folder), { withFileTypes: true })
      .flatMap(entry => {
        const path = folder === '' ? entry.name : `${folder}/${entry.name}`
        if (path === '.git') return []
        return entry.isDirectory() ? this.files(path) : [path]
      })
      .sort()
  }

  versionFiles(name: string): string[] {
    return this.files(`vault/secrets/${name}/versions`)
  }

  /** Expects that git finds no fault and that the work tree is the same as the commit. */
  expectClean(): void {
    expect(this.fsck()).toEqual({ status: 0, output: '' })
    expect(this.status()).toBe('')
  }

  /** Retries: git fsck fails if a background repack removes packs while it runs. */
  fsck(): { status: number | null; output: string } {
    for (let attempt = 1; ; attempt++) {
      const { status, stdout, stderr } = this.tryGit('fsck', '--full', '--strict', '--no-dangling')
      if (status === 0 || attempt === 5) return { status, output: stdout + stderr }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
    }
  }
}

let identity: ReturnType<typeof newIdentity> | undefined

/** Creates a vault in a new repository. Its only member is the user of this test file. */
export async function makeVault(name = 'repo', region = 'local'): Promise<TestVault> {
  await (identity ??= newIdentity())
  return initVault(join(scratch(name), 'work'), region)
}

export async function initVault(directory: string, region = 'local'): Promise<TestVault> {
  const made = await init({
    directory,
    vaultDir: 'vault',
    region,
    accountId: '000000000000',
    member: 'alice'
  })
  const vault = new TestVault(directory, made)
  await vault.reopen()
  return vault
}

/** Clones a vault. The clone remembers nothing. */
export async function cloneOf(vault: TestVault, ...args: string[]): Promise<TestVault> {
  const directory = join(scratch('clone'), 'work')
  execFileSync('git', ['clone', '-q', ...args, vault.root, directory], { stdio: 'pipe' })
  const clone = new TestVault(directory, vault.made)
  clone.clock.time = vault.clock.time
  await clone.reopen()
  return clone
}

export interface OldVersion {
  readonly token: string
  /** Milliseconds since the Unix epoch. */
  readonly time: number
  readonly labels?: readonly string[]
}

/** Makes many puts, each signed like a real one, in one commit: a quick way to a long history. */
export async function putMany(
  vault: TestVault,
  name: string,
  versions: readonly OldVersion[]
): Promise<void> {
  const internal = await vault.internal()
  await internal.write('PutSecretValue', async draft => {
    const secret = await draft.view.secret(name)
    const stages = addAll(draft, { ...secret, stages: secret.stages }, versions)
    const last = versions.at(-1)
    draft.updateStages(secret, stages, last?.token, stamp(last?.time ?? 0, latestStamp(secret.stages)))
    draft.describe(name, [])
  })
}

function addAll(
  draft: Draft,
  { arn, name, stages: before }: { arn: string; name: string; stages: Stages },
  versions: readonly OldVersion[]
): Stages {
  let stages = before
  for (const { token: versionId, time, labels } of versions) {
    const created = creationTime(stages, time)
    const value = { type: 'string', text: `value of ${versionId}` } as const
    const entry = draft.addVersion({ arn, name, versionId, created, value })
    stages = addVersion(stages, { versionId, entry, labels, stamp: stamp(time, latestStamp(stages)) })
  }
  return stages
}

/** Creates a secret that is scheduled for deletion. Its ARN ends in AbCdEf. */
export async function makeScheduled(vault: TestVault, name: string): Promise<void> {
  const changed = formatTime(vault.clock.time)
  const deletion = { date: formatTime(vault.clock.time + 30 * DAY), changed }
  await makeSecret(vault, `arn:aws:secretsmanager:local:000000000000:secret:${name}-AbCdEf`, { deletion })
}

/** Creates a secret with an ARN, in the home region. */
export async function makeSecret(
  vault: TestVault,
  arn: string,
  fields: Partial<SecretDocument> = {}
): Promise<void> {
  const internal = await vault.internal()
  const name = arn.split(':').slice(6).join(':').slice(0, -7)
  const time = formatTime(vault.clock.time)
  await internal.write('CreateSecret', async draft => {
    const version = { token: token(`scheduled ${name}`), time: vault.clock.time }
    const stages = addAll(draft, { arn, name, stages: noVersions }, [version])
    const register = { value: 'default', changed: time }
    draft.addSecret(
      { name, arn, created: time, token: version.token, key: register, ...fields },
      stages,
      stamp(vault.clock.time)
    )
    draft.describe(name, [])
  })
}

/** Returns the `VaultError` that a promise rejects with. Fails the test for anything else. */
export async function failure(promise: Promise<unknown>): Promise<{ code: string; message: string }> {
  const [outcome] = await Promise.allSettled([promise])
  if (outcome.status === 'fulfilled') throw new Error(`it succeeded with ${JSON.stringify(outcome.value)}`)
  const { reason } = outcome as { reason: unknown }
  if (!(reason instanceof VaultError)) throw reason
  // Callers of the AWS SDK check the name.
  expect(reason.name).toBe(reason.code)
  return { code: reason.code, message: reason.message }
}

const noticesOf = new WeakMap<SecretsVault, string[]>()

/** ListSecrets. Throws what it says to have left out, as a DocumentRefused: nothing is left out in silence. */
export async function listStrictly(api: SecretsVault, notices = noticesOf.get(api)) {
  if (!notices) throw new Error('the notices of this vault are not known')
  const before = notices.length
  const answer = await api.listSecrets()
  const told = notices.slice(before).filter(line => line.startsWith('skipped: '))
  if (told.length === 0) return answer
  notices.length = before
  throw new VaultError(
    'DocumentRefused',
    told.map(line => line.slice(9).replace(/; mend it .*/, '')).join('\n')
  )
}

/** BatchGetSecretValue of one secret. Throws its entry in `Errors`. */
export async function batchStrictly(api: SecretsVault, secretId: string) {
  const answer = await api.batchGetSecretValue({ SecretIdList: [secretId] })
  const [error] = answer.Errors ?? []
  if (!error) return answer
  throw new VaultError(error.ErrorCode as ErrorCode, error.Message ?? '')
}

/** The keys of a response that are present, in their order. */
export const keys = (response: object): string[] => Object.keys(response)

/** Replaces the vault's folder by a copy, and resets all other files to the last commit. */
export function restoreVault(box: TestVault, copy: string): void {
  fs.rmSync(box.path('vault'), { recursive: true, force: true })
  fs.cpSync(copy, box.path('vault'), { recursive: true })
  box.git('reset', '-q', '--hard')
}
