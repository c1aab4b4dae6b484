import { usage } from '../errors.js'
import { plainText } from '../format/jsonField.js'
import type { Exported } from './exportFormats.js'

/** Formats of systemd's credentials: encrypted by systemd-creds, or plain for `LoadCredential=`. */
export const CREDENTIAL_FORMATS = ['systemd-creds', 'systemd-load'] as const
export type CredentialFormat = (typeof CREDENTIAL_FORMATS)[number]

/** The content of a credential, by its name. */
export type Credentials = ReadonlyMap<string, Uint8Array>

/** Names that are a file's and need no quotes in a unit. systemd allows a few more. */
const NAME = /^[A-Za-z0-9_@+-][-.A-Za-z0-9_@+]{0,199}$/

/** Returns what entries are as credentials. Throws `Usage`, naming the entry, for a name that a credential cannot have. */
export function credentialsOf(entries: readonly Exported[], format: CredentialFormat): Credentials {
  return new Map(
    entries.map(({ name, value }) => {
      if (!NAME.test(name))
        throw usage(`${format} cannot hold ${JSON.stringify(name)}: it is not the name of a credential`)
      return [name, typeof value === 'string' ? new TextEncoder().encode(plainText(value)) : value]
    })
  )
}

/** Whether systemd would use a key that everyone has, so that the credential is as readable as plain text. */
export const isKnownKey = (key: string | undefined): boolean =>
  key !== undefined && ['null', 'tpm2-absent', 'auto-initrd'].includes(key)
