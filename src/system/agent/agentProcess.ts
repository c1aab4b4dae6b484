// The agent's process, a file of its own in the build: `node agent.cjs SOCKET MILLISECONDS`, with the seed on stdin. It
// writes `ready`, or the reason for a failure in one line, to file descriptor 3. Afterwards only its socket is open.
import { closeSync, openSync, readSync } from 'node:fs'
import { dirname } from 'node:path'
import { reportReady, runDetached } from '../files/reportToParent.js'
import { Agent } from './agent.js'
import { stopAgent } from './agentSockets.js'
import { prepareSocketFolder } from './runtimeFolder.js'

/**
 * The first three ask a program to stop. By default SIGQUIT writes the memory into a core dump, and SIGUSR1 opens a
 * debugger that other users can connect to.
 */
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1'] as const

async function main([path = '', ttl = '']: readonly string[]): Promise<void> {
  const seed = Buffer.alloc(32)
  process.once('exit', () => seed.fill(0))
  const agent = new Agent(seed, Number(ttl))
  for (const signal of SIGNALS) process.on(signal, () => agent.end())
  process.umask(0o077)
  prepareSocketFolder(dirname(path))
  readSeed(seed)
  // the socket is created with mode 0600
  process.umask(0o177)
  const replaced = await agent.listen(path)
  // a socket that cannot be removed does no harm under its new name
  if (replaced !== undefined) await stopAgent(replaced).catch(() => undefined)
  reportReady()
  await agent.ended
}

/** Replaces stdin by /dev/null, so that no other file gets descriptor 0. */
function readSeed(seed: Buffer): void {
  let length = 0
  while (length < seed.length) {
    const read = readSync(0, seed, length, seed.length - length, null)
    if (read === 0) throw new Error('received no seed')
    length += read
  }
  closeSync(0)
  openSync('/dev/null', 'r')
}

runDetached(main)
