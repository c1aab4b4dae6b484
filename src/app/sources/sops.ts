import type { SopsFormat } from '../../core/exchange/entry.js'
import { absolute, findProgram, outputOf } from '../../system/run/output.js'
import { shown } from '../../system/files/paths.js'
import { programEnvironment } from '../../core/run/programEnvironment.js'

/**
 * Decrypts a file with the user's own sops, over a pipe. YAML stays YAML, because sops writes only the first of several
 * documents as JSON. A binary file is returned as it was, and any other as JSON. Throws `FileFailed`.
 */
export async function decryptSops(file: string, format: SopsFormat, limit: number): Promise<Uint8Array> {
  const env = programEnvironment(process.env)
  const sops = findProgram(['sops'], env)
  const output = format === 'yaml' || format === 'binary' ? format : 'json'
  const types = ['--input-type', format, '--output-type', output]
  // sops quotes a line that it cannot parse, which is a value if the file is not encrypted
  const options = { env, limit, reason: 'never', hint: `sops --decrypt ${shown(file)}` } as const
  // an absolute path, which is no option
  return outputOf(sops, ['--decrypt', ...types, absolute(file)], options)
}
