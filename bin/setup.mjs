// Prepares a fresh clone for `npm start` and `npm test`: installs the packages of the lock file and builds.
// Does nothing if both are up to date.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
process.chdir(root)

const installed = 'node_modules/.git-vault-lock'
const built = 'dist/.git-vault-sources'

const lock = digest(['package.json', 'package-lock.json'])
if (read(installed) !== lock) {
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'])
  writeFileSync(installed, lock)
}

const sources = digest([
  'package.json',
  'package-lock.json',
  'esbuild.config.js',
  'tsconfig.json',
  'tsconfig.build.json',
  ...filesUnder('src')
])
if (read(built) !== sources) {
  run('npm', ['run', '--silent', 'build'])
  writeFileSync(built, sources)
}

function run(command, args) {
  console.error(`$ ${command} ${args.join(' ')}`)
  // On Windows npm is a script, which only a shell can start. Its output goes to stderr, apart from what
  // follows.
  const { status, error } = spawnSync(command, args, {
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32'
  })
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
