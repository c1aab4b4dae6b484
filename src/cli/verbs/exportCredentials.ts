import { credentialsOf, isKnownKey, type CredentialFormat } from '../../core/exchange/credentials.js'
import type { Exported } from '../../core/exchange/exportFormats.js'
import type { Parsed } from '../arguments/arguments.js'
import { UsageError } from '../arguments/usage.js'
import type { World } from '../command/services.js'
import { noticeTo } from '../terminal/report.js'

/** Throws `UsageError` for options that a format of `export` does not have. */
export function checkCredentialOptions(parsed: Parsed, format: string): void {
  const [folder, key] = [parsed.text('output-dir'), parsed.text('with-key')]
  const isEncrypted = format === 'systemd-creds'
  if (key !== undefined && !isEncrypted) throw onlyFor('--with-key', 'systemd-creds')
  if (key !== undefined && !/^[a-z0-9+-]+$/.test(key))
    throw new UsageError(
      'input',
      `'${key}' is not a key of systemd-creds`,
      'pass a key such as host, tpm2 or host+tpm2'
    )
  if (format === 'systemd-load' && folder === undefined)
    throw new UsageError('input', 'systemd-load needs a folder', 'pass --output-dir DIR, such as one in /run')
  if (folder !== undefined && !isEncrypted && format !== 'systemd-load')
    throw onlyFor('--output-dir', 'systemd-creds or systemd-load')
  if (folder !== undefined && parsed.has('output'))
    throw new UsageError('input', '--output and --output-dir cannot be combined')
}

const onlyFor = (option: string, formats: string): UsageError =>
  new UsageError('input', `${option} is only for --format ${formats}`)

/** Writes credentials of systemd into the folder of --output-dir. Returns lines for a unit if there is no such option. */
export async function exportCredentials(
  entries: readonly Exported[],
  format: CredentialFormat,
  parsed: Parsed,
  { io, services }: World
): Promise<string> {
  const credentials = credentialsOf(entries, format)
  const [folder, key] = [parsed.text('output-dir'), parsed.text('with-key')]
  const { encryptCredentials, writeCredentials } = await services.credentialFiles()
  if (format === 'systemd-load') {
    await writeCredentials(folder!, credentials, 'plain')
    return ''
  }
  if (isKnownKey(key)) noticeTo(io)(`everyone can decrypt what --with-key ${key} encrypts`)
  const encrypted = await encryptCredentials(credentials, key, folder === undefined)
  if (folder === undefined)
    return [...encrypted.values()].map(bytes => new TextDecoder().decode(bytes)).join('')
  await writeCredentials(
    folder,
    new Map([...encrypted].map(([name, bytes]) => [`${name}.cred`, bytes])),
    isKnownKey(key) ? 'known' : 'encrypted'
  )
  return ''
}
