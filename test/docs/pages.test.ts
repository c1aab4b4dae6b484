import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { inTerminal } from '../cli/terminal/inTerminal.js'
import { draw } from '../cli/terminal/screen.js'
import { blocksOf, isShown, steady } from './blocks.js'
import { CTRL_C, pages, type Plan } from './pages.js'
import { World } from './world.js'

/*
 * Runs the commands of the documentation's pages, each page from its first command to its last, and compares what is printed
 * with what the page shows. pages.ts says what is there before a block, and what is typed at its prompts.
 */
const docs = fileURLToPath(new URL('../../docs', import.meta.url))

let made: World
beforeAll(() => {
  made = World.withVault()
}, 120_000)
afterAll(() => made.remove())

it('every page of the guide is here', () => {
  const guide = readFileSync(join(docs, 'guide.md'), 'utf8')
  const linked = [...guide.matchAll(/\]\((\w[\w-]*\.md)\)/g)].map(([, page]) => page!)
  const reference = ['commands.md', 'errors.md', 'release.md']
  expect(linked.filter(page => !reference.includes(page)).sort()).toEqual(Object.keys(pages).sort())
})

it.each(Object.keys(pages))('%s: its commands do what it says', { timeout: 300_000 }, name => {
  const blocks = blocksOf(readFileSync(join(docs, name), 'utf8'))
  const { plans, isEmpty } = pages[name]!
  const begin = (): World => {
    const world = isEmpty === true ? World.make() : made.copy()
    onTestFinished(() => {
      // an agent would keep its folder
      world.run('git-vault lock')
      return world.remove()
    })
    return world
  }
  let world = begin()
  // each block of the page has a plan, in the same order
  expect(blocks.map(({ commands }, at) => commands[0]!.text.startsWith(plans[at]?.starts ?? '\n'))).toEqual(
    plans.map(() => true)
  )
  for (const [at, { line, commands }] of blocks.entries()) {
    const plan = plans[at]!
    if (plan.notRun !== undefined) continue
    if (plan.isNew === true) world = begin()
    if (plan.before !== undefined) world.run(plan.before)
    for (const [number, { person, text, shown }] of commands.entries()) {
      const done = inTerminal({
        argv: ['bash', '-euc', replaced(text, plan)],
        cwd: join(world.base, person),
        env: world.env(person),
        steps: (plan.answers?.[number] ?? []).map(([wait, type]) => ({
          wait,
          type: type === CTRL_C ? type : `${type}\r`
        }))
      })
      const printed = draw(done.shown).text.replaceAll(join(world.base, 'ana'), '/home/ana')
      appendFileSync(join(world.base, 'printed'), printed)
      const where = `docs/${name}:${line}: ${text}\n${printed}`
      expect(done.code, where).toBe(plan.codes?.[number] ?? 0)
      if (shown && plan.otherwise === undefined && !isShown(shown, printed))
        expect(steady(printed), where).toBe(steady(shown))
    }
  }
})

const replaced = (text: string, { replace = {} }: Plan): string =>
  Object.entries(replace).reduce((left, [from, to]) => left.replaceAll(from, to), text)
