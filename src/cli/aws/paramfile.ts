import { utf8Text } from '../../core/encoding.js'
import type { Io } from '../terminal/io.js'
import { UsageError } from '../arguments/usage.js'

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: '[Errno 2] No such file or directory',
  EACCES: '[Errno 13] Permission denied',
  ENOTDIR: '[Errno 20] Not a directory',
  EISDIR: '[Errno 21] Is a directory'
}

/**
 * Returns the content of `file://PATH` as text, and of `fileb://PATH` as bytes; `undefined` for any other text. The
 * content is exact: a newline at the end is part of it. Throws `UsageError` in the AWS CLI's words.
 */
export async function paramfile(text: string, io: Io): Promise<string | Uint8Array | undefined> {
  const prefix = text.startsWith('file://') ? 'file://' : text.startsWith('fileb://') ? 'fileb://' : undefined
  if (prefix === undefined) return undefined
  const path = expand(text.slice(prefix.length), io)
  const bytes = await io.readFile(path).catch((error: NodeJS.ErrnoException) => {
    const reason = REASONS[error.code ?? ''] ?? error.code ?? error.message
    throw new UsageError('input', `Unable to load paramfile ${text}: ${reason}: '${path}'`)
  })
  if (prefix === 'fileb://') return bytes
  const decoded = utf8Text(bytes)
  if (decoded !== undefined) return decoded
  throw new UsageError(
    'input',
    `Unable to load paramfile (${path}), text contents could not be decoded.  If this is a binary file, ` +
      'please use the fileb:// prefix instead of the file:// prefix.'
  )
}

/** Expands `~` and `$NAME`, which a shell does not expand after `file://`. */
function expand(path: string, io: Io): string {
  const home = /^~(?=\/|$)/.test(path) && io.home !== '' ? io.home + path.slice(1) : path
  return home.replace(/\$(?:\{(\w+)\}|(\w+))/g, (all, braced?: string, bare?: string) => {
    return io.env[braced ?? bare ?? ''] ?? all
  })
}
