import { expect, it } from 'vitest'
import { actionSummaries, commandSummaries, optionSummaries } from '../../../src/cli/command/summaries.js'
import { programHelp } from '../../../src/cli/help.js'
import { verbs } from '../../../src/cli/verbs.js'

it('every verb has a summary in the program’s help', () => {
  const summaries = commandSummaries(programHelp)
  expect(Object.keys(verbs).filter(name => !summaries.has(name))).toEqual([])
  expect(summaries.get('ls')).toBe('list secrets')
})

it('every option has one in the help of its verb, but for the older form of --json', async () => {
  for (const [name, load] of Object.entries(verbs)) {
    const { help, options } = await load()
    const summaries = optionSummaries(help)
    const without = Object.keys(options).filter(option => (summaries.get(option) ?? '') === '')
    expect(
      without.filter(option => option !== 'output' || !('json' in options)),
      name
    ).toEqual([])
  }
})

it('joins the lines of an option, and ends with its first sentence', () => {
  const help = `Usage: git-vault x

Options:
  --all, -a      also the others, which
                 are many; more
  --file PATH    write it. Or not
  --region REGION waive: the region

  lock  not an option
`
  expect([...optionSummaries(help)]).toEqual([
    ['all', 'also the others, which are many'],
    ['file', 'write it'],
    ['region', 'waive: the region']
  ])
})

it('every action that the menu offers has one in the help of its verb', async () => {
  for (const name of ['member', 'key', 'identity']) {
    const { help, actions = {} } = await verbs[name]!()
    const summaries = actionSummaries(help, Object.keys(actions))
    for (const [action, text] of summaries) expect(text, `${name} ${action}`).toMatch(/^[a-z]/)
  }
  const member = await verbs['member']!()
  expect(actionSummaries(member.help, ['add', 'list']).get('add')).toBe('add a member')
})
