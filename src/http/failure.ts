import { VaultError } from '../core/errors.js'
import { wireError } from './awsJson.js'

/** Log fields of an error. A text that is not ours may hold a secret: then only the place is logged. */
export function failureFields(error: unknown): { error: string; cause?: string } {
  const { code, status } = wireError(error)
  if (status < 500) return { error: code }
  if (error instanceof VaultError) return { error: code, cause: `${error.code}: ${error.message}` }
  const place = error instanceof Error ? (error.stack ?? '').split('\n    at ')[1] : undefined
  return {
    error: code,
    cause: `${error instanceof Error ? error.name : typeof error} at ${place ?? 'unknown'}`
  }
}
