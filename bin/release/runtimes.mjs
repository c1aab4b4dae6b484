// Bun for each platform, from the npm registry. It is no dependency of the package: it would add 50 MB to each `npm ci`, and
// only a release needs it.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { root } from '../bundling.mjs'
import { npm } from '../program.mjs'
import { filesOfTar } from './tar.mjs'
import { writeProgram } from './writeProgram.mjs'

const { version, packages } = JSON.parse(readFileSync(join(root, 'bin/release/runtimes.json'), 'utf8'))
export { version as runtimeVersion }

/** The platforms that executables are built for. */
export const targets = Object.keys(packages)

/** This computer's platform, of those. */
export const ownTarget = targetOf(process.platform, process.arch, isMusl())

/** Returns the path of Bun for a platform. Downloads it the first time, and throws if it is not the expected file. */
export function runtime(target) {
  const { name, integrity } = packages[target]
  const folder = join(root, '.cache/bun', version)
  const file = join(folder, target + ending(target))
  if (existsSync(file)) return file
  mkdirSync(folder, { recursive: true })
  const download = mkdtempSync(join(folder, 'download-'))
  try {
    const [program, ...before] = npm()
    const args = ['pack', `${name}@${version}`, '--ignore-scripts', '--json', '--pack-destination', download]
    const said = execFileSync(program, [...before, ...args], {
      cwd: download,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit']
    })
    const packed = readFileSync(join(download, [JSON.parse(said)].flat()[0].filename))
    const found = `sha512-${createHash('sha512').update(packed).digest('base64')}`
    if (found !== integrity) throw new Error(`${name}@${version} is not the package that runtimes.json names`)
    const bytes = filesOfTar(gunzipSync(packed)).get(`package/bin/bun${ending(target)}`)
    if (bytes === undefined) throw new Error(`${name}@${version} has no program`)
    writeProgram(join(download, 'bun'), bytes)
    renameSync(join(download, 'bun'), file)
    return file
  } finally {
    rmSync(download, { recursive: true, force: true })
  }
}

/** The end of a program's name. */
export const ending = target => (target.startsWith('windows') ? '.exe' : '')

function targetOf(platform, arch, musl) {
  const target = `${platform === 'win32' ? 'windows' : platform}-${arch}${musl ? '-musl' : ''}`
  if (!targets.includes(target)) throw new Error(`no executable is built for ${target}, nor on it`)
  return target
}

function isMusl() {
  return process.platform === 'linux' && process.report.getReport().header.glibcVersionRuntime === undefined
}
