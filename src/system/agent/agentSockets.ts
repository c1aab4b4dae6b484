import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { VaultError } from '../../core/errors.js'
import { askAgent } from './askAgent.js'
import { errno, fileFailed, removeIfThere } from '../files/files.js'
import { shown } from '../files/paths.js'
import { isOwnSocket, isThere, refuseOpen, SOCKET_NAME } from './runtimeFolder.js'

/**
 * Has every process that keeps an identity forget it, and gives how many there were. The socket of one that was killed is
 * removed, and so is that of one that hangs, which ends for lack of it as soon as it runs again: throws `FileFailed`.
 */
export async function stopAgents(folder: string): Promise<number> {
  if (!isThere(folder)) return 0
  refuseOpen(dirname(folder))
  refuseOpen(folder)
  const paths = namesIn(folder).map(name => join(folder, name))
  const ends = await Promise.all(paths.map(stopAgent))
  const silent = paths.find((_, at) => ends[at] === 'silent')
  if (silent !== undefined) {
    throw new VaultError(
      'FileFailed',
      `what keeps an identity unlocked at ${shown(silent)} does not answer; no command can ask it any more`,
      { hint: 'where it is stopped, it forgets the identity within 5 seconds of running again' }
    )
  }
  return ends.filter(end => end === 'ended').length
}

/** The one at this socket. What does not answer has its socket removed. */
export async function stopAgent(path: string): Promise<'ended' | 'dead' | 'silent'> {
  if (!isThere(path)) return 'dead'
  const reply = isOwnSocket(path) ? await askAgent(path, 'end') : { kind: 'silent' as const }
  if (reply.kind === 'answer' && reply.bytes.toString('latin1') === 'ended') return 'ended'
  try {
    removeIfThere(path)
  } catch (error) {
    throw fileFailed(`cannot remove ${shown(path)}`, error)
  }
  return reply.kind === 'dead' ? 'dead' : 'silent'
}

/** When the agent at this socket ends, in milliseconds since the epoch; `undefined` where none answers. */
export async function agentExpiry(path: string): Promise<number | undefined> {
  const reply = await askAgent(path, 'until')
  const text = reply.kind === 'answer' ? reply.bytes.toString('latin1') : ''
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

/** The sockets, and those on the way to or from their place that one which was killed has left. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter(name => SOCKET_NAME.test(name.replace(/\.[0-9a-f]{12}$/, '')))
  } catch (error) {
    if (errno(error) === 'ENOENT') return []
    throw fileFailed(`cannot read ${shown(folder)}`, error)
  }
}
