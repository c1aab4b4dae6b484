import { closeSync, openSync } from 'node:fs'
import type { ReadStream, WriteStream } from 'node:tty'

export interface OwnTerminal {
  readonly input: ReadStream
  readonly output: WriteStream
  close(): void
}

/** Opens the terminal of this process's session. Returns `undefined` if it has none, as in CI or after `nohup setsid`. */
export function openTerminal(): OwnTerminal | undefined {
  const opened: number[] = []
  try {
    const [read, write] = process.platform === 'win32' ? ['CONIN$', 'CONOUT$'] : ['/dev/tty', '/dev/tty']
    for (const [file, flags] of [
      [read, 'r'],
      [write, 'w']
    ] as const)
      opened.push(openSync(file, flags))
    // loaded only if there is a terminal, because it loads node's network code
    const tty = process.getBuiltinModule('node:tty')
    const [input, output] = [new tty.ReadStream(opened[0]!), new tty.WriteStream(opened[1]!)]
    return {
      input,
      output,
      close() {
        input.destroy()
        output.destroy()
      }
    }
  } catch {
    for (const handle of opened) closeSync(handle)
    return undefined
  }
}
