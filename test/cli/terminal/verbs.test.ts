import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exit } from '../../../src/cli/terminal/exit.js'
import { gitVerbs, verbs } from '../../../src/cli/verbs.js'
import { CTRL_C } from '../drive.js'
import { inTerminalBeside, type Step } from './inTerminal.js'
import { draw } from './screen.js'
import { TABLE, type Entry } from './verbTable.js'
import { VerbPlaces, type PlaceName } from './verbPlaces.js'

/*
 * Every command at a terminal of 80 columns and 24 lines, and without one. The commands of the AWS CLI ask nothing, and
 * conflict.test.ts runs them in a terminal.
 */

const ESCAPE = String.fromCharCode(27)
/** Bold, colours and the like. */
const STYLE = new RegExp(`${ESCAPE}\\[[\\d;]*m`)

let places: VerbPlaces
beforeAll(() => {
  places = new VerbPlaces()
}, 300_000)
afterAll(() => places.remove())

/** `A=1 put x` becomes `A=1 git-vault put x`. */
const lineOf = (words: string): string =>
  words.replace(/^((?:[A-Z_]+=(?:"(?:\\.|[^"])*"|\S*) )*)/, '$1git-vault ')

const atTerminal = (place: PlaceName, words: string, steps: readonly Step[]) =>
  inTerminalBeside({
    argv: ['sh', '-c', lineOf(words)],
    cwd: join(places.home, place),
    env: places.env,
    steps
  })

/** Its standard input is closed. It fails after a minute and a half. */
function withoutTerminal(place: PlaceName, words: string) {
  const child = spawn('setsid', ['-w', 'sh', '-c', `exec <&-; ${lineOf(words)}`], {
    cwd: join(places.home, place),
    env: { ...process.env, ...places.env },
    timeout: 90_000
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', chunk => (stdout += String(chunk)))
  child.stderr.on('data', chunk => (stderr += String(chunk)))
  return new Promise<{ code: number | null; stdout: string; stderr: string }>(resolve => {
    child.once('close', code => resolve({ code, stdout, stderr }))
  })
}

it('every command is in the table', () => {
  expect(Object.keys(TABLE).sort()).toEqual([...Object.keys(verbs), ...Object.keys(gitVerbs)].sort())
})

/** If this is another number, a question has come or gone: bring `prompts` of verbTable.ts up to date, and then this. */
const QUESTIONS = 45

it('no question is new', () => {
  const folders = ['verbs', 'command'].map(name =>
    fileURLToPath(new URL(`../../../src/cli/${name}`, import.meta.url))
  )
  const files = folders.flatMap(folder => readdirSync(folder).map(name => join(folder, name)))
  const asked = files.flatMap(
    file =>
      readFileSync(file, 'utf8').match(
        /\b(?:ask|prompt)\.(?:secret|value|text|confirm|choose)\w*\(|await confirm\(/g
      ) ?? []
  )
  expect(asked).toHaveLength(QUESTIONS)
})

const entries = Object.entries(TABLE)

describe('Ctrl-C at each question leaves everything as it was:', () => {
  const cases = entries.flatMap(([verb, { prompts }]) =>
    prompts.map(prompt => [`${verb}: ${prompt.at} (${prompt.words})`, prompt] as const)
  )

  let state: Map<string, string>
  beforeAll(() => {
    state = places.state()
  })

  it.concurrent.each(cases)('%s', async (_, { words, before, at, in: place }) => {
    const { shown, code } = await atTerminal(place, words, [...before, { wait: at, type: CTRL_C }])
    const { text, rows } = draw(shown)
    expect({ code, text }).toMatchObject({ code: exit.interrupted })
    expect(rows, text).toBeLessThanOrEqual(24)
    expect(shown).not.toMatch(STYLE)
  })

  it('no file has changed, and none was left', () => {
    const allowed = cases.map(([, { leaves }]) => leaves)
    const left = [...places.state()].filter(([path]) => !allowed.includes(path.split('/')[0]))
    expect(new Map(left)).toEqual(state)
  })
})

describe('without a terminal, it never waits:', () => {
  it.concurrent.each(entries)('%s', async (_, { bare }: Entry) => {
    const { code, stdout, stderr } = await withoutTerminal(bare.in, bare.words)
    expect({ code, stderr }).toMatchObject({ code: bare.code })
    expect(stdout + stderr).toMatch(bare.says)
    expect(stdout + stderr).not.toContain(ESCAPE)
    if (code === 0) return
    // one line, and a hint
    const lines = stderr.trimEnd().split('\n')
    expect(lines.findLast(line => !line.startsWith('git-vault: hint: '))).toMatch(/^git-vault: /)
  })
})

describe('at a terminal, with NO_COLOR, it sends no escape sequence:', () => {
  it.concurrent.each(entries)('%s', async (verb, { normal }: Entry) => {
    const { shown, code } = await atTerminal(normal.in, normal.words, [])
    expect({ code, shown }).toMatchObject({ code: 0 })
    // what makes the terminal copy is one, too
    const text = verb === 'copy' ? shown.replace(`${ESCAPE}]52;c;`, '') : shown
    expect(text).toMatch(normal.says)
    expect(text).not.toContain(ESCAPE)
  })
})

it('afterwards the vault is sound', () => {
  places.must(
    'code',
    'git-vault verify && git-vault verify --range begin..HEAD && test -z "$(git status --porcelain)"'
  )
})
