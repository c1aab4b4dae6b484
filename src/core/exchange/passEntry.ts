import { textOrBytes } from './parseFile.js'

/** The first line of the secrets that older versions of gopass wrote. */
const GOPASS_MIME = 'GOPASS-SECRET-1.0'
/** A line between two of its hyphens names what the file is, such as a private key, whose headers are no fields. */
const PEM = /^-----BEGIN /
const PEM_BEGIN = /-----BEGIN [^-]+-----/
const PEM_END = /-----END [^-]+-----/
const FIELD = /^([^\s:][^:]*):(?:[ \t]+(.*))?$/
const OTPAUTH = /^otpauth:\/\//

/**
 * Returns the value of a decrypted entry of a pass store. A single line is the value, without its line break. If there are
 * further lines `key: value` or `otpauth://`, it is a JSON object: the first line is its `password`, each of these lines a field,
 * and all other lines are its `notes`, such as a further `password:` and the lines of a private key. The YAML after a line `---` and the older format of gopass become fields, too. Any
 * other text is one plain value, and so are bytes that are not UTF-8.
 * @param isWhole leaves out the fields
 */
export async function passValue(bytes: Uint8Array, isWhole: boolean): Promise<string | Uint8Array> {
  const text = textOrBytes(bytes)
  if (typeof text !== 'string') return text
  const fields = isWhole || PEM.test(text) ? undefined : await fieldsOf(text)
  return fields ? jsonOf(fields) : plain(text)
}

/** A private key needs its last line break; a password has none. */
function plain(text: string): string {
  const line = text.replace(/\r?\n$/, '')
  return line.includes('\n') ? text : line
}

/** A field's values, each as JSON, by its name. */
type Fields = Map<string, string[]>

/** Returns `undefined` if the text has a value only. */
async function fieldsOf(text: string): Promise<Fields | undefined> {
  const lines = text.split('\n').map(line => line.replace(/\r$/, ''))
  const fields: Fields = new Map()
  const [first = '', ...rest] = lines
  if (first.trim() === GOPASS_MIME) return mimeFields(rest, fields)
  const isValue = first !== '---'
  if (isValue) add(fields, OTPAUTH.test(first) ? 'otpauth' : 'password', JSON.stringify(first))
  const start = isValue ? rest.indexOf('---') : 0
  const yaml = start < 0 ? undefined : await yamlFields(rest.slice(isValue ? start + 1 : 0))
  const notes: string[] = []
  let count = yaml?.length ?? 0
  for (const { line, isPem } of withPem(yaml ? rest.slice(0, start) : rest)) {
    const isOtpauth = !isPem && OTPAUTH.test(line)
    const [, name, value = ''] = (isPem ? undefined : FIELD.exec(line)) ?? []
    if (isOtpauth || name !== undefined) count++
    if (isOtpauth) add(fields, 'otpauth', JSON.stringify(line))
    else if (name === undefined || isSecondPassword(fields, name)) notes.push(line)
    else add(fields, name, JSON.stringify(value))
  }
  for (const { name, json } of yaml ?? [])
    if (isSecondPassword(fields, name)) notes.push(`${name}: ${json}`)
    else add(fields, name, json)
  if (count === 0) return undefined
  addNotes(fields, notes)
  return fields
}

/** A program that reads `password` expects one text, so a further one is a note. */
const isSecondPassword = (fields: Fields, name: string): boolean =>
  name === 'password' && fields.has('password')

/** Tells which lines belong to a PEM text, such as a private key. Its headers look like fields, and it must stay whole. */
function withPem(lines: readonly string[]): { readonly line: string; readonly isPem: boolean }[] {
  let isInside = false
  return lines.map(line => {
    const isPem = isInside || (PEM_BEGIN.test(line) && !PEM_END.test(line))
    isInside = isPem && !PEM_END.test(line)
    return { line, isPem }
  })
}

async function yamlFields(lines: readonly string[]) {
  const { yamlEntries } = await import('./libraryParsers.js')
  const found = yamlEntries(lines.join('\n'))
  return 'entries' in found ? found.entries : undefined
}

/** Headers as in a mail, and a text after an empty line. A line that begins with white space continues a header. */
function mimeFields(lines: readonly string[], fields: Fields): Fields {
  const end = lines.indexOf('')
  const headers = lines
    .slice(0, end < 0 ? lines.length : end)
    .join('\n')
    .replace(/\n[ \t]+/g, ' ')
  const notes: string[] = []
  for (const line of headers.split('\n')) {
    const [, name, value = ''] = FIELD.exec(line) ?? []
    const field = name !== undefined && /^password$/i.test(name) ? 'password' : name
    if (field === undefined || isSecondPassword(fields, field)) notes.push(line)
    else add(fields, field, JSON.stringify(value))
  }
  addNotes(fields, [...notes, ...(end < 0 ? [] : lines.slice(end + 1))])
  return fields
}

function add(fields: Fields, name: string, json: string): void {
  fields.set(name, [...(fields.get(name) ?? []), json])
}

function addNotes(fields: Fields, lines: readonly string[]): void {
  const notes = lines.join('\n').replace(/^\n+|\s+$/g, '')
  if (notes !== '') add(fields, 'notes', JSON.stringify(notes))
}

/** A field that occurs several times is a list. */
const jsonOf = (fields: Fields): string =>
  `{${[...fields]
    .map(([name, [first = '', ...more]]) => {
      const value = more.length === 0 ? first : `[${[first, ...more].join(',')}]`
      return `${JSON.stringify(name)}:${value}`
    })
    .join(',')}}`
