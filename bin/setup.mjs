// Prepares a fresh clone for `npm start` and `npm test`: installs the packages of the lock file and builds.
// Does nothing if both are up to date.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { npm } from './program.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
process.chdir(root)

const installed = 'node_modules/.git-vault-lock'
const built = 'dist/.git-vault-sources'

const lock = digest(['package.json', 'package-lock.json'])
if (read(installed) !== lock) {
  runNpm(['ci', '--ignore-scripts', '--no-audit', '--no-fund'])
  writeFileSync(installed, lock)
}

const sources = digest([
  'package.json',
  'package-lock.json',
  'esbuild.config.js',
  'bin/bundling.mjs',
  'tsconfig.json',
  'tsconfig.build.json',
  ...filesUnder('src')
])
if (read(built) !== sources) {
  runNpm(['run', '--silent', 'build'])
  writeFileSync(built, sources)
}

function runNpm(args) {
  console.error(`$ npm ${args.join(' ')}`)
  const [file, ...before] = npm()
  // npm's output goes to stderr, apart from what follows
  const { status, error } = spawnSync(file, [...before, ...args], { stdio: ['ignore', 2, 2] })
  if (error) throw error
  if (status !== 0) process.exit(status ?? 1)
}

function digest(paths) {
  const hash = createHash('sha256')
  for (const path of paths) hash.update(`${path}\0${readFileSync(path, 'hex')}\n`)
  return hash.digest('hex')
}

function filesUnder(folder) {
  return readdirSync(folder, { recursive: true })
    .map(name => join(folder, String(name)))
    .filter(path => statSync(path).isFile())
    .sort()
}

function read(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}
