import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { programHelp } from '../../../src/cli/help.js'
import { groupsOf } from '../../../src/cli/menu/items.js'
import { menuFrame, pressedInMenu, type MenuState } from '../../../src/cli/menu/menuState.js'
import { commandSummaries } from '../../../src/cli/command/summaries.js'
import type { KeyName } from '../../../src/cli/screen/keys.js'
import { ASCII, UNICODE, widthOf } from '../../../src/cli/screen/line.js'
import { verbs } from '../../../src/cli/verbs.js'

const summaries = commandSummaries(programHelp)
const start = (columns = 80, rows = 24, hasVault = true): MenuState => ({
  ...{ size: { columns, rows }, title: 'git-vault', groups: groupsOf(hasVault, summaries), query: '', at: 0 }
})
const press = (state: MenuState, ...keys: string[]) => {
  let step: readonly [MenuState, unknown] = [state, undefined]
  for (const each of keys) {
    const [, name] = /^<(.+)>$/.exec(each) ?? []
    step = pressedInMenu(step[0], name ? { name: name as KeyName, text: '' } : { name: 'text', text: each })
  }
  return step
}

it.each([true, false])('each line is a command, with the sentence of the help (vault: %s)', hasVault => {
  const items = groupsOf(hasVault, summaries).flatMap(({ items: each }) => each)
  for (const { command, text } of items.filter(item => item.command !== 'help')) {
    expect(Object.keys(verbs)).toContain(command)
    expect(text).toBe(summaries.get(command))
  }
  expect(items.map(({ command }) => command)).toContain(hasVault ? 'browse' : 'init')
})

describe('keys', () => {
  it('choose, search and leave', () => {
    expect(press(start(), '<enter>')[1]).toMatchObject({ command: 'browse' })
    expect(press(start(), '<down>', '<down>', '<up>', '<enter>')[1]).toMatchObject({ command: 'get' })
    expect(press(start(), '<end>', '<down>', '<enter>')[1]).toMatchObject({ command: 'help' })
    expect(press(start(), '<home>', '<up>', '<enter>')[1]).toMatchObject({ command: 'browse' })
    // other commands have the word in their text
    expect(press(start(), 'show', '<enter>')[1]).toMatchObject({ command: 'show' })
    expect(press(start(), 'timeline', '<enter>')[1]).toMatchObject({ command: 'history' })
    expect(press(start(), 'zzz', '<enter>')[1]).toBeUndefined()
    expect(press(start(), 'x', '<escape>')[1]).toBeUndefined()
    expect(press(start(), 'x', '<escape>', '<escape>')[1]).toBe('leave')
    expect(press(start(), '<ctrl-c>')[1]).toBe('interrupted')
  })
})

it('a frame fits the screen whatever is pressed, and shows what is chosen by a character', () => {
  const keys = fc.constantFrom(
    '<up>',
    '<down>',
    '<end>',
    '<home>',
    '<backspace>',
    'a',
    's',
    '日',
    '\u202e',
    ' '
  )
  fc.assert(
    fc.property(
      fc.array(keys, { maxLength: 20 }),
      fc.integer({ min: 1, max: 120 }),
      fc.integer({ min: 1, max: 40 }),
      fc.constantFrom(ASCII, UNICODE),
      (pressed, columns, rows, marks) => {
        const [state] = press(start(columns, rows), ...pressed)
        const { lines } = menuFrame(state, marks)
        expect(lines.length).toBe(rows)
        for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns)
        const text = lines.map(line => line.map(span => span.text).join('')).join('\n')
        expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u)
        const isFound = press(state, '<enter>')[1] !== undefined
        if (isFound && rows > 2 && columns > 2) expect(text).toMatch(/^> /m)
      }
    )
  )
})
