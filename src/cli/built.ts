import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import { Script } from 'node:vm'
import { checksum } from './checksum.js'

declare const GIT_VAULT_BUILD: string

/** Where these are asked for, hardly anything of the command runs. */
const IDLE = /^(?:-h|--help|help|--generate-cli-skeleton)$/
/** A command that may have a cache of its own: no path, no control character, nothing long. */
const COMMAND = /^[a-z-]{1,40}$/
/** The checksum, and as much again: V8 copies what does not begin at a multiple of 8. */
const HEAD = 8

/**
 * run.ts as the build leaves it, in one file beside this one. What V8 has compiled of it is kept there too, for each
 * command what that command ran, and taken the next time in place of compiling it again: 20 ms of a read's 85. It lies
 * beside the code, and not in a cache folder, because whoever can write it can make the program do anything: so it is
 * exactly as safe as the program.
 */
function load(): typeof import('./run.js') {
  const file = join(__dirname, 'run.cjs')
  const [, , command = '', ...rest] = process.argv
  // V8 checks its own version and flags, but of the source only the length
  const cache = join(__dirname, `run-${GIT_VAULT_BUILD}-${process.versions.v8}-${command}.cache`)
  const isCached =
    process.env['GIT_VAULT_NO_CACHE'] !== '1' &&
    COMMAND.test(command) &&
    !rest.some(argument => IDLE.test(argument))
  const cachedData = isCached ? readCache(cache) : undefined
  // after what node loads for that, which it has compiled under its own flags
  optimizeLater()
  const script = new Script(readFileSync(file, 'latin1'), {
    filename: file,
    ...(cachedData ? { cachedData } : {})
  })
  if (isCached && (!cachedData || script.cachedDataRejected)) {
    process.once('exit', code => {
      if (code === 0) writeCache(cache, script.createCachedData())
    })
  }
  const built = { exports: {} }
  const run = script.runInThisContext() as (...parts: unknown[]) => void
  run(built.exports, require, built, __dirname, (name: string) => import(name))
  return built.exports as typeof import('./run.js')
}

/**
 * A command is over before its WebAssembly would be worth optimizing. Yet the V8 of node 20 starts to after some five
 * signatures, on the processor that the command needs: 10 ms of a read's 60. This makes it some hundred, which take a
 * fiftieth of a second: whoever checks thousands has it optimized no later than that. V8 takes it of what is compiled
 * afterwards. From node 22 on it waits long enough by itself.
 */
function optimizeLater(): void {
  if (process.versions.v8.startsWith('11.'))
    process.getBuiltinModule('node:v8').setFlagsFromString('--wasm-tiering-budget=40000000')
}

/** What was kept, if it can be trusted as the program itself, and is whole: V8 runs what it finds, or crashes on it. */
function readCache(file: string): Buffer | undefined {
  let opened: number | undefined
  try {
    // a FIFO would be waited for
    opened = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
    const found = fstatSync(opened)
    // the modes of Windows say nothing
    const isOpenToOthers = process.platform !== 'win32' && (found.mode & 0o022) !== 0
    if (!found.isFile() || isOpenToOthers || found.size <= HEAD) return undefined
    const bytes = Buffer.allocUnsafeSlow(found.size)
    if (readSync(opened, bytes) !== found.size) return undefined
    const data = bytes.subarray(HEAD)
    return bytes.readInt32LE() === checksum(data) ? data : undefined
  } catch {
    return undefined // none yet
  } finally {
    if (opened !== undefined) closeSync(opened)
  }
}

/** Whole or not at all, power cuts included. */
function writeCache(file: string, data: Buffer): void {
  const temporary = `${file}.${process.pid}.tmp`
  // copied, so that it begins where the checksum needs it to
  const bytes = Buffer.concat([Buffer.alloc(HEAD), data])
  bytes.writeInt32LE(checksum(bytes.subarray(HEAD)))
  try {
    writeFileSync(temporary, bytes, { flag: 'wx', mode: 0o644, flush: true })
    renameSync(temporary, file)
  } catch {
    // installed where this user may not write: it goes without
    rmSync(temporary, { force: true })
  }
}

export const { run } = load()
