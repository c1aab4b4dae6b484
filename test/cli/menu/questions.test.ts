import { expect, it } from 'vitest'
import { argumentsFor } from '../../../src/cli/menu/questions.js'
import { verbs } from '../../../src/cli/verbs.js'

/** The arguments of a command, after these answers. Each is a text, or `pick` for the choice of a secret. */
async function asked(
  command: string,
  answers: (string | undefined)[],
  { action, hasRunList = false }: { action?: string; hasRunList?: boolean } = {}
) {
  const left = [...answers]
  const answer = async (): Promise<string> => {
    const next = left.shift()
    if (next === undefined) throw new Error('nobody expected a question')
    return next
  }
  const never = async (): Promise<never> => {
    throw new Error('nobody expected this kind of question')
  }
  const args = await argumentsFor(command, await verbs[command]!(), action, {
    ask: {
      ...{ secret: never, secretAtTerminal: never, value: never, confirm: never, choose: never },
      text: answer
    },
    pickSecret: async () => left.shift(),
    hasRunList: async () => hasRunList
  })
  expect(left).toEqual([])
  return args
}

it.each<[string, (string | undefined)[], string[] | undefined]>([
  ['browse', [], []],
  ['ls', [], []],
  ['get', ['prod/db'], ['--', 'prod/db']],
  ['set', ['prod/db', 'user'], ['--', 'prod/db', 'user']],
  ['edit', [undefined], undefined],
  ['find', ['-x'], ['--', '-x']],
  ['put', ['new'], ['--', 'new']],
  ['generate', [''], []],
  ['generate', ['new'], ['--create', '--', 'new']],
  ['rotate', ['prod/db', ''], ['--', 'prod/db']],
  ['rotate', ['prod/db', 'y'], ['--generate', '--', 'prod/db']],
  ['rotate', [undefined], undefined],
  ['import', ['.env', 'dev/app'], ['--to', 'dev/app', '--', '.env']],
  ['import', ['.env', '', 'dev/'], ['--prefix', 'dev/', '--', '.env']],
  ['run', ['dev/app', 'npm start'], ['dev/app', '--', 'sh', '-c', 'npm start']],
  ['env', ['dev/app'], ['dev/app']],
  ['clone', ['host:vault.git'], ['--', 'host:vault.git']],
  ['doctor', [], []]
])('%s after %j', async (command, answers, expected) => {
  expect(await asked(command, answers)).toEqual(expected)
})

it('actions get their words and the options that they need', async () => {
  expect(await asked('member', [], { action: 'list' })).toEqual(['list'])
  expect(await asked('member', ['bob'], { action: 'remove' })).toEqual(['--', 'remove', 'bob'])
  expect(await asked('member', ['bob', 'prod', 'write'], { action: 'grant' })).toEqual([
    ...['--key', 'prod', '--allow', 'write', '--', 'grant', 'bob']
  ])
  expect(await asked('key', ['prod', 'prod/**'], { action: 'new' })).toEqual([
    ...['--names', 'prod/**', '--', 'new', 'prod']
  ])
})

it('run and env ask for no secret if .vaultrc names them', async () => {
  expect(await asked('run', ['make'], { hasRunList: true })).toEqual(['--', 'sh', '-c', 'make'])
  expect(await asked('env', [], { hasRunList: true })).toEqual([])
})
