import type { Shape, Structure } from '../../core/shape.js'
import type { Parsed } from '../arguments.js'
import type { Io } from '../io.js'
import { UsageError } from '../usage.js'
import { fitToShape, integer } from './fit.js'
import { kebab } from './names.js'
import { paramfile } from './paramfile.js'
import { parseShorthand, ShorthandError, type Shorthand } from './shorthand.js'
import { validate } from './validate.js'

/** The operation's request as the arguments and `--cli-input-json` give it, checked as botocore checks it. */
export async function buildRequest(
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
        : await argument(`--${flag}`, shape, parsed.list(flag)!, io)
  }
  for (const [member, value] of Object.entries(await inputJson(parsed, io))) {
    // An argument wins over the file, so one skeleton serves many calls.
    if (!Object.hasOwn(request, member)) request[member] = value
  }
  decodeBlobs(request, input, rawBlobs)
  const problems = validate(request, input)
  if (problems.length > 0) {
    throw new UsageError('input', `Parameter validation failed:\n${problems.join('\n')}`)
  }
  for (const [member, shape] of Object.entries(input.members)) {
    const token = shape.type === 'string' && shape.idempotencyToken === true
    if (token && request[member] === undefined) request[member] = io.uuid()
  }
  return request
}

/** One option's words, as a value of its shape. */
async function argument(flag: string, shape: Shape, words: readonly string[], io: Io): Promise<unknown> {
  try {
    const only = words.length === 1 ? words[0]! : undefined
    const file = only === undefined ? undefined : await paramfile(only, io)
    if (file instanceof Uint8Array) {
      if (shape.type === 'blob') return file
      throw new UsageError('input', 'fileb:// gives bytes, which only a binary parameter takes; use file://')
    }
    const texts = file === undefined ? words : [file]
    if (shape.type !== 'list') return await value(shape, texts[0]!, io)
    if (texts.length === 1 && /^\s*\[/.test(texts[0]!)) return json(texts[0]!)
    return await Promise.all(texts.map(text => value(shape.member, text, io)))
  } catch (error) {
    if (error instanceof ShorthandError || (error instanceof UsageError && error.kind === 'input')) {
      throw new UsageError('input', `Error parsing parameter '${flag}': ${error.message}`)
    }
    throw error
  }
}

async function value(shape: Shape, text: string, io: Io): Promise<unknown> {
  if (shape.type === 'integer' || shape.type === 'long') return integer(text)
  if (shape.type !== 'structure' && shape.type !== 'map' && shape.type !== 'list') return text
  if (/^\s*[[{]/.test(text)) return json(text)

  // The syntax is read without waiting for files, so what `k@=file://…` names is put in its place after.
  const files = new Map<Shorthand, string>()
  const parsed = parseShorthand(text, path => {
    const place: Shorthand = []
    files.set(place, path)
    return place
  })
  return fitToShape(await filled(parsed, files, io), shape)
}

async function filled(part: Shorthand, files: ReadonlyMap<Shorthand, string>, io: Io): Promise<Shorthand> {
  const path = files.get(part)
  if (path !== undefined) {
    const content = await paramfile(path, io)
    if (content instanceof Uint8Array) throw new UsageError('input', 'use file:// inside shorthand')
    return content ?? path
  }
  if (typeof part === 'string') return part
  if (Array.isArray(part)) return Promise.all(part.map(item => filled(item, files, io)))
  const entries = Object.entries(part).map(
    async ([key, item]) => [key, await filled(item, files, io)] as const
  )
  return Object.fromEntries(await Promise.all(entries))
}

async function inputJson(parsed: Parsed, io: Io): Promise<Record<string, unknown>> {
  const given = parsed.text('cli-input-json')
  if (given === undefined) return {}
  try {
    const file = await paramfile(given, io)
    const input = json(file instanceof Uint8Array ? new TextDecoder().decode(file) : (file ?? given))
    if (typeof input === 'object' && input !== null && !Array.isArray(input)) {
      return input as Record<string, unknown>
    }
    throw new UsageError('input', 'Invalid type: expecting a JSON object.')
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    throw new UsageError('input', `Error parsing parameter '--cli-input-json': ${error.message}`)
  }
}

/** The text is not repeated in the error: it may hold a secret. */
function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new UsageError('input', 'Invalid JSON received.')
  }
}

/** Texts in binary members become bytes. Every blob of this service stands at the top of its request. */
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
