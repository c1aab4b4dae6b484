import { VaultError } from '../../core/errors.js'

/** Returns a `DocumentRefused`. Rethrows any other error. */
export function refusalOf(error: unknown): VaultError {
  if (error instanceof VaultError && error.code === 'DocumentRefused') return error
  throw error
}

/** Returns what `read` returns, or `undefined` if it throws a `DocumentRefused`. Rethrows any other error. */
export async function unlessRefused<T>(read: () => Promise<T> | T): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    refusalOf(error)
    return undefined
  }
}

/** Returns a refusal's message without the path at its start. */
export function reasonOf({ message }: VaultError, path: string): string {
  if (message.startsWith(`${path}: `)) return message.slice(path.length + 2)
  return message.startsWith(`${path} `) ? message.slice(path.length + 1) : message
}

/** Throws `DocumentRefused` with the file's path and the reason. */
export function refuse(path: string, reason: string, hint?: string): never {
  throw new VaultError('DocumentRefused', `${path}: ${reason}`, { hint })
}

/** The command that mends documents that a merge, a revert or a deletion has left behind. */
export const RESOLVE_HINT = 'git-vault resolve'
