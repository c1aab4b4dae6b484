import { execFileSync, spawn, spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const project = fileURLToPath(new URL('../..', import.meta.url))
const program = join(project, 'bin/git-vault.js')

/** A folder for repositories that are broken on purpose, with an identity and a git configuration of its own. */
export class Lab {
  constructor(top = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'git-vault-faults-')))) {
    this.top = top
    for (const name of Object.keys(process.env)) if (/^(GIT_|EMAIL$)/.test(name)) delete process.env[name]
    Object.assign(process.env, {
      HOME: top,
      XDG_CONFIG_HOME: join(top, 'config'),
      GIT_CONFIG_GLOBAL: join(top, 'gitconfig'),
      GIT_CONFIG_NOSYSTEM: '1'
    })
    const settings = [
      '[init]\n\tdefaultBranch = main',
      '[user]\n\tname = Test\n\temail = test@example.com',
      // a repack in the background would be hit by faults that belong to no command
      '[gc]\n\tauto = 0'
    ]
    fs.writeFileSync(join(top, 'gitconfig'), `${settings.join('\n')}\n`)
    if (!fs.existsSync(join(project, 'dist/cli.cjs')))
      execFileSync(process.execPath, ['esbuild.config.js'], { cwd: project })
  }

  end() {
    fs.rmSync(this.top, { recursive: true, force: true, maxRetries: 5 })
  }

  shim() {
    return (this.library ??= compileShim(this.top))
  }

  /** Runs git-vault. With a fault, the shim is loaded into it and into its git processes. */
  async run(args, cwd, fault) {
    const env = fault ? { ...process.env, ...faultEnvironment(this.shim(), fault) } : process.env
    const child = spawn(process.execPath, [program, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    const output = { stdout: '', stderr: '' }
    child.stdout.on('data', chunk => (output.stdout += String(chunk)))
    child.stderr.on('data', chunk => (output.stderr += String(chunk)))
    const [code, signal] = await new Promise(resolve => child.once('close', (...end) => resolve(end)))
    return { code, signal, ...output }
  }

  async must(args, cwd) {
    const { code, stdout, stderr } = await this.run(args, cwd)
    if (code !== 0) throw new Error(`git-vault ${args.join(' ')}: ${stderr}`)
    return stdout
  }

  git(cwd, ...args) {
    return execFileSync('git', args, { cwd, encoding: 'utf8', stdio: 'pipe' })
  }

  /** Makes a repository with code, and a vault with two secrets. Returns its path. */
  async repository(name) {
    const root = join(this.top, name)
    this.made ??= this.#makeRepository(join(this.top, 'made'))
    fs.cpSync(await this.made, root, { recursive: true, preserveTimestamps: true })
    return root
  }

  async #makeRepository(root) {
    fs.mkdirSync(root)
    this.git(root, 'init', '-q')
    fs.writeFileSync(join(root, 'code.txt'), 'one\n')
    this.git(root, 'add', '.')
    this.git(root, 'commit', '-qm', 'code')
    await this.identity(root)
    await this.must(['init', '--yes', '--member', 'ana'], root)
    for (const secret of ['a', 'b'])
      await this.must(['create-secret', '--name', secret, '--secret-string', 'one'], root)
    // work of the user, which must not change
    fs.writeFileSync(join(root, 'code.txt'), 'two\n')
    this.git(root, 'add', 'code.txt')
    return root
  }

  async identity(cwd) {
    if (!fs.existsSync(join(this.top, 'config'))) await this.must(['identity', 'new', '--no-passphrase'], cwd)
  }
}

/** Compiles the shim in a folder. Returns its path. Throws, naming the compiler, if there is none. */
export function compileShim(folder) {
  const compiler = process.env.CC ?? 'cc'
  const library = join(folder, 'shim.so')
  const source = fileURLToPath(new URL('shim.c', import.meta.url))
  const { error, status, stderr } = spawnSync(compiler, [
    ...['-shared', '-fPIC', '-O1', '-w', '-o', library, source],
    '-ldl'
  ])
  if (error) throw new Error(`the fault sweep needs the C compiler ${compiler}: ${error.message}`)
  if (status !== 0) throw new Error(`${compiler} cannot compile test/faults/shim.c: ${String(stderr)}`)
  return library
}

/** The variables that load the shim into a process and its git processes, with a counter that starts from 0. */
export function faultEnvironment(library, { root, at = -1, match, kind = 'kill', counter, log }) {
  fs.writeFileSync(counter, Buffer.alloc(16))
  return {
    LD_PRELOAD: library,
    GV_FAULT_ROOT: root,
    GV_FAULT_COUNT: counter,
    GV_FAULT_AT: String(at),
    GV_FAULT_KIND: kind,
    ...(match ? { GV_FAULT_MATCH: match } : {}),
    ...(log ? { GV_FAULT_LOG: log } : {})
  }
}

/** The calls that a log of the shim has, in order. */
export function callsIn(log) {
  return fs
    .readFileSync(log, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map(line => {
      const [, number, pid, name, path, from] = /^(\d+) (\d+) (\w+) ([^\t]*)(?:\t(.*))?$/.exec(line)
      return { number: Number(number), pid: Number(pid), name, path, from }
    })
    .sort((a, b) => a.number - b.number)
}
