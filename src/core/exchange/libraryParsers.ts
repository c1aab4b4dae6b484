import { parse as parseDotenv } from 'dotenv'
import { parse as parseToml, TomlError } from 'smol-toml'
import { isMap, isScalar, LineCounter, parseAllDocuments, type Node, type ParsedNode } from 'yaml'
import type { Entry } from './entry.js'

/** This file is loaded apart from the rest of the program, so it throws no error of ours: it returns the reason. */
export type Parsed = { readonly entries: readonly Entry[] } | { readonly reason: string }

/** A line as npm's dotenv takes it; the value may have several lines. */
const DOTENV_LINE =
  /^\s*(?:export\s+)?([\w.-]+)(?:\s*=\s*?|:\s+?)(\s*'(?:\\'|[^'])*'|\s*"(?:\\"|[^"])*"|\s*`(?:\\`|[^`])*`|[^#\r\n]+)?\s*(?:#.*)?$/gm

/** Reads as npm's dotenv does. A name that occurs twice has its last value. Lines that dotenv would skip are refused. */
export function dotenvEntries(text: string): Parsed {
  const unix = text.replace(/\r\n?/g, '\n')
  const names = new Set<string>()
  let end = 0
  for (const match of unix.matchAll(DOTENV_LINE)) {
    const skipped = skippedLine(unix, end, match.index)
    if (skipped !== undefined) return { reason: `line ${skipped} is not NAME=value` }
    const [all, name = '', value = ''] = match
    end = match.index + all.length
    names.add(name)
    if (/^\s*(["'`])/.test(value) && !/^\s*(["'`])[^]*\1\s*$/.test(value))
      return { reason: `the quote of ${name} on line ${lineAt(unix, end)} is not closed` }
  }
  const skipped = skippedLine(unix, end, unix.length)
  if (skipped !== undefined) return { reason: `line ${skipped} is not NAME=value` }
  const entries = Object.entries(parseDotenv(unix)).map(([name, value]) => entry(name, value))
  const lost = [...names].find(name => !entries.some(found => found.name === name))
  return lost === undefined ? { entries } : { reason: `${JSON.stringify(lost)} cannot be a name` }
}

/** Returns the number of the first line between two places that is neither blank nor a comment. */
function skippedLine(text: string, from: number, to: number): number | undefined {
  let at = from
  for (const line of text.slice(from, to).split('\n')) {
    if (line.trim() !== '' && !/^\s*#/.test(line)) return lineAt(text, at)
    at += line.length + 1
  }
  return undefined
}

const lineAt = (text: string, at: number): number => text.slice(0, at).split('\n').length

const entry = (name: string, value: string): Entry => ({ name, json: JSON.stringify(value) })

/** A number that JSON writes in the same way. */
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/

/** Reads YAML 1.2. A number keeps its digits. */
export function yamlEntries(text: string): Parsed {
  const lineCounter = new LineCounter()
  const documents = parseAllDocuments(text, { lineCounter, uniqueKeys: false, logLevel: 'silent' })
  if (!Array.isArray(documents) || documents.length !== 1)
    return { reason: 'it does not have exactly one YAML document' }
  const [document] = documents
  const problem = document!.errors[0] ?? document!.warnings[0]
  if (problem) return { reason: `it is not YAML: line ${lineCounter.linePos(problem.pos[0]).line}` }
  const contents: ParsedNode | null = document!.contents
  if (!isMap(contents)) return { reason: 'it is not a YAML map' }
  const entries: Entry[] = []
  for (const { key, value } of contents.items) {
    if (!isScalar(key) || key.source === undefined)
      return { reason: `a key on line ${lineOf(key, lineCounter)} is not a text` }
    const digits = isScalar(value) && typeof value.value === 'number' ? value.source : undefined
    if (digits !== undefined && JSON_NUMBER.test(digits)) {
      entries.push({ name: key.source, json: digits })
      continue
    }
    let json: string | undefined
    try {
      json = jsonOf(value === null ? null : value.toJS(document!))
    } catch {
      // an alias of nothing, or too many of them
    }
    if (json === undefined) return { reason: `${JSON.stringify(key.source)} has a value that JSON lacks` }
    entries.push({ name: key.source, json })
  }
  return { entries }
}

const lineOf = (node: Node, counter: LineCounter): number => counter.linePos(node.range?.[0] ?? 0).line

/** Reads TOML 1.0. Dates become strings. */
export function tomlEntries(text: string): Parsed {
  try {
    const table = parseToml(text, { integersAsBigInt: true })
    const entries: Entry[] = []
    for (const [name, value] of Object.entries(table)) {
      const json = jsonOf(value)
      if (json === undefined) return { reason: `${JSON.stringify(name)} has a value that JSON lacks` }
      entries.push({ name, json })
    }
    return { entries }
  } catch (error) {
    if (error instanceof TomlError) return { reason: `it is not TOML: line ${error.line}` }
    throw error
  }
}

/** Returns compact JSON, or `undefined` for a value that has none, such as infinity. */
function jsonOf(value: unknown): string | undefined {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'number' && !Number.isFinite(value)) return undefined
  if (Array.isArray(value)) {
    const items = value.map(jsonOf)
    return items.includes(undefined) ? undefined : `[${items.join(',')}]`
  }
  if (typeof value !== 'object' || value === null || value instanceof Date) return JSON.stringify(value)
  const members: string[] = []
  for (const [key, member] of Object.entries(value)) {
    const json = jsonOf(member)
    if (json === undefined) return undefined
    members.push(`${JSON.stringify(key)}:${json}`)
  }
  return `{${members.join(',')}}`
}
