import { VaultError } from '../../core/errors.js'

/** Returns a `DocumentRefused`. Rethrows any other error. */
export function refusalOf(error: unknown): VaultError {
  if (error instanceof VaultError && error.code === 'DocumentRefused') return error
  throw error
}

/** Returns a refusal's message without the path at its start. */
export function reasonOf({ message }: VaultError, path: string): string {
  if (message.startsWith(`${path}: `)) return message.slice(path.length + 2)
  return message.startsWith(`${path} `) ? message.slice(path.length + 1) : message
}

/** Throws `DocumentRefused` with the file's path and the reason. */
export function refuse(path: string, reason: string, hint?: string): never {
  throw new VaultError('DocumentRefused', `${path}: ${reason}`, hint === undefined ? {} : { hint })
}
