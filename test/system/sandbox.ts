import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'
import { afterAll } from 'vitest'
import type { Change, Committed } from '../../src/core/ports.js'
import { openRepository, type OpenRepository } from '../../src/system/repository.js'
import { removeFolder } from '../removeFolder.js'

/** The folder for everything that a test file creates; removed at its end. */
const top = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'git-vault-system-')))
afterAll(() => removeFolder(top))

/** The only random case to run, to repeat a failure. */
export const SEED = process.env['GIT_VAULT_TEST_SEED']

for (const name of Object.keys(process.env))
  if (/^(GIT_(?!VAULT_)|EMAIL$)/.test(name)) delete process.env[name]
Object.assign(process.env, {
  HOME: top,
  XDG_CONFIG_HOME: join(top, 'xdg'),
  GIT_CONFIG_GLOBAL: join(top, 'gitconfig'),
  GIT_CONFIG_NOSYSTEM: '1'
})
fs.writeFileSync(join(top, 'gitconfig'), '[init]\n\tdefaultBranch = main\n[advice]\n\tdetachedHead = false\n')

export const scratch = (name = 'x'): string => fs.mkdtempSync(join(top, `${name}-`))

export const text = (value: string): Uint8Array => new TextEncoder().encode(value)
export const string = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : new TextDecoder().decode(bytes)

/** A repository for tests, with the user's own git commands. */
export class Sandbox {
  readonly root: string

  constructor(root: string) {
    this.root = root
  }

  git(...args: string[]): string {
    return execFileSync('git', args, { cwd: this.root, encoding: 'utf8', stdio: 'pipe' })
  }

  tryGit(...args: string[]): { status: number | null; stderr: string; stdout: string } {
    return spawnSync('git', args, { cwd: this.root, encoding: 'utf8' })
  }

  write(path: string, content: string | Uint8Array): void {
    fs.mkdirSync(dirname(join(this.root, path)), { recursive: true })
    fs.writeFileSync(join(this.root, path), content)
  }

  read(path: string): string {
    return fs.readFileSync(join(this.root, path), 'utf8')
  }

  exists(path: string): boolean {
    return fs.lstatSync(join(this.root, path), { throwIfNoEntry: false }) !== undefined
  }

  gitDir(): string {
    return this.git('rev-parse', '--absolute-git-dir').trim()
  }

  status(): string {
    return this.git('status', '--porcelain=v2', '--untracked-files=all')
  }

  /** The state of the index and of uncommitted changes. */
  state(): string {
    return [
      this.status(),
      this.git('diff'),
      this.git('diff', '--cached'),
      this.git('ls-files', '-s', '-v')
    ].join('\n')
  }

  head(): string {
    return this.git('rev-parse', 'HEAD').trim()
  }

  show(path: string): string {
    return this.git('show', `HEAD:${path}`)
  }

  open(options: Parameters<typeof openRepository>[1] = {}): Promise<OpenRepository> {
    return openRepository(this.root, options)
  }

  /** Makes one write through a newly opened repository. */
  async put(files: Record<string, string | null>, more: Partial<Change> = {}): Promise<Committed<unknown>> {
    return putInto(await this.open(), files, more)
  }

  packs(): string[] {
    return fs.readdirSync(join(this.gitDir(), 'objects/pack')).filter(name => name.endsWith('.pack'))
  }

  /** Returns the paths of files that a write may have left behind. */
  leftovers(): string[] {
    const gitDir = this.gitDir()
    const common = fs.realpathSync(resolve(this.root, this.git('rev-parse', '--git-common-dir').trim()))
    const folders = [
      gitDir,
      common,
      ...['git-vault-write', 'objects/pack', 'refs/heads'].map(f => join(common, f))
    ]
    folders.push(join(gitDir, 'git-vault-write'), join(common, 'git-vault-write/lock'))
    return [...new Set(folders)]
      .flatMap(folder =>
        fs.existsSync(folder) ? fs.readdirSync(folder).map(name => join(folder, name)) : []
      )
      .filter(path =>
        /\.lock$|\/journal|\/(?:index|file|probe)-[0-9a-f]{12}|crash|\.keep$|\.tmp$|\/lock\/|refs\/git-vault/.test(
          path
        )
      )
  }
}

export function putInto(
  repository: OpenRepository,
  files: Record<string, string | null>,
  more: Partial<Change> = {}
): Promise<Committed<unknown>> {
  const bytes = Object.entries(files).map(
    ([path, content]) => [path, content === null ? null : text(content)] as const
  )
  const change = {
    files: new Map(bytes),
    message: 'PutSecretValue x',
    member: 'ada',
    time: 1_700_000_000_000
  }
  return repository.commit(async () => ({ change: { ...change, ...more }, value: undefined }))
}

/** Returns a repository with one commit, which contains code and a vault. */
export function sandbox(...init: string[]): Sandbox {
  const box = empty(...init)
  box.write('code.txt', 'one\ntwo\nthree\n')
  box.write('other.txt', 'other\n')
  box.write('vault/secrets/db/stages.yaml', 'v1\n')
  box.git('add', '.')
  box.git('commit', '-qm', 'first')
  return box
}

export function empty(...init: string[]): Sandbox {
  const box = new Sandbox(scratch('repo'))
  box.git('init', '-q', ...init)
  box.git('config', 'user.name', 'Test User')
  box.git('config', 'user.email', 'test@example.com')
  return box
}

let builtDriver: string | undefined

/** Starts a process that writes as `options` say (see driver.ts), and that a test can kill. */
export function startDriver(options: Record<string, unknown>, env: NodeJS.ProcessEnv = {}): Driver {
  builtDriver ??= build()
  const child = spawn(process.execPath, [builtDriver, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env }
  })
  let output = ''
  let errors = ''
  child.stdout.on('data', chunk => (output += String(chunk)))
  child.stderr.on('data', chunk => (errors += String(chunk)))
  const ended = new Promise<{ code: number | null; signal: string | null }>(resolve =>
    child.once('close', (code, signal) => resolve({ code, signal }))
  )
  return { child, ended, lines: () => output.split('\n').slice(0, -1), errors: () => errors }
}

export interface Driver {
  readonly child: ChildProcess
  readonly ended: Promise<{ code: number | null; signal: string | null }>
  lines(): string[]
  errors(): string
}

function build(): string {
  const outfile = join(scratch('driver'), 'driver.mjs')
  const entry = join(dirname(fileURLToPath(import.meta.url)), 'driver.ts')
  const options = { bundle: true, platform: 'node', format: 'esm', packages: 'external' } as const
  buildSync({ ...options, entryPoints: [entry], outfile, logLevel: 'warning' })
  return outfile
}
