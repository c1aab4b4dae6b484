import { usage, type VaultError } from '../errors.js'
import { plainText } from '../format/jsonField.js'
import { exportCode } from '../run/shell.js'
import { isDangerousName, isPortableName } from '../run/variableNames.js'

/** A named value that is to be written in a format. */
export interface Exported {
  readonly name: string
  /** As compact JSON, or the bytes of a binary secret. */
  readonly value: string | Uint8Array
}

export const EXPORT_FORMATS = [
  'dotenv',
  'json',
  'yaml',
  'shell',
  'docker-env',
  'k8s',
  'systemd',
  'github'
] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

/** A text that no value has: it ends values of several lines. Drawn by the caller. */
export interface FormatOptions {
  readonly delimiter: string
  /** The name of the Kubernetes Secret. */
  readonly objectName: string
}

/** Returns values in a format. Throws `Usage`, naming the entry and never a value, if the format cannot hold one. */
export function formatted(
  entries: readonly Exported[],
  format: ExportFormat,
  options: FormatOptions
): string {
  if (format === 'k8s') return kubernetes(entries, options.objectName)
  const texts = entries.map(({ name, value }) => {
    if (typeof value !== 'string')
      throw refused(name, format, 'the value is binary', 'use --format k8s, or git-vault get')
    return { name, json: value, text: plainText(value) }
  })
  if (format === 'json')
    return `{${texts.map(({ name, json }) => `\n  ${JSON.stringify(name)}: ${json}`).join(',')}\n}\n`
  if (format === 'yaml') return texts.map(({ name, json }) => yamlLine(name, json)).join('') || '{}\n'
  const line = LINES[format]
  return texts
    .map(({ name, text }) => {
      if (!isPortableName(name)) throw refused(name, format, 'it is not the name of a variable')
      if (isDangerousName(name, false))
        throw refused(name, format, 'the variable would change how programs run')
      if (text.includes('\0')) throw refused(name, format, 'the value has a NUL character')
      const written = line(name, text, options)
      if (typeof written === 'string') return written
      throw refused(name, format, written.reason, 'use another format, such as shell or json')
    })
    .join('')
}

const refused = (name: string, format: string, reason: string, hint?: string): VaultError =>
  usage(`${format} cannot hold ${JSON.stringify(name)}: ${reason}`, hint)

type Line = (name: string, text: string, options: FormatOptions) => string | { readonly reason: string }

const LINES: Readonly<Record<Exclude<ExportFormat, 'json' | 'yaml' | 'k8s'>, Line>> = {
  dotenv,
  shell: (name, text) => exportCode(new Map([[name, text]]), 'sh'),
  'docker-env': (name, text) => {
    if (/[\n\r]/.test(text)) return { reason: 'the value has a line break' }
    // docker reads lines of at most 64 KiB
    return new TextEncoder().encode(text).length + name.length > 65_000
      ? { reason: 'the value is too long for a line' }
      : `${name}=${text}\n`
  },
  // systemd.exec(5), EnvironmentFile=: in double quotes, a backslash takes the meaning of these four
  systemd: (name, text) => `${name}="${text.replace(/["\\`$]/g, '\\$&')}"\n`,
  github: (name, text, { delimiter }) =>
    /^(?:GITHUB_|RUNNER_|CI$)/i.test(name)
      ? { reason: 'GitHub does not let this variable be set' }
      : text.includes(delimiter)
        ? { reason: 'the value has the delimiter' }
        : `${name}<<${delimiter}\n${text}\n${delimiter}\n`
}

/**
 * Readers differ: npm's dotenv takes backslashes in single quotes as they are, python-dotenv does not, and it replaces `${`.
 * Writes only what both read back as it was.
 */
function dotenv(name: string, text: string): string | { readonly reason: string } {
  if (text.includes('${')) return { reason: 'some readers would replace "${" in the value' }
  const fitsSingle = !/['\r]|\\\\|\\$/.test(text)
  if (fitsSingle) return `${name}='${text}'\n`
  if (!/["\\]/.test(text)) return `${name}="${text.replaceAll('\r', '\\r')}"\n`
  return { reason: 'readers differ in how they read its quotes and backslashes' }
}

/** A longer key would have to be written in another form. */
const MAX_YAML_KEY = 900
/** Characters that YAML does not print. They are in strings only, where JSON's escape means the same. */
const UNPRINTED = /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g

function yamlLine(name: string, json: string): string {
  if (name.length > MAX_YAML_KEY) throw refused(name.slice(0, 40), 'yaml', 'the name is too long')
  return `${yamlText(JSON.stringify(name))}: ${yamlText(json)}\n`
}

const yamlText = (json: string): string =>
  json.replace(UNPRINTED, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)

function kubernetes(entries: readonly Exported[], objectName: string): string {
  const lines = entries.map(({ name, value }) => {
    if (!/^[-._a-zA-Z0-9]{1,253}$/.test(name) || name === '.' || name.startsWith('..'))
      throw refused(name, 'k8s', 'it is not a key of a Kubernetes Secret')
    const bytes = typeof value === 'string' ? new TextEncoder().encode(plainText(value)) : value
    return `  ${JSON.stringify(name)}: ${JSON.stringify(base64(bytes))}\n`
  })
  return `apiVersion: v1\nkind: Secret\nmetadata:\n  name: ${JSON.stringify(objectName)}\ntype: Opaque\ndata:${lines.length === 0 ? ' {}\n' : `\n${lines.join('')}`}`
}

function base64(bytes: Uint8Array): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary)
}

/** Returns the name of a Kubernetes object for a secret: `dev-app` for dev/app. */
export const objectNameOf = (secret: string): string =>
  secret
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '-')
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '')
    .slice(0, 253) || 'secrets'
