import { createHash } from 'node:crypto'

/** As `Digest` in core/ports.ts. */
export function digest(parts: readonly (Uint8Array | undefined)[]): string {
  const hash = createHash('sha256').update(parts.map(part => part?.length ?? '-').join(' ') + '\n')
  for (const part of parts) if (part) hash.update(part)
  return hash.digest('base64url')
}
