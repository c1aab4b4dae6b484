/**
 * Makes the measured vaults: `small` has 20 secrets, `nest` has many in folders of 20, `flat` has as many in
 * one folder. `half` and `twentieth` are like `nest`, with that part of its secrets. Signing tens of
 * thousands of documents takes half a minute. So the vaults are kept as branches of a bare repository in the
 * user's cache folder, under a hash of the sources, and each run clones them. The identity that made them is
 * kept with them; it can open nothing else.
 */
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import { run } from './processes.js'
import { project } from './sandbox.js'

export const SMALL = 20
const OWN_SOURCES = ['bulk.js', 'names.js', 'vaults.js'].map(name => `test/bench/${name}`)

/**
 * @param {import('./sandbox.js').Sandbox} sandbox
 * @param {number} size number of secrets in each of the two large vaults
 * @returns {Promise<(branch: 'small' | 'nest' | 'flat' | 'half' | 'twentieth', name?: string) => string>} clones a branch, lets the clone trust its vault, and returns the clone's path
 */
export async function prepareVaults(sandbox, size, progress) {
  const source = await cachedVaults(sandbox, size, progress)
  const identity = join(sandbox.env.XDG_CONFIG_HOME, 'git-vault', 'identity.yaml')
  fs.mkdirSync(dirname(identity), { recursive: true, mode: 0o700 })
  fs.copyFileSync(join(source, 'identity.yaml'), identity)
  fs.chmodSync(identity, 0o600)
  const root = fs.readFileSync(join(source, 'root'), 'utf8')
  return (branch, name = branch) => {
    progress(`checking out ${name}`)
    const clone = join(sandbox.folder, name)
    const from = join(source, 'vaults.git')
    run(sandbox.git(sandbox.folder, 'clone', '-q', '--single-branch', '--branch', branch, from, clone))
    run(sandbox.vault(clone, 'trust', '--root', root))
    return clone
  }
}

/** Returns the cache folder with the vaults, and makes them if the sources have changed. */
async function cachedVaults(sandbox, size, progress) {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'git-vault-bench')
  const key = digest()
  const folder = join(cache, `${key}-${size}`)
  if (fs.existsSync(folder)) return folder
  fs.mkdirSync(cache, { recursive: true, mode: 0o700 })
  for (const name of fs.readdirSync(cache)) {
    if (!name.startsWith(key)) fs.rmSync(join(cache, name), { recursive: true, force: true })
  }
  const temporary = fs.mkdtempSync(`${folder}.`)
  try {
    await makeVaults(sandbox, temporary, size, progress)
    fs.renameSync(temporary, folder)
  } catch (error) {
    fs.rmSync(temporary, { recursive: true, force: true })
    // Another run may have made the folder in the meantime.
    if (!fs.existsSync(folder)) throw error
  }
  return folder
}

async function makeVaults(sandbox, folder, size, progress) {
  const env = { ...sandbox.env, XDG_CONFIG_HOME: join(sandbox.folder, 'maker') }
  const base = join(sandbox.folder, 'base')
  const target = join(folder, 'vaults.git')
  fs.mkdirSync(base)
  run({ ...sandbox.vault(base, 'identity', 'new', '--no-passphrase'), env })
  const output = run({ ...sandbox.vault(base, 'init', '--yes', '--member', 'bench'), env })
  const root = /^root +(\S+)$/m.exec(output)?.[1]
  if (root === undefined) throw new Error(`init did not print the vault's root: ${output}`)
  run(sandbox.git(base, 'clone', '-q', '--bare', base, target))

  const script = join(sandbox.folder, 'bulk.mjs')
  await bundle('test/bench/bulk.js', script)
  for (const [branch, layout, secrets] of [
    ['small', 'nest', SMALL],
    ['nest', 'nest', size],
    ['flat', 'flat', size],
    ['half', 'nest', size / 2],
    ['twentieth', 'nest', size / 20]
  ]) {
    progress(`making ${branch}, ${secrets} secrets (kept for the next run)`)
    run({ file: process.execPath, args: [script, base, target, branch, layout, String(secrets)], env })
  }
  fs.copyFileSync(join(env.XDG_CONFIG_HOME, 'git-vault', 'identity.yaml'), join(folder, 'identity.yaml'))
  fs.writeFileSync(join(folder, 'root'), root)
  fs.rmSync(base, { recursive: true })
}

/** Bundles a script of the benchmark with the sources. */
export async function bundle(entry, outfile) {
  const { dependencies } = JSON.parse(fs.readFileSync(join(project, 'package.json'), 'utf8'))
  await build({
    absWorkingDir: project,
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    alias: { yaml: join(project, 'node_modules/yaml/browser/dist/index.js') },
    external: Object.keys(dependencies).filter(name => name !== 'libsodium-wrappers'),
    logLevel: 'warning'
  })
}

function digest() {
  const hash = createHash('sha256')
  const sources = fs.readdirSync(join(project, 'src'), { recursive: true }).map(name => join('src', name))
  for (const path of ['package-lock.json', ...OWN_SOURCES, ...sources.sort()]) {
    const file = join(project, path)
    if (fs.statSync(file).isFile()) hash.update(`${path}\0${fs.readFileSync(file, 'hex')}\n`)
  }
  return hash.digest('hex').slice(0, 16)
}
