import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import { Script } from 'node:vm'
import { checksum } from './checksum.js'
import { commandName } from './commandName.js'

declare const GIT_VAULT_BUILD: string

/** With one of these arguments, hardly any of the command's code runs. */
const IDLE = /^(?:-h|--help|help|--generate-cli-skeleton)$/
/** A command that may have its own cache: a short name with no path and no control character. */
const COMMAND = /^[a-z-]{1,40}$/
/** Bytes: the checksum (4) and padding. V8 copies data that is not aligned to 8 bytes. */
const HEADER = 8

/**
 * Loads run.cjs, the bundle of run.ts beside this file. V8's compiled code is cached per command, so the next run of
 * that command does not compile it again: this saves 20 ms of the 85 ms of a read. The cache is in the program's own
 * folder, not in a cache folder: anyone who can write the cache can run any code, so it must be as safe as the program.
 */
function load(): typeof import('./run.js') {
  const file = join(__dirname, 'run.cjs')
  const argv = process.argv.slice(2)
  const command = commandName(argv)
  // what follows is for another program
  const end = argv.indexOf('--')
  const own = end < 0 ? argv : argv.slice(0, end)
  // V8 checks its own version and flags, but only the length of the source
  const cache = join(__dirname, `run-${GIT_VAULT_BUILD}-${process.versions.v8}-${command}.cache`)
  const isCached =
    process.env['GIT_VAULT_NO_CACHE'] !== '1' &&
    COMMAND.test(command) &&
    !own.some(argument => IDLE.test(argument))
  const cachedData = isCached ? readCache(cache, file) : undefined
  // only now: the modules that node loads above are compiled with node's own flags
  delayWasmOptimization()
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
  const evaluate = script.runInThisContext() as (...parts: unknown[]) => void
  evaluate(built.exports, require, built, __dirname, (name: string) => import(name))
  return built.exports as typeof import('./run.js')
}

/**
 * Raises the budget after which V8 optimizes WebAssembly. Most commands end before the optimization pays off, but the
 * V8 of node 20 starts it after about five signatures, on the processor that the command needs: 10 ms of a read's 60 ms.
 * With this budget it starts after about a hundred signatures (20 ms), so a command that checks thousands still benefits.
 * It affects only code that is compiled later. Node 22 and newer wait long enough without it.
 */
function delayWasmOptimization(): void {
  if (process.versions.v8.startsWith('11.'))
    process.getBuiltinModule('node:v8').setFlagsFromString('--wasm-tiering-budget=40000000')
}

/**
 * Returns the cached code if it is intact, only its owner can write it, and the owner can replace the program anyway or is
 * this user; `undefined` otherwise. V8 runs whatever the cache holds, and crashes on damaged data.
 */
function readCache(file: string, program: string): Buffer | undefined {
  let opened: number | undefined
  try {
    // do not wait for a FIFO
    opened = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
    const status = fstatSync(opened)
    // file modes mean nothing on Windows
    const isWritableByOthers = process.platform !== 'win32' && (status.mode & 0o022) !== 0
    if (!status.isFile() || isWritableByOthers || status.size <= HEADER) return undefined
    if (!isTrusted(status.uid, program)) return undefined
    const bytes = Buffer.allocUnsafeSlow(status.size)
    if (readSync(opened, bytes) !== status.size) return undefined
    const data = bytes.subarray(HEADER)
    return bytes.readInt32LE() === checksum(data) ? data : undefined
  } catch {
    return undefined // no cache yet
  } finally {
    if (opened !== undefined) closeSync(opened)
  }
}

/** Whether the owner of a cache is this user, root, or the owner of the program. In a shared folder it may be anyone. */
function isTrusted(owner: number, program: string): boolean {
  const user = process.geteuid?.()
  return user === undefined || owner === user || owner === 0 || owner === statSync(program).uid
}

/** Writes atomically and durably: after a power cut the file is either complete or absent. */
function writeCache(file: string, data: Buffer): void {
  const temporary = `${file}.${process.pid}.tmp`
  // copied into one buffer, so that the data starts at the alignment under which the checksum is computed
  const bytes = Buffer.concat([Buffer.alloc(HEADER), data])
  bytes.writeInt32LE(checksum(bytes.subarray(HEADER)))
  try {
    writeFileSync(temporary, bytes, { flag: 'wx', mode: 0o644, flush: true })
    renameSync(temporary, file)
  } catch {
    // the user cannot write to the program's folder: run without a cache
    rmSync(temporary, { force: true })
  }
}

export const { run } = load()
