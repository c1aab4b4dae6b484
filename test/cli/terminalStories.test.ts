import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { fillPlaceholders } from './story.js'
import { inTerminal, type Step } from './terminal/inTerminal.js'
import { Machines, PASSPHRASE, PEOPLE, type Person } from './terminal/people.js'
import { draw } from './terminal/screen.js'

/*
 * What two people see, each in a terminal of 80 columns and 24 lines. A line `ana$ COMMAND` is run by sh in her clone. A
 * line `> WAIT | TYPE` types TYPE and Enter once WAIT has appeared; `PASSPHRASE` is the passphrase, and `CTRL-C` the key. The
 * other lines are the screen at the end, and `? CODE` is the exit code (default 0). story.ts has the placeholders. At the
 * end of a story, both clones must be at the same commit, without changes, and `verify` finds no problem, nor does `verify
 * --range`.
 */
const folder = fileURLToPath(new URL('terminal/stories', import.meta.url))
const [ENTER, CTRL_C] = ['\r', '\x03']
/** The lines that a person sees without scrolling back. */
const HEIGHT = 24

interface Command {
  readonly line: number
  readonly person: Person
  readonly command: string
  readonly steps: Step[]
  readonly screen: string[]
  code: number
}

function commandsOf(text: string): Command[] {
  const found: Command[] = []
  text.split('\n').forEach((line, at) => {
    const [, person, command] = /^(ana|bob)\$ (.*)$/.exec(line) ?? []
    const last = found.at(-1)
    if (command !== undefined)
      found.push({ line: at + 1, person: person as Person, command, steps: [], screen: [], code: 0 })
    else if (last === undefined || line.startsWith('#') || line === '') return
    else if (line.startsWith('> ')) {
      const [wait = '', type = ''] = line.slice(2).split(' | ')
      const text = type === 'PASSPHRASE' ? PASSPHRASE : type
      last.steps.push({ wait, type: type === 'CTRL-C' ? CTRL_C : text + ENTER })
    } else if (/^\? \d+$/.test(line)) last.code = Number(line.slice(2))
    else last.screen.push(line === '\\' ? '' : line)
  })
  return found
}

describe('in a terminal', () => {
  let both: Machines
  beforeAll(async () => {
    both = await Machines.make()
  }, 300_000)
  afterAll(() => both.remove())

  it.each(readdirSync(folder))(
    '%s',
    name => {
      const machines = both.copy()
      onTestFinished(() => machines.remove())
      const names = new Map<string, string>()
      for (const { line, person, command, steps, screen, code } of commandsOf(
        readFileSync(join(folder, name), 'utf8')
      )) {
        const filled = command.replace(/\$(\w+)/g, (all, each: string) => names.get(each) ?? all)
        const done = inTerminal({
          argv: ['sh', '-c', filled],
          cwd: join(machines.base, person),
          env: machines.env(person),
          steps
        })
        const seen = draw(done.shown)
        const expected = screen.map(each => `${each}\n`).join('')
        const actual = { screen: seen.text, code: done.code }
        expect(actual, `${name}:${line}: ${command}`).toEqual({
          screen: fillPlaceholders(expected, seen.text, names),
          code
        })
        expect(done.shown).not.toContain(PASSPHRASE)
        expect(seen.rows, `${name}:${line}: lines on the screen`).toBeLessThanOrEqual(HEIGHT)
      }
      const states = PEOPLE.map(person => ({
        head: machines.run(person, 'git rev-parse HEAD'),
        changes: machines.run(person, 'git status --porcelain'),
        verify: machines.run(person, 'git-vault verify').replace(/^.*; /, ''),
        range: machines.run(person, 'git-vault verify --range begin..HEAD | tail -n 1').replace(/^.*; /, '')
      }))
      expect(states).toEqual([states[0], states[0]])
      expect(states[0]).toMatchObject({ changes: '', verify: '0 problems\n' })
      expect(states[0]!.range).toMatch(/^0 problems(, \d+ mended)?\n$/)
    },
    300_000
  )
})
