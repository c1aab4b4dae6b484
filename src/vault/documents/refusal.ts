import { VaultError } from '../../core/errors.js'

/** Throws again what is no refusal of a document. */
export function refusalOf(error: unknown): VaultError {
  if (error instanceof VaultError && error.code === 'DocumentRefused') return error
  throw error
}

/** A refusal's message without the path that it begins with. */
export function reasonOf({ message }: VaultError, path: string): string {
  if (message.startsWith(`${path}: `)) return message.slice(path.length + 2)
  return message.startsWith(`${path} `) ? message.slice(path.length + 1) : message
}
