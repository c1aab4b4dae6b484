import { describe, expect, it } from 'vitest'
import { VaultError } from '../../src/core/errors.js'
import type { Finding } from '../../src/vault/verify/findings.js'
import type { CommitReport } from '../../src/vault/verify/commitReport.js'
import type { Verified, VerifyOptions } from '../../src/vault/verify/verify.js'
import type { RangeOptions, RangeVerified } from '../../src/vault/verify/verifyRange.js'
import { run, type Setting } from './world.js'

const root = '4f3c'
const verified: Verified = {
  ...{ root, secrets: 3, versions: 5, keys: 1, opened: 0, closed: 0, problems: 0, warnings: 0, mendable: 0 }
}
const problem: Finding = { kind: 'problem', path: 'vault/a\u001b[2J.txt', reason: 'nothing of a vault' }
const warning: Finding = { kind: 'warning', path: 'vault/b/replica.yaml', reason: 'leads nowhere' }

describe('verify', () => {
  let received: Partial<VerifyOptions>
  const verify = (
    argv: string[],
    result: Partial<Verified> = {},
    findings: Finding[] = [],
    setting: Setting = {}
  ) =>
    run(['verify', ...argv], {
      ...setting,
      services: {
        async verify(_vault, options) {
          const { reportFinding, progress, ...rest } = options
          received = rest
          progress?.(100)
          for (const finding of findings) await reportFinding(finding)
          return { ...verified, ...result }
        }
      }
    })

  it('prints one line if it finds no problem', async () => {
    expect(await verify([])).toMatchObject({
      code: 0,
      stdout: 'verified 3 secrets, 5 versions, 1 key; 0 problems\n',
      stderr: ''
    })
    expect(received!).toEqual({ decrypt: false })
  })

  it('lists problems and warnings, and fails if there are problems', async () => {
    const outcome = await verify([], { problems: 1, warnings: 1 }, [problem, warning])
    expect(outcome).toMatchObject({
      code: 255,
      stdout:
        'vault/a\\u001b[2J.txt: nothing of a vault\nwarning: vault/b/replica.yaml: leads nowhere\n' +
        'verified 3 secrets, 5 versions, 1 key; 1 problem, 1 warning\n',
      stderr: 'git-vault: the vault has 1 problem\ngit-vault: hint: see who changed a file: git log -- FILE\n'
    })
    expect(await verify([], { warnings: 1 }, [warning])).toMatchObject({ code: 0, stderr: '' })
  })

  it('passes its arguments on', async () => {
    const { stdout } = await verify(['v1.2', '--decrypt', '--root', '-x'], {
      opened: 4,
      closed: 1,
      commit: 'c'
    })
    expect(stdout).toBe('verified 3 secrets, 5 versions, 1 key; decrypted 4, cannot decrypt 1; 0 problems\n')
    expect(received!).toEqual({ decrypt: true, revision: 'v1.2', root: '-x' })
  })

  it('prints one JSON document, with control characters escaped', async () => {
    const outcome = await verify(['--output', 'json'], { problems: 1, warnings: 1 }, [problem, warning])
    expect(outcome.code).toBe(255)
    expect(outcome.stdout).not.toContain('\u001b')
    expect(JSON.parse(outcome.stdout)).toEqual({
      ...{ root, secrets: 3, versions: 5, keys: 1 },
      problems: [{ path: problem.path, reason: problem.reason }],
      warnings: [{ path: warning.path, reason: warning.reason }]
    })
    const decrypted = await verify(['HEAD', '--decrypt', '--output=json'], { commit: 'c', opened: 5 })
    expect(JSON.parse(decrypted.stdout)).toEqual({
      ...{ root, commit: 'c', secrets: 3, versions: 5, keys: 1, opened: 5, closed: 0 },
      ...{ problems: [], warnings: [] }
    })
  })

  it('shows its progress only on a terminal', async () => {
    const { stderr, stdout } = await verify([], {}, [], { terminal: true })
    expect(stderr).toBe('\r100 secrets\r\u001b[K')
    expect(stdout).toBe('verified 3 secrets, 5 versions, 1 key; 0 problems\n')
  })

  it('ends with 253 if no root is trusted', async () => {
    const services = {
      verify: async () => {
        throw new VaultError(
          'RootUnknown',
          'this clone does not trust this vault yet; its fingerprint: panic album'
        )
      }
    }
    expect(await run(['verify'], { services })).toMatchObject({ code: 253, stdout: '' })
  })

  it.each([
    [['--range', 'a..b', 'HEAD'], 'verify takes --range or REVISION, not both'],
    [['--range', 'a..b', '--decrypt'], '--decrypt cannot be combined with --range'],
    [['a', 'b'], "verify does not take 'b'"]
  ])('refuses %j', async (argv, message) => {
    expect(await verify(argv)).toMatchObject({
      code: 252,
      stderr: expect.stringContaining(message) as string
    })
  })
})

describe('verify --range', () => {
  const nothing = {
    gained: [],
    lost: [],
    newAdmins: [],
    formerAdmins: [],
    entries: [],
    operations: [],
    removed: 0,
    removedSecrets: { secrets: 0, names: [] }
  }
  const commit = (id: string, rest: Partial<CommitReport>): CommitReport => ({
    ...nothing,
    ...{ commit: id.repeat(40), parents: [], time: new Date(Date.UTC(2027, 2, 1, 10)), author: 'Ana' },
    ...rest
  })
  const names = Array.from({ length: 30 }, (_, at) => `prod/${at}`)
  const reports = [
    commit('a', {
      operations: [{ operation: 'PutSecretValue', member: 'ana', secrets: 1, names: ['prod/db'] }]
    }),
    commit('b', {
      entries: [{ entry: '2', member: 'ana' }],
      gained: [{ member: 'bob', key: 'default', patterns: ['**'], secrets: 31, names }],
      lost: [{ member: 'cai', key: 'prod', patterns: ['prod/**', 'x'], secrets: 0, names: [] }],
      newAdmins: ['bob'],
      formerAdmins: ['cai']
    }),
    commit('c', { claim: { operation: 'PutSecretValue', subject: 'x', member: 'eve' }, removed: 2 }),
    commit('d', { removed: 3, removedSecrets: { secrets: 1, names: ['prod/db'] } })
  ]
  const result: RangeVerified = {
    ...{ root, from: 'f'.repeat(40), to: 'd'.repeat(40) },
    ...{ commits: 9, secrets: 2, versions: 1, problems: 1, warnings: 0, mended: 1, mendable: 0 }
  }
  const found: Finding = { kind: 'problem', path: 'vault', reason: 'claims it', commit: 'c'.repeat(40) }
  const mended: Finding = {
    ...{ kind: 'mended', path: 'vault/a', reason: 'older' },
    ...{ commit: 'a'.repeat(40), mendedBy: 'd'.repeat(40) }
  }
  let received: Partial<RangeOptions>
  const verify = (...argv: string[]) =>
    run(['verify', '--range', 'f..d', ...argv], {
      services: {
        async verifyRange(_vault, options) {
          const { reportFinding, reportCommit, progress: _, ...rest } = options
          received = rest
          await reportFinding(mended)
          await reportFinding(found)
          for (const each of reports) await reportCommit(each)
          return result
        }
      }
    })

  it('reports for each commit who did what, and whose read access changed', async () => {
    const { stdout, code } = await verify('--root', 'r')
    expect(received!).toEqual({ range: 'f..d', root: 'r' })
    expect(code).toBe(255)
    const time = stdout.match(/ {2}(\d{4}-\d\d-\d\d \d\d:\d\d) {2}/)![1]!
    const start = (id: string) => `${id.repeat(12)}  ${time}`
    expect(stdout.split('\n')).toEqual([
      'aaaaaaaaaaaa  mended in dddddddddddd: vault/a: older',
      'cccccccccccc  vault: claims it',
      `${start('a')}  ana  PutSecretValue  prod/db`,
      `${start('b')}  ana  access log entry 2`,
      `  bob can now decrypt under key default (**), 31 secrets: ${names.slice(0, 20).join(', ')} and 11 more`,
      '  cai can no longer decrypt under key prod (prod/**, x), 0 secrets',
      '  bob is now an admin',
      '  cai is no longer an admin',
      `${start('c')}  eve  PutSecretValue  x  (unsigned)`,
      '  removes 2 files',
      `${start('d')}  Ana  (unsigned)`,
      '  removes 3 files, the secret prod/db',
      'verified 9 commits, 2 changed secrets, 1 version; 1 problem, 1 mended',
      ''
    ])
  })

  it('prints the whole report as one JSON document', async () => {
    const { stdout } = await verify('--output', 'json')
    const { commits, ...rest } = JSON.parse(stdout) as { commits: unknown[] }
    expect(rest).toEqual({
      ...{ root, from: result.from, to: result.to, checked: 9, secrets: 2, versions: 1 },
      problems: [{ commit: found.commit, path: 'vault', reason: 'claims it' }],
      warnings: [],
      mended: [{ path: 'vault/a', reason: 'older', commit: mended.commit, mendedBy: mended.mendedBy }]
    })
    expect(commits).toEqual(JSON.parse(JSON.stringify(reports)))
    expect(commits[0]).toEqual({
      ...nothing,
      ...{ commit: 'a'.repeat(40), parents: [], time: '2027-03-01T10:00:00.000Z', author: 'Ana' },
      operations: [{ operation: 'PutSecretValue', member: 'ana', secrets: 1, names: ['prod/db'] }]
    })
  })
})
