import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse as npmDotenv } from 'dotenv'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { formatted, objectNameOf, type ExportFormat } from '../../../src/core/exchange/exportFormats.js'
import { fastFolder } from '../../fastFolder.js'
import { removeFolder } from '../../removeFolder.js'

/** Has PyYAML, which reads YAML 1.1, and python-dotenv: see test/conformance/setup.sh. */
const PYTHON = fileURLToPath(new URL('../../../.cache/aws/bin/python', import.meta.url))
const folder = fastFolder('git-vault-export-')
afterAll(() => removeFolder(folder))

const options = { delimiter: 'end_1', objectName: 'x' }
const write = (value: string | Uint8Array, format: ExportFormat, name = 'A'): string =>
  formatted([{ name, value: typeof value === 'string' ? JSON.stringify(value) : value }], format, options)

/** 1,000 values of the characters that parsers trip over. */
const piece = fc.oneof(
  fc.constantFrom(
    '"',
    "'",
    '`',
    '\\',
    '\n',
    '\r',
    '$',
    '${A}',
    '#',
    ' #',
    '=',
    '%',
    '!',
    '\t',
    ' ',
    '\\n',
    "\\'",
    'x',
    ''
  ),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.string({ unit: 'binary', maxLength: 4 })
)
const values = fc.sample(
  fc.array(piece, { maxLength: 8 }).map(parts => parts.join('')),
  { numRuns: 1000, seed: 15 }
)

/** Those that the format can hold, each under a name of its own. */
function held(format: ExportFormat): { names: Map<string, string>; text: string } {
  const names = new Map<string, string>()
  let text = ''
  for (const [at, value] of values.entries()) {
    try {
      text += write(value, format, `K${at}`)
      names.set(`K${at}`, value)
    } catch (error) {
      expect((error as Error).message).toMatch(new RegExp(`^${format} cannot hold "K${at}": `))
    }
  }
  return { names, text }
}

function python(code: string, path: string): Record<string, string> {
  const json = execFileSync(PYTHON, ['-c', code, path], { encoding: 'utf8', maxBuffer: 1 << 26 })
  return JSON.parse(json) as Record<string, string>
}

function file(text: string): string {
  const path = join(fs.mkdtempSync(join(folder, 'x-')), 'file')
  fs.writeFileSync(path, text)
  return path
}

/** The variables that a POSIX shell has after reading a file. */
function readBy(shell: string, text: string, names: readonly string[]): Record<string, string> {
  const print = names.map(name => `printf '%s\\0' "$${name}"`).join('\n')
  const script = file(`${text}\n${print}\n`)
  const output = execFileSync(shell, [script], { encoding: 'utf8', maxBuffer: 1 << 26 }).split('\0')
  return Object.fromEntries(names.map((name, at) => [name, output[at]!]))
}

describe('1,000 values come back from what is written, as the reader of each format reads it', () => {
  it.each(['bash', 'dash'])('shell code, in %s', shell => {
    const { names, text } = held('shell')
    expect(names.size).toBeGreaterThan(900)
    expect(readBy(shell, text, [...names.keys()])).toEqual(Object.fromEntries(names))
  })

  // in double quotes, EnvironmentFile= and shells take the same escapes
  it('systemd’s quotes, in dash', () => {
    const { names, text } = held('systemd')
    expect(names.size).toBeGreaterThan(900)
    expect(readBy('dash', text, [...names.keys()])).toEqual(Object.fromEntries(names))
  })

  it('dotenv, in npm’s dotenv and in python-dotenv', () => {
    const { names, text } = held('dotenv')
    expect(names.size).toBeGreaterThan(300)
    expect(npmDotenv(text)).toEqual(Object.fromEntries(names))
    const code = 'import sys,json,dotenv; print(json.dumps(dotenv.dotenv_values(sys.argv[1])))'
    expect(python(code, file(text))).toEqual(Object.fromEntries(names))
  })

  it('YAML, in a parser of 1.2', () => {
    const { names, text } = held('yaml')
    expect(names.size).toBe(1000)
    expect(parseYaml(text, { version: '1.2' })).toEqual(Object.fromEntries(names))
    expect(parseYaml(text, { version: '1.1' })).toEqual(Object.fromEntries(names))
  })

  it('YAML, in a parser of 1.1', () => {
    const { names, text } = held('yaml')
    const code = 'import sys,json,yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1], newline=""))))'
    expect(python(code, file(text))).toEqual(Object.fromEntries(names))
  })

  it('JSON', () => {
    for (const value of values) expect(JSON.parse(write(value, 'json'))).toEqual({ A: value })
  })

  it('docker’s env-file: the rest of the line', () => {
    const { names, text } = held('docker-env')
    const lines = text
      .split('\n')
      .slice(0, -1)
      .map(line => /^([^=]*)=(.*)$/su.exec(line)!.slice(1))
    expect(Object.fromEntries(lines)).toEqual(Object.fromEntries(names))
  })

  it('GitHub’s environment file: the lines up to the delimiter', () => {
    const { names, text } = held('github')
    const found = [...text.matchAll(/(\w+)<<end_1\n([^]*?)\nend_1\n/g)].map(match => match.slice(1))
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(names))
  })

  it('a Kubernetes Secret, which holds binary values too', () => {
    for (const value of [...values, Uint8Array.of(0, 255, 10)]) {
      const { data } = parseYaml(write(value, 'k8s')) as { data: { A: string } }
      expect(Buffer.from(data.A, 'base64')).toEqual(Buffer.from(value))
    }
  })
})

describe('what a format cannot hold is refused by name', () => {
  it.each([
    ['docker-env', 'A', 'x\ny', 'the value has a line break'],
    ['docker-env', 'A', 'x'.repeat(65_000), 'the value is too long for a line'],
    ['shell', 'A', 'x\0y', 'the value has a NUL character'],
    ['shell', 'a-b', 'x', 'it is not the name of a variable'],
    ['dotenv', 'PATH', 'x', 'the variable would change how programs run'],
    ['dotenv', 'A', '${B}', 'some readers would replace "${" in the value'],
    ['dotenv', 'A', `'"`, 'readers differ in how they read its quotes and backslashes'],
    ['github', 'GITHUB_ENV', 'x', 'GitHub does not let this variable be set'],
    ['github', 'A', 'x\nend_1', 'the value has the delimiter'],
    ['json', 'A', Uint8Array.of(1), 'the value is binary'],
    ['k8s', 'a/b', 'x', 'it is not a key of a Kubernetes Secret']
  ] as const)('%s, %s', (format, name, value, reason) => {
    expect(() => write(value, format, name)).toThrow(
      `${format} cannot hold ${JSON.stringify(name)}: ${reason}`
    )
  })
})

it('numbers and other JSON stay what they are in JSON and YAML, and are texts elsewhere', () => {
  const entries = [{ name: 'A', value: '[1,{"b":1.50}]' }]
  expect(formatted(entries, 'json', options)).toBe('{\n  "A": [1,{"b":1.50}]\n}\n')
  expect(formatted(entries, 'yaml', options)).toBe('"A": [1,{"b":1.50}]\n')
  expect(formatted(entries, 'dotenv', options)).toBe(`A='[1,{"b":1.50}]'\n`)
})

it.each([
  ['dev/App_1', 'dev-app-1'],
  ['/', 'secrets']
])('the object of %s is named %s', (secret, name) => expect(objectNameOf(secret)).toBe(name))
