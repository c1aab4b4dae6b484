import * as fs from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { CTRL_C, ENTER } from '../drive.js'
import { RunSandbox, VALUE } from '../runKit.js'
import { follow } from './fullScreen.js'
import { inTerminal, type Order, type Step } from './inTerminal.js'

const ESCAPE = '\u001b'

let box: RunSandbox
beforeAll(() => {
  box = new RunSandbox()
  fs.mkdirSync(join(box.home, 'empty'))
}, 120_000)

function drive(steps: readonly Step[], more: Partial<Order> = {}) {
  const env = { ...box.env, LC_ALL: 'C.UTF-8' }
  const { shown, code } = inTerminal({ argv: ['git-vault'], cwd: box.repository, env, steps, ...more })
  return { ...follow(shown), code }
}

it('runs a command with a secret that is chosen from the list, and says which', () => {
  const { usual, code } = drive([
    { wait: 'Enter run', type: `run${ENTER}` },
    { wait: 'Enter choose', type: `app${ENTER}` },
    { wait: 'Program and its arguments', type: `printenv DB_PASS && exit 7${ENTER}` }
  ])
  expect(usual).toContain("git-vault: running: git-vault run dev/app -- sh -c 'printenv DB_PASS && exit 7'")
  expect(usual).toContain(VALUE)
  expect(code).toBe(7)
}, 60_000)

it('asks which action of a command is meant, on a small terminal', () => {
  const { usual, code } = drive(
    [
      { wait: 'Enter run', type: `member${ENTER}` },
      { wait: 'Actions', type: `list${ENTER}` }
    ],
    { columns: 40, rows: 10 }
  )
  expect({ usual, code }).toMatchObject({ usual: expect.stringMatching(/^ana +admin/m) as string, code: 0 })
}, 60_000)

it('without a vault offers to make one', () => {
  const cwd = join(box.home, 'empty')
  const { alternate, usual, code } = drive([{ wait: 'there is no vault here', type: `help${ENTER}` }], {
    cwd
  })
  expect(alternate[0]).toMatch(/init +create a vault in this repository\n +clone /)
  expect({ usual, code }).toMatchObject({
    usual: expect.stringContaining('Usage: git-vault') as string,
    code: 0
  })
}, 60_000)

it.each([
  ['Esc', ESCAPE, 0],
  ['Ctrl-C', CTRL_C, 130]
])(
  '%s leaves, and nothing of the menu stays',
  (_name, type, exit) => {
    const { usual, code } = drive([{ wait: 'Enter run', type }])
    expect({ usual, code }).toEqual({ usual: '', code: exit })
  },
  60_000
)

it('is the help at a terminal that cannot show it', () => {
  const { usual, code } = drive([], { term: 'dumb' })
  expect({ usual, code }).toMatchObject({
    usual: expect.stringContaining('Usage: git-vault') as string,
    code: 252
  })
}, 60_000)
