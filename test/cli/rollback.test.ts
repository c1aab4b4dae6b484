import { describe, expect, it } from 'vitest'
import { OlderState } from '../../src/vault/memory/seenState.js'
import type { Rollback } from '../../src/operations/rollback.js'
import { run, TOKEN, type Setting } from './world.js'

const created = new Date(2026, 2, 4, 10, 12)
const [OLD, NEW] = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222']
const entries = [
  { versionId: NEW, labels: ['AWSCURRENT'], created, writer: 'ana' },
  { versionId: OLD, labels: ['AWSPREVIOUS'], created, writer: 'bob' }
]

async function rollback(argv: string[], setting: Setting = {}) {
  const requests: Rollback[] = []
  const outcome = await run(['rollback', ...argv], {
    ...setting,
    services: {
      history: async () => entries,
      rollback: async (_vault, request) => {
        requests.push(request)
        return { name: 'prod/db', versionId: OLD, created, writer: 'bob', previous: NEW }
      },
      ...setting.services
    }
  })
  return { ...outcome, requests }
}

describe('rollback', () => {
  it('says in one line what it did', async () => {
    const { code, stdout, stderr, requests } = await rollback(['prod/db', '--previous'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toBe(
      `rolled prod/db back to ${OLD}, written 2026-03-04 10:12 by bob; AWSPREVIOUS is ${NEW}\n`
    )
    expect(requests).toEqual([{ secretId: 'prod/db', to: 'previous', asNew: undefined }])
  })

  it('stores the value as a new version with --as-new', async () => {
    const { stdout, requests } = await rollback(['prod/db', OLD, '--as-new'])
    expect(stdout).toBe(
      `stored the value of ${OLD}, written 2026-03-04 10:12 by bob, as version ${TOKEN} of prod/db; AWSPREVIOUS is ${NEW}\n`
    )
    expect(requests).toEqual([{ secretId: 'prod/db', to: { versionId: OLD }, asNew: TOKEN }])
  })

  it('shows the versions on a terminal, and asks for one', async () => {
    const { stderr, stdout, questions, requests } = await rollback(['prod/db'], {
      terminal: { stdin: true, stderr: true },
      answers: [` ${OLD} `]
    })
    expect(stderr).toContain(OLD)
    expect(stderr).toContain('AWSPREVIOUS')
    expect(stdout).toMatch(/^rolled prod\/db back/)
    expect(questions).toEqual(['Version to go back to'])
    expect(requests).toEqual([{ secretId: 'prod/db', to: { versionId: OLD }, asNew: undefined }])
  })

  it('changes nothing if no version is named', async () => {
    const { code, requests } = await rollback(['prod/db'], { terminal: true, answers: [''] })
    expect({ code, requests }).toEqual({ code: 252, requests: [] })
  })

  it.each([
    [true, 0],
    [false, 252]
  ])('asks whether to go back if git has taken the secret back: %s', async (answer, expected) => {
    const refused = new OlderState('DocumentRefused', 'f: an older state of prod/db')
    const { code, questions, requests } = await rollback(['prod/db'], {
      terminal: true,
      answers: [answer],
      services: { history: async () => Promise.reject(refused) }
    })
    expect(code).toBe(expected)
    expect(questions).toEqual(['Go back to that state of prod/db for everyone?'])
    expect(requests).toHaveLength(answer ? 1 : 0)
  })

  it('without a terminal goes back only to what git has gone back to', async () => {
    const { requests } = await rollback(['prod/db'])
    expect(requests).toEqual([{ secretId: 'prod/db', to: undefined, asNew: undefined }])
  })

  it.each([
    [[], 'rollback needs NAME'],
    [['a', OLD, '--previous'], '--previous cannot be combined with VERSION'],
    [['a', OLD, 'b'], "rollback does not take 'b'"]
  ])('refuses %j', async (argv, message) => {
    const { code, stderr } = await rollback(argv)
    expect(code).toBe(252)
    expect(stderr).toContain(message)
  })
})

describe('get --previous', () => {
  it('reads AWSPREVIOUS', async () => {
    const { calls } = await run(['get', 'x', '--previous'], { call: () => ({ SecretString: 'v' }) })
    expect(calls).toEqual([['GetSecretValue', { SecretId: 'x', VersionStage: 'AWSPREVIOUS' }]])
  })

  it.each([['--label=a'], ['--version=b']])('cannot be combined with %s', async option => {
    const { code, stderr } = await run(['get', 'x', '--previous', option])
    expect(code).toBe(252)
    expect(stderr).toContain('--previous cannot be combined with --version or --label')
  })
})
