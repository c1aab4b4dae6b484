import { SecretsManager } from '@aws-sdk/client-secrets-manager'
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect } from 'vitest'
import { PROGRAM } from '../app/built.js'
import { scratch, token, type TestVault } from '../vault/fixture.js'
import type { Account, Postgres } from './postgres.js'

/** A rotation function in the shape of AWS's templates, or a built-in one. */
export interface RotationFunction {
  readonly name: string
  readonly option: '--python' | '--node' | '--builtin'
  /** Of a built-in one, the database. */
  readonly file: string
  /** Whether it alternates between two users. */
  readonly isMultiUser: boolean
}

const file = (name: string): string => fileURLToPath(new URL(`functions/${name}`, import.meta.url))
export const FUNCTIONS: readonly RotationFunction[] = [
  { name: 'python-single', option: '--python', file: file('single_user.py'), isMultiUser: false },
  { name: 'python-multi', option: '--python', file: file('multi_user.py'), isMultiUser: true },
  { name: 'node-single', option: '--node', file: file('single-user.mjs'), isMultiUser: false },
  { name: 'node-multi', option: '--node', file: file('multi-user.mjs'), isMultiUser: true }
]

/** The built-in ones. */
export const BUILTINS: readonly RotationFunction[] = [
  { name: 'builtin-single', option: '--builtin', file: 'postgresql', isMultiUser: false },
  { name: 'builtin-multi', option: '--builtin', file: 'postgresql', isMultiUser: true }
]

/** The name of the superuser's secret. */
export const MASTER = 'master'

/** Puts the Python with boto3 and pg8000 first in PATH, from which `function add --python` takes it. */
export function usePython(): void {
  const folder = fileURLToPath(new URL('../../.cache/aws/bin', import.meta.url))
  if (!existsSync(join(folder, 'python3')))
    throw new Error(
      'missing: boto3 and pg8000, which this test runs. Install them: test/conformance/setup.sh'
    )
  process.env['PATH'] = `${folder}${delimiter}${process.env['PATH'] ?? ''}`
}

export interface Ran {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

const running = new Set<ChildProcess>()
// a test that failed may have left one
afterAll(() => {
  for (const child of running) child.kill('SIGKILL')
})

/** Starts the built program in the vault's folder. */
export function startGitVault(
  box: TestVault,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {}
): { readonly child: ChildProcess; readonly ended: Promise<Ran> } {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: box.root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  running.add(child)
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', chunk => (stdout += String(chunk)))
  child.stderr.on('data', chunk => (stderr += String(chunk)))
  const ended = new Promise<Ran>(resolve =>
    child.once('close', (code, signal) => {
      running.delete(child)
      resolve({ code, signal, stdout, stderr })
    })
  )
  return { child, ended }
}

/** Runs the built program in the vault's folder. */
export const gitVault = (box: TestVault, ...args: string[]): Promise<Ran> => startGitVault(box, args).ended

export interface Serving {
  readonly child: ChildProcess
  readonly client: SecretsManager
  readonly ended: Promise<Ran>
  stop(): Promise<void>
}

/** Starts `git-vault serve` in a process of its own. Resolves once it accepts requests. */
export async function serve(box: TestVault): Promise<Serving> {
  const environment = join(scratch('serve'), 'environment')
  const { child, ended } = startGitVault(box, ['serve', '--port', '0', '--environment', environment])
  await new Promise<void>((resolve, reject) => {
    child.stdout!.once('data', () => resolve())
    void ended.then(({ code, stderr }) => reject(new Error(`git-vault serve ended with ${code}: ${stderr}`)))
  })
  const lines = readFileSync(environment, 'utf8').matchAll(/^([A-Z_]+)=(.*)$/gm)
  const env = new Map([...lines].map(([, name = '', value = '']) => [name, value]))
  const client = new SecretsManager({
    region: env.get('AWS_REGION') ?? '',
    endpoint: env.get('AWS_ENDPOINT_URL_SECRETS_MANAGER') ?? '',
    credentials: {
      accessKeyId: env.get('AWS_ACCESS_KEY_ID') ?? '',
      secretAccessKey: env.get('AWS_SECRET_ACCESS_KEY') ?? ''
    },
    maxAttempts: 1
  })
  return {
    ...{ child, client, ended },
    async stop() {
      client.destroy()
      child.kill('SIGTERM')
      await ended
    }
  }
}

/** Registers the function for the vault, as its user would. */
export async function addFunction(
  box: TestVault,
  { name, option, file: path, isMultiUser }: RotationFunction,
  ...more: string[]
): Promise<void> {
  const reads = isMultiUser || option === '--builtin' ? ['--may-read', MASTER] : []
  const users = isMultiUser && option === '--builtin' ? ['--alternating'] : []
  const added = await gitVault(box, 'function', 'add', name, option, path, ...reads, ...users, ...more)
  expect(added).toMatchObject({ code: 0, stderr: '' })
}

/** Creates the superuser's secret. Returns its ARN. */
export async function createMaster(box: TestVault, { admin }: Postgres): Promise<string> {
  const SecretString = JSON.stringify({ engine: 'postgres', ...admin })
  return (await box.api.createSecret({ Name: MASTER, SecretString })).ARN!
}

/** Creates a secret with an account of the database, as AWS's rotation functions expect it. */
export async function createAccount(
  box: TestVault,
  postgres: Postgres,
  Name: string,
  username: string,
  masterarn: string
): Promise<Account> {
  const account = await postgres.createUser(username, `first of ${Name}`)
  const SecretString = JSON.stringify({ engine: 'postgres', ...account, masterarn })
  await box.api.createSecret({ Name, SecretString, ClientRequestToken: token(Name) })
  return account
}

/** Returns the account in a version of the secret. */
export async function accountOf(
  box: TestVault,
  SecretId: string,
  VersionStage = 'AWSCURRENT'
): Promise<Account> {
  const { SecretString } = await box.api.getSecretValue({ SecretId, VersionStage })
  return JSON.parse(SecretString!) as Account
}

/** Waits until something is so. The test's own timeout ends it. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise(resolve => setTimeout(resolve, 100))
}
