// The process that keeps an identity unlocked, in a file of its own in the build: `node agent.cjs SOCKET MILLISECONDS`,
// the seed on stdin. On file descriptor 3 it says `ready`, or in one line why not; then it has nothing left that is open
// but its socket.
import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { IdentityAgent } from './agent.js'
import { stopAgent } from './agentSockets.js'
import { prepareSocketFolder } from './runtimeFolder.js'

/**
 * The first three ask a program to stop. The others would write the memory into a core dump, or open a debugger that
 * other users can connect to.
 */
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1'] as const
const REPORT = 3

async function main([path = '', ttl = '']: readonly string[]): Promise<void> {
  const seed = Buffer.alloc(32)
  process.once('exit', () => seed.fill(0))
  const agent = new IdentityAgent(seed, Number(ttl))
  for (const signal of SIGNALS) process.on(signal, () => agent.end())
  process.umask(0o077)
  prepareSocketFolder(dirname(path))
  fill(seed)
  // the socket has mode 0600 from its first moment on
  process.umask(0o177)
  const before = await agent.listen(path)
  // what it left is in nobody's way
  if (before !== undefined) await stopAgent(before).catch(() => undefined)
  // fails where the one who asked for it has gone
  writeSync(REPORT, 'ready')
  closeSync(REPORT)
  await agent.ended
}

function fill(seed: Buffer): void {
  let length = 0
  while (length < seed.length) {
    const read = readSync(0, seed, length, seed.length - length, null)
    if (read === 0) throw new Error('no seed was given')
    length += read
  }
  closeSync(0)
  openSync('/dev/null', 'r')
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => {
    try {
      writeSync(REPORT, error instanceof Error ? error.message : String(error))
    } catch {
      // nobody is there to be told
    }
    process.exit(1)
  }
)
