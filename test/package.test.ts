import { execFileSync, spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { removeFolder } from './removeFolder.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const top = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'git-vault-package-')))
afterAll(() => removeFolder(top))

const source = join(top, 'source')
const consumer = join(top, 'consumer')
const manifest = JSON.parse(fs.readFileSync(join(root, 'package.json'), 'utf8')) as {
  version: string
  files: string[]
  man: string[]
  dependencies: Record<string, string>
}
let packed: string[]
const OFFLINE = ['--offline', '--cache', join(top, 'cache'), '--registry', 'http://127.0.0.1:9/']

const npm = (cwd: string, ...args: string[]): string =>
  execFileSync('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32'
  })

const tsc = (...args: string[]) =>
  spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...args], {
    cwd: consumer,
    encoding: 'utf8'
  })

beforeAll(() => {
  // Packing builds, so it is done in a copy: other tests use this tree's dist/.
  fs.cpSync(root, source, {
    recursive: true,
    filter: path =>
      !/^(node_modules|\.git|dist|coverage|\.npm)$/.test(path.slice(root.length).split(/[\\/]/)[0] ?? '')
  })
  installInto(source)
  npm(source, 'pack', '--pack-destination', top)
  const tarball = fs.readdirSync(top).find(name => name.endsWith('.tgz'))!
  packed = execFileSync('tar', ['-tzf', join(top, tarball)], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .sort()
  fs.cpSync(fileURLToPath(new URL('consumer', import.meta.url)), consumer, { recursive: true })
  // Nothing but the tarball: an empty cache, and a registry that nobody answers at.
  npm(consumer, 'install', ...OFFLINE, '--ignore-scripts', '--no-package-lock', join(top, tarball))
}, 180_000)

/** Bundled packages have to be real folders; the others are only needed to build. */
function installInto(folder: string): void {
  const lock = JSON.parse(fs.readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { inBundle?: boolean; extraneous?: boolean }>
  }
  for (const [path, { inBundle }] of Object.entries(lock.packages)) {
    const isNested = path.lastIndexOf('node_modules/') > 0
    if (path === '' || isNested || !fs.existsSync(join(root, path))) continue
    fs.mkdirSync(join(folder, path, '..'), { recursive: true })
    if (inBundle === true) fs.cpSync(join(root, path), join(folder, path), { recursive: true })
    else fs.symlinkSync(join(root, path), join(folder, path), 'junction')
  }
  fs.symlinkSync(join(root, 'node_modules/.bin'), join(folder, 'node_modules/.bin'), 'junction')
}

describe('the tarball', () => {
  it('has only the expected entries at its top', () => {
    const entries = new Set(packed.map(path => path.replace(/^package\//, '').split('/')[0]))
    const expected = ['LICENSE', 'bin', 'dist', 'man', 'node_modules', 'package.json', 'vault-schema']
    // These are packed only if they exist.
    const optional = ['README.md', 'CHANGELOG.md', '.vaultrc.example', 'docs'].filter(name => {
      const path = join(root, name)
      return fs.existsSync(path) && (!fs.statSync(path).isDirectory() || fs.readdirSync(path).length > 0)
    })
    expect([...entries].sort()).toEqual([...expected, ...optional].sort())
  })

  it('has no sources, tests, maps or stray files', () => {
    const stray = packed
      .filter(path => !path.startsWith('package/node_modules/'))
      .filter(
        path => !/^package\/(LICENSE|README\.md|CHANGELOG\.md|package\.json|\.vaultrc\.example)$/.test(path)
      )
      .filter(path => !/^package\/bin\/(git-vault\.js|package\.json)$/.test(path))
      .filter(
        path =>
          !/^package\/dist\/([\w-]+\.c?js|libsodium\.wasm|THIRD_PARTY_LICENSES\.txt|types\/([\w-]+\/)*[\w-]+\.d\.ts)$/.test(
            path
          )
      )
      .filter(
        path =>
          !/^package\/vault-schema\/([\w.-]+\.schema\.json|service-model\.json|FORMAT\.md|vectors\/.*)$/.test(
            path
          )
      )
      .filter(path => !/^package\/man\/git-vault[a-z-]*\.1$/.test(path))
      .filter(path => !/^package\/docs\/[\w./-]+\.(?:md|svg|png)$/.test(path))
    expect(stray).toEqual([])
  })

  it('has everything that `exports` and `bin` point at', () => {
    for (const path of [
      'dist/index.js',
      'dist/cli.cjs',
      'dist/run.cjs',
      'dist/agent.cjs',
      'dist/clipboard.cjs',
      'dist/builtin.cjs',
      'dist/types/index.d.ts',
      ...manifest.man,
      'bin/git-vault.js'
    ])
      expect(packed).toContain(`package/${path}`)
  })

  it('contains no path of the machine that it was built on', () => {
    const installed = join(consumer, 'node_modules/git-vault')
    for (const name of fs.readdirSync(installed, { recursive: true, encoding: 'utf8' })) {
      if (!fs.statSync(join(installed, name)).isFile()) continue
      const text = fs.readFileSync(join(installed, name), 'utf8')
      for (const path of [source, root.replace(/[\\/]$/, '')]) expect(text.includes(path), name).toBe(false)
    }
  })
})

describe('the installed dependencies', () => {
  it('have the versions in package.json', () => {
    for (const [name, version] of Object.entries(manifest.dependencies)) {
      const path = join(consumer, 'node_modules/git-vault/node_modules', name, 'package.json')
      expect(JSON.parse(fs.readFileSync(path, 'utf8'))).toMatchObject({ version })
    }
  })

  it('run no script at installation', () => {
    const scripts: string[] = []
    const modules = join(consumer, 'node_modules')
    for (const path of fs.readdirSync(modules, { recursive: true, encoding: 'utf8' })) {
      if (!/(^|[\\/])package\.json$/.test(path)) continue
      const folder = join(modules, path, '..')
      const found = JSON.parse(fs.readFileSync(join(modules, path), 'utf8')) as {
        scripts?: Record<string, string>
      }
      for (const name of ['preinstall', 'install', 'postinstall'])
        if (found.scripts?.[name] !== undefined) scripts.push(`${path}: ${name}`)
      // npm builds a package with this file, even without an install script.
      if (fs.existsSync(join(folder, 'binding.gyp'))) scripts.push(`${path}: binding.gyp`)
    }
    expect(scripts).toEqual([])
  })
})

describe('a program that uses the package', () => {
  it('type-checks in strict mode, without the types of Node or of other packages', () => {
    const { status, stdout } = tsc('-p', 'tsconfig.json')
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
  })

  it('runs', () => {
    const home = join(top, 'home')
    const repository = join(top, 'repository')
    fs.mkdirSync(home)
    fs.mkdirSync(repository)
    const env = isolated(home)
    cli(repository, env, 'identity', 'new', '--no-passphrase')
    cli(repository, env, 'init', '--member', 'alice', '--yes')
    const program = [
      `import { result } from ${JSON.stringify(new URL(`file://${join(consumer, 'out/consumer.js')}`).href)}`,
      'console.log(JSON.stringify(result))'
    ].join('\n')
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      cwd: repository,
      env,
      encoding: 'utf8'
    })
    expect(run.stderr).toBe('')
    expect(JSON.parse(run.stdout)).toEqual({
      value: 'two',
      same: true,
      binary: false,
      year: 2027,
      names: ['prod/db'],
      labels: [['AWSPREVIOUS'], ['AWSCURRENT']],
      code: 'ResourceNotFoundException'
    })
  })

  describe('and was written for the client of the AWS SDK', () => {
    beforeAll(() => {
      const modules = join(consumer, 'node_modules')
      for (const scope of ['@aws-sdk', '@types']) {
        if (!fs.existsSync(join(modules, scope)))
          fs.symlinkSync(join(root, 'node_modules', scope), join(modules, scope), 'junction')
      }
    })

    it('can use it: requests and responses are assignable', () => {
      const { status, stdout } = tsc('-p', 'tsconfig.aws.json')
      expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
    })

    it('can pass it as a Pick<> of the SDK’s SecretsManager', () => {
      const { status, stdout } = tsc('-p', 'tsconfig.awsClient.json')
      expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
    })
  })
})

describe('the command line', () => {
  it('prints its version', () => {
    const { status, stdout, stderr } = cli(top, isolated(top), '--version')
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: `git-vault ${manifest.version}\n`,
      stderr: ''
    })
  })

  it('is installed by npm as git-vault', () => {
    const bin = join(
      consumer,
      'node_modules/.bin',
      process.platform === 'win32' ? 'git-vault.cmd' : 'git-vault'
    )
    const run = spawnSync(bin, ['--version'], { encoding: 'utf8', shell: process.platform === 'win32' })
    expect(run.stdout).toBe(`git-vault ${manifest.version}\n`)
  })
})

describe('the tarball installed globally, offline, in an empty prefix', () => {
  const prefix = join(top, 'prefix')
  const home = join(top, 'global-home')
  const bin = join(prefix, process.platform === 'win32' ? 'git-vault.cmd' : 'bin/git-vault')
  const repository = join(top, 'global-repository')
  const run = (...args: string[]): string =>
    execFileSync(bin, args, {
      cwd: repository,
      env: { ...isolated(home), PATH: process.env['PATH'] },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32'
    })

  beforeAll(() => {
    for (const folder of [home, repository]) fs.mkdirSync(folder)
    const tarball = fs.readdirSync(top).find(name => name.endsWith('.tgz'))!
    npm(top, 'install', '--global', '--prefix', prefix, ...OFFLINE, join(top, tarball))
  }, 120_000)

  it('makes a vault, stores a value and reads it', () => {
    run('identity', 'new', '--no-passphrase')
    // a new repository: this loads simple-git
    run('init', '--member', 'alice', '--yes')
    run('create-secret', '--name', 'prod/db', '--secret-string', 'one')
    expect(run('get', 'prod/db')).toBe('one')
  })

  it('serves it', async () => {
    const { spawn } = await import('node:child_process')
    const server = spawn(bin, ['serve', '--no-agent', '--port', '0'], {
      cwd: repository,
      env: isolated(home),
      shell: process.platform === 'win32'
    })
    try {
      const said = await new Promise<string>((resolve, reject) => {
        let text = ''
        const read = (chunk: Buffer): void => {
          text += chunk.toString()
          if (/http:\/\/127\.0\.0\.1:\d+/.test(text)) resolve(text)
        }
        server.stdout.on('data', read)
        server.stderr.on('data', read)
        server.on('exit', () => reject(new Error(text)))
      })
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said)![0]
      // unsigned: the server refuses it, in the service's words
      const answer = await fetch(url, { method: 'POST', body: '{}' })
      expect(answer.status).toBe(400)
      expect(await answer.text()).toContain('Exception')
    } finally {
      const ended = new Promise(resolve => server.once('close', resolve))
      server.kill()
      // as it ends, it writes its cache into the folder that is then removed
      await ended
    }
  })
})

function isolated(home: string): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {}
  for (const [name, value] of Object.entries(process.env)) if (!name.startsWith('GIT_')) env[name] = value
  return {
    ...env,
    HOME: home,
    USERPROFILE: home,
    XDG_CONFIG_HOME: join(home, 'config'),
    GIT_CONFIG_GLOBAL: join(home, 'gitconfig'),
    GIT_CONFIG_NOSYSTEM: '1'
  }
}

function cli(cwd: string, env: NodeJS.ProcessEnv, ...args: string[]) {
  const bin = join(consumer, 'node_modules/git-vault/bin/git-vault.js')
  const run = spawnSync(process.execPath, [bin, ...args], { cwd, env, encoding: 'utf8' })
  if (run.status !== 0) throw new Error(`git-vault ${args.join(' ')}: ${run.status}: ${run.stderr}`)
  return run
}
