import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { verbs } from '../../src/cli/verbs.js'
import { RunSandbox } from './runKit.js'

/** Verbs that print no facts: a sentence about what they did, a value, code for a shell, or what a program prints. */
const NO_FACTS: Readonly<Record<string, string>> = {
  init: 'says what it made',
  clone: 'says what it made',
  lock: 'says what it did',
  trust: 'shows words to be compared, and asks',
  put: 'says what it stored',
  get: 'prints a value',
  set: 'says what it stored; its --json is about the value',
  edit: 'says what it stored',
  run: 'prints what the program prints',
  env: 'prints code',
  activate: 'prints code',
  completion: 'prints code',
  generate: 'says what it stored',
  label: 'says what it moved',
  rm: 'says what it did',
  restore: 'says what it did',
  rollback: 'says what it did',
  rotate: 'says what it rotated',
  mv: 'says what it did',
  cp: 'says what it did',
  copy: 'says what it copied',
  browse: 'is a terminal’s',
  import: 'says what it stored',
  export: 'prints values in a format of their own',
  template: 'prints a file',
  hook: 'writes a file, or refuses a commit',
  resolve: 'asks, and says what it did',
  gc: 'says what it removed',
  'repair-dates': 'says what it repaired',
  serve: 'serves'
}

it('every verb that prints facts has --json', async () => {
  const without: string[] = []
  for (const [name, load] of Object.entries(verbs))
    if (!('json' in (await load()).options) && !(name in NO_FACTS)) without.push(name)
  expect(without).toEqual([])
})

it('every help that has --output json has --json, and names it', async () => {
  for (const [name, load] of Object.entries(verbs)) {
    const { help, options } = await load()
    const { output } = options
    const hasJson = output?.kind === 'value' && output.choices?.includes('json') === true
    if (hasJson) expect(options, name).toHaveProperty('json')
    if ('json' in options) expect(help, name).toContain('--json')
  }
})

let box: RunSandbox
let accessKey: string
beforeAll(() => {
  box = new RunSandbox()
  const origin = join(box.home, 'origin.git')
  const git = (...args: string[]) => {
    const { code, stderr } = box.run([], { shell: `git ${args.join(' ')}` })
    if (code !== 0) throw new Error(stderr)
  }
  git('init', '-q', '--bare', origin)
  git('remote', 'add', 'origin', origin)
  box.must('key', 'alias', 'alias/aws', 'default')
  box.must('tag', 'dev/app', 'team=core')
  box.must('function', 'add', 'fn', '--command', 'true')
  box.must('profile', 'add', 'work', '--vault', box.repository)
  const created = box.run(['credential', 'new', 'app', '--allow', 'GetSecretValue', '--resource', 'dev/*'])
  accessKey = /^AWS_SECRET_ACCESS_KEY=(.*)$/m.exec(created.stdout)![1]!
  box.must('recovery', 'new', '--shares', '2', '--threshold', '2', '--print', '--yes')
}, 120_000)

/** Prints JSON alone, whatever stdout is. */
function json(...args: string[]): unknown {
  const { code, stdout, stderr } = box.run([...args, '--json'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout)
}

describe('--json of', () => {
  it.each([
    [['ls', 'dev/a'], { SecretList: [{ Name: 'dev/app' }] }],
    [['find', 'core'], { SecretList: [{ Name: 'dev/app' }] }],
    [['show', 'dev/app'], { Name: 'dev/app', Tags: [{ Key: 'team', Value: 'core' }] }],
    [['history', 'dev/app'], { name: 'dev/app', versions: [{ labels: ['AWSCURRENT'], writer: 'ana' }] }],
    [['tag', 'dev/app'], { Tags: [{ Key: 'team', Value: 'core' }] }],
    [['diff'], [{ kind: 'access' }, { kind: 'key' }]],
    [['verify'], { problems: [], secrets: 3 }],
    [['verify', '--range', 'HEAD~1..HEAD'], { problems: [], checked: 1 }],
    [
      ['doctor'],
      { findings: expect.arrayContaining([expect.objectContaining({ what: 'root', state: 'ok' })]) }
    ],
    [['exposure'], { exposed: [], left: [] }],
    [['report'], { by: 'ana', members: [{ name: 'ana', isAdmin: true }, { name: 'recovery' }], exposed: [] }],
    [['member', 'list'], { members: [{ name: 'ana', admin: true }, { name: 'recovery' }] }],
    [['member', 'show', 'ana'], { name: 'ana', admin: true }],
    [['key', 'list'], { keys: [{ alias: 'default' }] }],
    [['key', 'show', 'default'], { alias: 'default' }],
    [['key', 'alias'], { aliases: [{ kmsKey: 'alias/aws', alias: 'default' }] }],
    [
      ['recovery', 'show'],
      { name: 'recovery', threshold: 2, shares: [{ number: 1, holder: 'holder-1' }, { number: 2 }] }
    ],
    [['identity', 'show'], { publicKey: expect.stringMatching(/^gvpub1_/), hasPassphrase: false }],
    [['unlock', '--status'], { kind: 'open' }],
    [['function', 'list'], { functions: [{ name: 'fn', timeout: 300_000 }] }],
    [['function', 'show', 'fn'], { name: 'fn', env: {} }],
    [['rotation', 'status', 'dev/app'], { Name: 'dev/app', IsRunning: false }],
    [['profile', 'list'], { profiles: [{ name: 'work' }] }],
    [['credential', 'list'], { credentials: [{ name: 'app', hasExpired: false }] }],
    [['sync', '--dry-run', 'origin'], { received: 0, conflicts: [], isPushed: false }]
  ] as const)('%j', (args, expected) => {
    expect(json(...args)).toMatchObject(expected)
  })

  it('log, one event on each line', () => {
    const lines = box.run(['log', '-n', '2', '--json']).stdout.trimEnd().split('\n')
    expect(lines.map(line => (JSON.parse(line) as object) !== null)).toEqual([true, true])
  })

  it('is the same as --output json', () => {
    for (const args of [['verify'], ['exposure'], ['doctor'], ['member', 'list'], ['key', 'list']])
      expect(box.run([...args, '--json'])).toEqual(box.run([...args, '--output', 'json']))
  })

  it('has no secret access key', () => {
    expect(accessKey).toMatch(/^\S{40}$/)
    expect(box.run(['credential', 'list', '--json']).stdout).not.toContain(accessKey)
  })

  it('is refused by actions that print no facts', () => {
    for (const args of [
      ['credential', 'new', 'x', '--allow', 'GetSecretValue', '--resource', '*'],
      ['credential', 'rm', 'app'],
      ['profile', 'rm', 'work'],
      ['member', 'request'],
      ['key', 'alias', 'other', 'default'],
      ['unlock'],
      ['exposure', 'waive', 'dev/app', '--until', '2099-01-01', '--reason', 'x']
    ])
      expect(box.run([...args, '--json']).code, args.join(' ')).toBe(252)
  })
})
