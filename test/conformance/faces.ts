import * as sdk from '@aws-sdk/client-secrets-manager'
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { operations, type OperationName } from '../../src/core/generated/operations.js'
import type { Shape } from '../../src/core/shape.js'
import { kebab } from '../../src/cli/aws/names.js'
import { makeVault, scratch, type TestVault } from '../vault/fixture.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const PYTHON = join(root, '.cache/aws/bin/python')
export const AWS = join(root, '.cache/aws/bin/aws')
export const PROGRAM = join(root, 'bin/git-vault.js')

/**
 * Whether boto3 and the AWS CLI are installed. Without them half of the tests are skipped, and .ci/run fails.
 */
export const hasAws = existsSync(PYTHON)
if (!hasAws) console.warn('missing: boto3 and the AWS CLI, which test/conformance/setup.sh installs')

export type Fields = Record<string, unknown>

/** One way of calling the service. All return the same form of answer: dates are `Date`s, bytes are bytes. */
export interface Face {
  readonly name: string
  ask(operation: OperationName, request: Fields): Promise<Fields>
}

/** An error of the service, in the same form for all faces. */
export class Refused extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** A vault, `git-vault serve` over it, and every client. */
export class Service {
  readonly vault: TestVault
  readonly environment: Record<string, string>
  readonly #server: ChildProcess
  #python: Python | undefined

  private constructor(vault: TestVault, server: ChildProcess, environment: Record<string, string>) {
    this.vault = vault
    this.#server = server
    this.environment = environment
  }

  static async start(): Promise<Service> {
    const vault = await makeVault('conformance')
    const file = join(scratch('serve'), 'environment')
    const server = spawn(process.execPath, [PROGRAM, 'serve', '--port', '0', '--environment', file], {
      cwd: vault.root,
      stdio: ['ignore', 'pipe', 'pipe']
    })
    let errors = ''
    server.stderr.on('data', chunk => (errors += String(chunk)))
    await new Promise<void>((resolve, reject) => {
      server.stdout.once('data', () => resolve())
      server.once('exit', code => reject(new Error(`git-vault serve ended with ${code}: ${errors}`)))
    })
    const lines = readFileSync(file, 'utf8').matchAll(/^(?:export )?([A-Z_]+)=(.*)$/gm)
    const environment = Object.fromEntries(
      [...lines].map(([, name, value]) => [name!, value!.replace(/^(['"])(.*)\1$/, '$2')])
    )
    return new Service(vault, server, environment)
  }

  async stop(): Promise<void> {
    this.#python?.stop()
    const ended = new Promise(resolve => this.#server.once('exit', resolve))
    this.#server.kill('SIGTERM')
    await ended
  }

  get python(): Python {
    return (this.#python ??= new Python(this.environment))
  }

  client(region = this.environment['AWS_REGION'] ?? ''): sdk.SecretsManager {
    return new sdk.SecretsManager({
      region,
      endpoint: this.environment['AWS_ENDPOINT_URL_SECRETS_MANAGER'] ?? '',
      credentials: {
        accessKeyId: this.environment['AWS_ACCESS_KEY_ID'] ?? '',
        secretAccessKey: this.environment['AWS_SECRET_ACCESS_KEY'] ?? ''
      },
      maxAttempts: 1
    })
  }

  faces(): Face[] {
    return [this.#sdk(), this.#boto3(), this.#awsCli(), this.#cli()]
  }

  #sdk(): Face {
    const client = this.client()
    const commands = sdk as unknown as Record<string, new (request: Fields) => never>
    return {
      name: '@aws-sdk/client-secrets-manager',
      async ask(operation, request) {
        const Command = commands[`${operation}Command`]!
        try {
          const { $metadata, ...answer } = (await client.send(new Command(request))) as unknown as Fields
          return answer
        } catch (error) {
          if (error instanceof sdk.SecretsManagerServiceException)
            throw new Refused(error.name, error.message)
          throw error
        }
      }
    }
  }

  #boto3(): Face {
    return {
      name: 'boto3',
      ask: async (operation, request) => {
        const order = { client: 'boto3', operation, request: encoded(request) }
        const { answer, error } = await this.python.ask<{ answer?: Fields; error?: Refused }>(order)
        if (error) throw new Refused(error.code, error.message)
        return decoded(answer, operations[operation].output) as Fields
      }
    }
  }

  #awsCli(): Face {
    return {
      name: 'aws',
      ask: async (operation, { SecretBinary, ...request }) => {
        // version 1 accepts bytes only from a file
        const file = join(scratch('bytes'), 'value')
        if (SecretBinary) writeFileSync(file, SecretBinary as Uint8Array)
        const args = [kebab(operation), '--cli-input-json', JSON.stringify(request), '--output', 'json']
        if (SecretBinary) args.push('--secret-binary', `fileb://${file}`)
        if (PAGED.includes(operation)) args.push('--no-paginate')
        return parsed(operation, await this.aws(args))
      }
    }
  }

  #cli(): Face {
    return {
      name: 'git-vault',
      ask: async (operation, request) => {
        const args = [
          kebab(operation),
          '--cli-input-json',
          JSON.stringify(encoded(request)),
          '--output',
          'json'
        ]
        if (PAGED.includes(operation)) args.push('--no-paginate')
        return parsed(operation, await this.gitVault(args))
      }
    }
  }

  /** `aws secretsmanager …` */
  aws(args: readonly string[]): Promise<Ran> {
    return this.python.ask<Ran>({ client: 'cli', arguments: args })
  }

  /** `git-vault …`, in the vault's folder. */
  gitVault(args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
    return new Promise(resolve => {
      const options = { cwd: this.vault.root, env: { ...process.env, ...env }, maxBuffer: 1 << 26 }
      const child = execFile(process.execPath, [PROGRAM, ...args], options, (_, stdout, stderr) =>
        resolve({ code: child.exitCode ?? -1, stdout, stderr })
      )
      child.stdin?.end()
    })
  }
}

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** boto3 and the AWS CLI in one long-running process. */
class Python {
  readonly #child
  readonly #waiting: ((line: string) => void)[] = []

  constructor(environment: Record<string, string>) {
    this.#child = spawn(PYTHON, [fileURLToPath(new URL('clients.py', import.meta.url))], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: {
        ...process.env,
        ...environment,
        AWS_DEFAULT_REGION: environment['AWS_REGION'] ?? '',
        AWS_MAX_ATTEMPTS: '1'
      }
    })
    createInterface(this.#child.stdout).on('line', line => this.#waiting.shift()?.(line))
  }

  async ask<T>(order: Fields): Promise<T> {
    const line = await new Promise<string>(resolve => {
      this.#waiting.push(resolve)
      this.#child.stdin.write(`${JSON.stringify(order)}\n`)
    })
    const result = JSON.parse(line) as T & { failure?: string }
    if (result.failure !== undefined) throw new Error(result.failure)
    return result
  }

  stop(): void {
    this.#child.stdin.end()
  }
}

/** The operations that botocore paginates by itself. */
const PAGED: readonly string[] = ['ListSecrets', 'ListSecretVersionIds', 'BatchGetSecretValue']

/** The answer in a command's output. Throws `Refused` for the AWS CLI's text of a service error. */
function parsed(operation: OperationName, { code, stdout, stderr }: Ran): Fields {
  const [, error, message] =
    /An error occurred \((\w+)\) when calling the \w+ operation(?: \([^)]*\))?: ([^]*?)\n?$/.exec(stderr) ??
    []
  if (error !== undefined && message !== undefined)
    throw new Refused(error, message.split('\ngit-vault: hint:')[0]!)
  if (code !== 0) throw new Error(`exit code ${code}: ${stderr}`)
  return decoded(stdout === '' ? {} : JSON.parse(stdout), operations[operation].output) as Fields
}

/** A request for JSON: bytes as base64. */
function encoded(request: Fields): Fields {
  return Object.fromEntries(
    Object.entries(request).map(([key, value]) => [
      key,
      value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value
    ])
  )
}

function decoded(value: unknown, shape: Shape): unknown {
  if (shape.type === 'structure') {
    return Object.fromEntries(
      Object.entries(value as Fields).map(([key, one]) => [key, decoded(one, shape.members[key]!)])
    )
  }
  if (shape.type === 'list') return (value as unknown[]).map(one => decoded(one, shape.member))
  if (shape.type === 'timestamp')
    return new Date(typeof value === 'number' ? value * 1000 : (value as string))
  if (shape.type === 'blob') return new Uint8Array(Buffer.from(value as string, 'base64'))
  return value
}
