import { VaultError } from '../../core/errors.js'
import type { Shape, Structure } from '../../core/shape.js'
import type { Parsed } from '../arguments/arguments.js'
import type { Io } from '../terminal/io.js'
import { UsageError } from '../arguments/usage.js'
import { fitToShape, integer } from './fit.js'
import { kebab } from './names.js'
import { paramfile } from './paramfile.js'
import { parseShorthand, ShorthandError, type Shorthand } from './shorthand.js'
import { validate } from './validate.js'

/** Builds the operation's request from the arguments and `--cli-input-json` or `--cli-input-yaml`. */
export async function readRequest(
  input: Structure,
  parsed: Parsed,
  io: Io
): Promise<Record<string, unknown>> {
  const rawBlobs = parsed.text('cli-binary-format') === 'raw-in-base64-out'
  const request: Record<string, unknown> = {}
  for (const [member, shape] of Object.entries(input.members)) {
    const flag = kebab(member)
    if (!parsed.has(flag)) continue
    request[member] =
      shape.type === 'boolean'
        ? parsed.flag(flag)
        : await parseArgument(`--${flag}`, shape, parsed.list(flag)!, io)
  }
  for (const [member, value] of Object.entries(await inputDocument(parsed, input, io))) {
    // an argument overrides the document, so that one document serves many calls
    if (!Object.hasOwn(request, member)) request[member] = value
  }
  decodeBlobs(request, input, rawBlobs)
  return request
}

/** Validates the request like botocore, and adds a random idempotency token if the operation takes one. Throws `UsageError`. */
export function checkedRequest(
  request: Readonly<Record<string, unknown>>,
  input: Structure,
  io: Io
): Record<string, unknown> {
  check(request, input)
  const tokens = Object.entries(input.members)
    .filter(
      ([member, shape]) => shape.type === 'string' && shape.idempotencyToken && request[member] === undefined
    )
    .map(([member]) => [member, io.uuid()])
  return { ...request, ...Object.fromEntries(tokens) }
}

export function check(value: unknown, shape: Structure): void {
  const problems = validate(value, shape)
  if (problems.length === 0) return
  throw new UsageError('input', `Parameter validation failed:\n${problems.join('\n')}`)
}

/** Parses one option's words into a value of its shape. */
async function parseArgument(flag: string, shape: Shape, words: readonly string[], io: Io): Promise<unknown> {
  try {
    const only = words.length === 1 ? words[0]! : undefined
    const file = only === undefined ? undefined : await paramfile(only, io)
    if (file instanceof Uint8Array) {
      if (shape.type === 'blob') return file
      throw new UsageError('input', 'fileb:// reads bytes, and this parameter is not binary; use file://')
    }
    const texts = file === undefined ? words : [file]
    if (shape.type !== 'list') return await parseValue(shape, texts[0]!, io)
    if (texts.length === 1 && /^\s*\[/.test(texts[0]!)) return await json(texts[0]!, false)
    // like the AWS CLI, read all words in the syntax of the first
    const read = LOOKS_LIKE_JSON.test(texts[0] ?? '') ? structureJson : shorthand
    return await Promise.all(
      texts.map(text =>
        isComplex(shape.member) ? read(text, shape.member, io) : parseValue(shape.member, text, io)
      )
    )
  } catch (error) {
    if (error instanceof ShorthandError || (error instanceof UsageError && error.kind === 'input')) {
      throw inParameter(flag, error)
    }
    throw error
  }
}

const LOOKS_LIKE_JSON = /^\s*[[{]/

const isComplex = ({ type }: Shape): boolean => type === 'structure' || type === 'map' || type === 'list'

async function parseValue(shape: Shape, text: string, io: Io): Promise<unknown> {
  if (shape.type === 'integer' || shape.type === 'long') return integer(text)
  if (!isComplex(shape)) return text
  return LOOKS_LIKE_JSON.test(text) ? structureJson(text) : shorthand(text, shape, io)
}

async function shorthand(text: string, shape: Shape, io: Io): Promise<unknown> {
  // the parser is synchronous, so placeholders stand for the files of `k@=file://…` until they are read
  const files = new Map<Shorthand, string>()
  const parsed = parseShorthand(text, path => {
    const place: Shorthand = []
    files.set(place, path)
    return place
  })
  return fitToShape(await withFiles(parsed, files, io), shape)
}

async function withFiles(part: Shorthand, files: ReadonlyMap<Shorthand, string>, io: Io): Promise<Shorthand> {
  const path = files.get(part)
  if (path !== undefined) {
    const content = await paramfile(path, io)
    if (content instanceof Uint8Array) throw new UsageError('input', 'use file:// inside shorthand')
    return content ?? path
  }
  if (typeof part === 'string') return part
  if (Array.isArray(part)) return Promise.all(part.map(item => withFiles(item, files, io)))
  const entries = Object.entries(part).map(
    async ([key, item]) => [key, await withFiles(item, files, io)] as const
  )
  return Object.fromEntries(await Promise.all(entries))
}

async function structureJson(text: string): Promise<unknown> {
  if (/^\s*\{/.test(text)) return json(text, false)
  throw new UsageError('input', `Invalid JSON:\n${text}`)
}

async function inputDocument(parsed: Parsed, input: Structure, io: Io): Promise<Record<string, unknown>> {
  const name = ['cli-input-json', 'cli-input-yaml'].find(option => parsed.has(option))
  if (name === undefined) return {}
  const argument = parsed.text(name)!
  const file = await paramfile(argument, io).catch((error: unknown) => {
    throw error instanceof UsageError ? inParameter(`--${name}`, error) : error
  })
  try {
    const text = file instanceof Uint8Array ? new TextDecoder().decode(file) : (file ?? argument)
    const document =
      name === 'cli-input-json' ? await json(text, isSensitive(input)) : await yaml(text, input)
    if (typeof document === 'object' && document !== null && !Array.isArray(document)) {
      return document as Record<string, unknown>
    }
    throw new UsageError('input', 'Invalid type: expecting an object.')
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    throw inParameter(name, error)
  }
}

const inParameter = (name: string, { message }: Error): UsageError =>
  new UsageError('input', `Error parsing parameter '${name}': ${message}`)

/** Parses JSON. The error does not repeat a text that may contain a secret. */
async function json(text: string, isSecret: boolean): Promise<unknown> {
  try {
    return JSON.parse(text) as unknown
  } catch {
    const { jsonError } = await import('./json/jsonError.js')
    const received = isSecret ? '(not shown)' : text
    throw new UsageError(
      'input',
      `Invalid JSON: ${jsonError(text) ?? 'invalid number'}\nJSON received: ${received}`
    )
  }
}

/** Parses YAML, in which every scalar is a text. `fitToShape` converts the texts to the model's types, as in shorthand. */
async function yaml(text: string, input: Structure): Promise<unknown> {
  const { parseYaml } = await import('../../core/format/yaml.js')
  try {
    const caps = { bytes: 1 << 20, depth: 16 }
    return fitToShape((await parseYaml(new TextEncoder().encode(text), 'YAML', caps)) as Shorthand, input)
  } catch (error) {
    if (!(error instanceof VaultError)) throw error
    throw new UsageError('input', `Invalid YAML received: ${error.message}`)
  }
}

const isSensitive = (input: Structure): boolean =>
  Object.values(input.members).some(shape => 'sensitive' in shape && shape.sensitive)

/** Converts texts in binary members to bytes. Blobs of this service occur only at the top level of a request. */
function decodeBlobs(request: Record<string, unknown>, input: Structure, raw: boolean): void {
  for (const [member, shape] of Object.entries(input.members)) {
    const text = request[member]
    if (shape.type !== 'blob' || typeof text !== 'string') continue
    request[member] = raw ? new TextEncoder().encode(text) : base64(member, text)
  }
}

function base64(member: string, text: string): Uint8Array {
  const compact = text.replace(/\s/g, '')
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(compact)) {
    throw new UsageError('input', `Invalid base64: the value of --${kebab(member)}`)
  }
  return new Uint8Array(Buffer.from(compact, 'base64'))
}
