import { fstatSync, writeSync } from 'node:fs'
import { ReaderGone, type Input, type Io, type Output } from './terminal/io.js'

/**
 * The `Io` of this process. It uses getters and late imports, so a command pays only for what it uses; `--help` uses
 * almost nothing.
 */
export const processIo: Io = {
  get stdin(): Input {
    return {
      isTerminal: isTerminal(0, () => process.stdin),
      async read(limit) {
        const chunks: Buffer[] = []
        let length = 0
        for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
          chunks.push(chunk)
          length += chunk.length
          if (length > limit) break
        }
        return Buffer.concat(chunks)
      }
    }
  },
  get stdout() {
    return output(1)
  },
  get stderr() {
    return output(2)
  },
  get env() {
    return process.env
  },
  get cwd() {
    return process.env['GIT_VAULT_DIR'] || process.cwd()
  },
  get home() {
    return process.env['HOME'] ?? process.env['USERPROFILE'] ?? ''
  },
  enter(folder) {
    process.chdir(folder)
    delete process.env['GIT_VAULT_DIR']
  },
  async readFile(path) {
    const { readFile } = await import('node:fs/promises')
    return readFile(path)
  },
  uuid: () => globalThis.crypto.randomUUID(),
  async userName() {
    const { gitUserName } = await import('../app/userName.js')
    return (await gitUserName()) || process.env['USER'] || process.env['USERNAME']
  }
}

function output(fd: 1 | 2): Output {
  const stream = (): NodeJS.WriteStream => (fd === 1 ? process.stdout : process.stderr)
  const toTerminal = isTerminal(fd, stream)
  return {
    isTerminal: toTerminal,
    get columns() {
      return toTerminal ? stream().columns : undefined
    },
    unblock() {
      // opening a stream on a pipe makes the pipe non-blocking
      if (isPipe(fd)) stream()
    },
    async write(data) {
      const bytes = typeof data === 'string' ? Buffer.from(data) : data
      const written = toTerminal ? 0 : writeNow(fd, bytes)
      if (written < bytes.length) await writeLater(stream(), bytes.subarray(written))
    }
  }
}

/** Asks the kernel first: node's streams load its network code, which takes 3 ms. */
function isTerminal(fd: number, stream: () => { readonly isTTY?: boolean }): boolean {
  try {
    return fstatSync(fd).isCharacterDevice() && stream().isTTY === true
  } catch {
    return false // closed before the program started
  }
}

function isPipe(fd: number): boolean {
  try {
    const status = fstatSync(fd)
    return status.isFIFO() || status.isSocket()
  } catch {
    return false // closed before the program started
  }
}

/** Writes without node's streams, and returns the number of bytes written: fewer than all if a pipe is full. */
function writeNow(fd: number, bytes: Uint8Array): number {
  let written = 0
  try {
    while (written < bytes.length) written += writeSync(fd, bytes, written)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw asReaderGone(error)
  }
  return written
}

function writeLater(stream: NodeJS.WriteStream, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(asReaderGone(error))
    // a failed write calls back and also emits an event; an event without a listener would end the process
    stream.once('error', fail)
    stream.write(bytes, error => {
      if (error) return
      stream.removeListener('error', fail)
      resolve()
    })
  })
}

const asReaderGone = (error: unknown): unknown =>
  (error as NodeJS.ErrnoException).code === 'EPIPE'
    ? new ReaderGone('the reader closed the output', { cause: error })
    : error
