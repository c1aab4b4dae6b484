import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { VaultError } from '../../core/errors.js'
import { askAgent } from './askAgent.js'
import { errno, fileFailed, removeIfExists } from '../files/files.js'
import { shown } from '../files/paths.js'
import { isOwnSocket, pathExists, requirePrivateFolder, SOCKET_NAME } from './runtimeFolder.js'

/**
 * Stops every agent and returns how many there were. Also removes the sockets of agents that were killed or that do not
 * answer. An agent without its socket ends as soon as it runs again. Throws `FileFailed` if one does not answer.
 */
export async function stopAgents(folder: string): Promise<number> {
  if (!pathExists(folder)) return 0
  requirePrivateFolder(dirname(folder))
  requirePrivateFolder(folder)
  const paths = socketNames(folder).map(name => join(folder, name))
  const ends = await Promise.all(paths.map(stopAgent))
  const silent = paths.find((_, at) => ends[at] === 'silent')
  if (silent !== undefined) {
    throw new VaultError(
      'FileFailed',
      `the agent at ${shown(silent)} does not answer; its socket was removed, so no command can reach it`,
      { hint: 'if its process is suspended, it forgets the identity within 5 seconds of continuing' }
    )
  }
  return ends.filter(end => end === 'ended').length
}

/** Stops the agent at this socket. If it does not answer, removes the socket. */
export async function stopAgent(path: string): Promise<'ended' | 'dead' | 'silent'> {
  if (!pathExists(path)) return 'dead'
  const reply = isOwnSocket(path) ? await askAgent(path, 'end') : { kind: 'silent' as const }
  if (reply.kind === 'answer' && reply.bytes.toString('latin1') === 'ended') return 'ended'
  try {
    removeIfExists(path)
  } catch (error) {
    throw fileFailed(`cannot remove ${shown(path)}`, error)
  }
  return reply.kind === 'dead' ? 'dead' : 'silent'
}

/** Returns when the agent at this socket ends, in milliseconds since the epoch; `undefined` if none answers. */
export async function agentExpiry(path: string): Promise<number | undefined> {
  const reply = await askAgent(path, 'until')
  const text = reply.kind === 'answer' ? reply.bytes.toString('latin1') : ''
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

/** Includes sockets under a temporary name, which a killed agent leaves. */
function socketNames(folder: string): string[] {
  try {
    return readdirSync(folder).filter(name => SOCKET_NAME.test(name.replace(/\.[0-9a-f]{12}$/, '')))
  } catch (error) {
    if (errno(error) === 'ENOENT') return []
    throw fileFailed(`cannot read ${shown(folder)}`, error)
  }
}
