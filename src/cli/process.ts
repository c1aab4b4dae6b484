import { fstatSync, writeSync } from 'node:fs'
import { ReaderGone, type Input, type Io, type Output } from './terminal/io.js'

/**
 * The real world. It is all getters and late imports: what a command does not look at costs it nothing,
 * and `--help` looks at almost nothing.
 */
export const processIo: Io = {
  get stdin(): Input {
    return {
      isTerminal: terminal(0, () => process.stdin),
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
    return process.cwd()
  },
  get home() {
    return process.env['HOME'] ?? process.env['USERPROFILE'] ?? ''
  },
  async readFile(path) {
    const { readFile } = await import('node:fs/promises')
    // The system takes a relative path from the current folder, which is `cwd`.
    return readFile(path)
  },
  uuid: () => globalThis.crypto.randomUUID(),
  async userName() {
    const { execFile } = await import('node:child_process')
    const name = await new Promise<string>(resolve => {
      execFile('git', ['config', '--get', 'user.name'], (error, stdout) =>
        resolve(error ? '' : stdout.trim())
      )
    })
    return name || process.env['USER'] || process.env['USERNAME']
  }
}

function output(fd: 1 | 2): Output {
  const stream = (): NodeJS.WriteStream => (fd === 1 ? process.stdout : process.stderr)
  const isTerminal = terminal(fd, stream)
  return {
    isTerminal,
    get columns() {
      return isTerminal ? stream().columns : undefined
    },
    unblock() {
      // to make a stream of a pipe is to have it not block
      if (isPipe(fd)) stream()
    },
    async write(data) {
      const bytes = typeof data === 'string' ? Buffer.from(data) : data
      const written = isTerminal ? 0 : writeNow(fd, bytes)
      if (written < bytes.length) await writeLater(stream(), bytes.subarray(written))
    }
  }
}

/** Asking node's streams costs 3 ms, for they load its network code; the kernel rules most cases out first. */
function terminal(fd: number, stream: () => { readonly isTTY?: boolean }): boolean {
  try {
    return fstatSync(fd).isCharacterDevice() && stream().isTTY === true
  } catch {
    // Closed before we were started.
    return false
  }
}

function isPipe(fd: number): boolean {
  try {
    const found = fstatSync(fd)
    return found.isFIFO() || found.isSocket()
  } catch {
    return false // closed before we were started
  }
}

/** Writes without node's streams, and gives how much a pipe took that wants no waiting. */
function writeNow(fd: number, bytes: Uint8Array): number {
  let written = 0
  try {
    while (written < bytes.length) written += writeSync(fd, bytes, written)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw gone(error)
  }
  return written
}

function writeLater(stream: NodeJS.WriteStream, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(gone(error))
    // A failed write is both an event and a callback; unheard, the event would end the process.
    stream.once('error', fail)
    stream.write(bytes, error => {
      if (error) return
      stream.removeListener('error', fail)
      resolve()
    })
  })
}

const gone = (error: unknown): unknown =>
  (error as NodeJS.ErrnoException).code === 'EPIPE'
    ? new ReaderGone('nobody reads the output', { cause: error })
    : error
