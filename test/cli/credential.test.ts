import { describe, expect, it } from 'vitest'
import type { NewCredential, CredentialSummary } from '../../src/app/credentials.js'
import { run, type Setting } from './world.js'

const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
const GRANT = ['--allow', 'GetSecretValue', '--resource', 'prod/*']

/** Runs `credential`, and returns the credentials that it asked to create and remove. */
async function credential(argv: readonly string[], setting: Setting = {}, unusable: string[] = []) {
  const made: NewCredential[] = []
  const removed: string[] = []
  const services: NonNullable<Setting['services']> = {
    async newCredential(request) {
      made.push(request)
      const keys = request.keys ?? { accessKeyId: 'GVAKAAAAAAAAAAAAAAAA', secretAccessKey: SECRET }
      return { name: request.name, ...keys, path: '/home/ana/credentials.json', unusable }
    },
    async removeCredential(_directory, name) {
      removed.push(name)
    },
    ...setting.services
  }
  return { ...(await run(['credential', ...argv], { ...setting, services })), made, removed }
}

describe('credential new', () => {
  it('prints only the key pair on stdout, as environment variables', async () => {
    const { code, stdout, stderr, made } = await credential([
      'new',
      'app1',
      ...GRANT,
      '--allow',
      'ListSecrets'
    ])
    expect(code).toBe(0)
    expect(stdout).toBe(`AWS_ACCESS_KEY_ID=GVAKAAAAAAAAAAAAAAAA\nAWS_SECRET_ACCESS_KEY=${SECRET}\n`)
    expect(stderr).toBe('git-vault: saved in /home/ana/credentials.json\n')
    expect(made).toEqual([
      { directory: '/work', name: 'app1', actions: ['GetSecretValue', 'ListSecrets'], resources: ['prod/*'] }
    ])
  })

  it('reads the secret of an existing key from stdin, and does not print it', async () => {
    const argv = ['new', 'app1', ...GRANT, '--access-key-id', 'AKIAIOSFODNN7EXAMPLE']
    for (const end of ['', '\n', '\r\n']) {
      const { stdout, stderr, made } = await credential(argv, { stdin: SECRET + end })
      expect(made[0]!.keys).toEqual({ accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: SECRET })
      expect(stdout).toBe('AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\n')
      expect(stderr).not.toContain(SECRET)
    }
    const prompted = await credential(argv, { terminal: true, answers: [SECRET] })
    expect(prompted.questions).toEqual(['Secret access key'])
    expect(prompted.made[0]!.keys!.secretAccessKey).toBe(SECRET)
    expect(prompted.stdout + prompted.stderr).not.toContain(SECRET)
  })

  it('warns about a secret of the caller’s choice that is shorter than 16 characters, without showing it', async () => {
    const argv = ['new', 'app1', ...GRANT, '--access-key-id', 'k']
    for (const [secret, isShort] of [
      ['test', true],
      ['x'.repeat(15), true],
      ['x'.repeat(16), false]
    ] as const) {
      const { code, stdout, stderr, made } = await credential(argv, { stdin: secret })
      expect({ code, stdout }).toEqual({ code: 0, stdout: 'AWS_ACCESS_KEY_ID=k\n' })
      expect(made[0]!.keys).toEqual({ accessKeyId: 'k', secretAccessKey: secret })
      expect(stderr.includes('git-vault: warning: the secret access key is shorter than 16')).toBe(isShort)
      expect(stderr).not.toContain(` ${secret}`)
    }
  })

  it.each([
    ['2027-01-31', { at: Date.UTC(2027, 0, 31) }],
    ['2027-01-31T12:00:00Z', { at: Date.UTC(2027, 0, 31, 12) }],
    ['2027-01-31T12:00+02:00', { at: Date.UTC(2027, 0, 31, 10) }],
    ['90m', { after: 5_400_000 }],
    ['12h', { after: 43_200_000 }],
    ['30d', { after: 2_592_000_000 }],
    ['4w', { after: 2_419_200_000 }]
  ])('--expires %s', async (text, expires) => {
    const { made } = await credential(['new', 'app1', ...GRANT, '--expires', text])
    expect(made[0]!.expires).toEqual(expires)
  })

  it('warns about parts of a policy that can never match', async () => {
    const unusable = ['no operation is named "secretsmanager:Gett"']
    const { stderr } = await credential(['new', 'app1', ...GRANT], {}, unusable)
    expect(stderr).toContain('git-vault: warning: no operation is named "secretsmanager:Gett"\n')
  })

  it('reads a policy from a file', async () => {
    const policy = '{"Statement":[]}'
    const { made } = await credential(['new', 'app1', '--policy', 'p.json'], { files: { 'p.json': policy } })
    expect(made).toMatchObject([{ policy, actions: [], resources: [] }])
    expect(await credential(['new', 'app1', '--policy', 'none.json'])).toMatchObject({
      code: 255,
      stderr: 'git-vault: cannot read none.json: ENOENT\n',
      made: []
    })
  })

  it.each([
    [['new'], 'credential new needs NAME'],
    [['new', 'app1'], 'credential new needs --allow and --resource, or --policy instead'],
    [['new', 'app1', '--allow', 'GetSecretValue'], 'needs --allow and --resource'],
    [['new', 'app1', '--resource', '*'], 'needs --allow and --resource'],
    [['new', 'app1', ...GRANT, '--policy', 'p.json'], 'needs --allow and --resource'],
    [
      ['new', 'app1', '--allow', 'GetSecretValu', '--resource', '*'],
      'did you mean secretsmanager:GetSecretValue?'
    ],
    [
      ['new', 'app1', '--allow', 's3:GetObject', '--resource', '*'],
      "'s3:GetObject' is not a Secrets Manager action"
    ],
    [['new', 'app1', '--allow', '*', '--resource', 'a b'], "'a b' is not the name or ARN of a secret"],
    [['new', 'app1', ...GRANT, '--expires', 'soon'], '--expires takes a date'],
    [['new', 'app1', ...GRANT, '--expires', '2027-13-01'], '--expires takes a date'],
    [['list', 'app1'], "credential list does not take 'app1'"],
    [['list', ...GRANT], 'credential list does not take --allow'],
    [['rm'], 'credential rm needs NAME'],
    [['rm', 'app1', '--expires', '1d'], 'credential rm does not take --expires'],
    [['show'], "credential has no action 'show'"]
  ])('refuses credential %j', async (argv, message) => {
    const { code, stdout, stderr, made, removed } = await credential(argv)
    expect({ code, stdout, made, removed }).toEqual({ code: 252, stdout: '', made: [], removed: [] })
    expect(stderr).toContain(message)
  })
})

it('credential list prints rights and expiry dates, and no secret', async () => {
  const created = '2026-05-04T03:02:01.000Z'
  const shown: CredentialSummary[] = [
    {
      name: 'app1',
      accessKeyId: 'GVAKAAAAAAAAAAAAAAAA',
      created,
      hasExpired: false,
      statements: [
        { Effect: 'Allow', Action: ['secretsmanager:Get*', 'secretsmanager:ListSecrets'], Resource: '*' }
      ]
    },
    {
      name: 'old\u001b[2J',
      accessKeyId: 'GVAKBBBBBBBBBBBBBBBB',
      created,
      expires: created,
      hasExpired: true,
      statements: [
        {
          Effect: 'Deny',
          NotAction: 'secretsmanager:Get*',
          NotResource: ['a', 'b'],
          Condition: { StringEquals: { 'aws:ResourceTag/team': 'x' } }
        }
      ]
    }
  ]
  const { stdout, code } = await credential(['list'], { services: { listCredentials: async () => shown } })
  expect(code).toBe(0)
  const date = /\d{4}-\d\d-\d\d \d\d:\d\d/g
  expect(stdout.replace(date, 'DATE')).toBe(
    [
      'app1  GVAKAAAAAAAAAAAAAAAA  created DATE',
      '  allow secretsmanager:Get*, secretsmanager:ListSecrets on *',
      'old\\u001b[2J  GVAKBBBBBBBBBBBBBBBB  created DATE  expired DATE',
      '  deny all but secretsmanager:Get* on all but a, b if {"StringEquals":{"aws:ResourceTag/team":"x"}}',
      ''
    ].join('\n')
  )
})

it('credential rm removes the named credential, and prints nothing', async () => {
  expect(await credential(['rm', 'app1'])).toMatchObject({ code: 0, stdout: '', removed: ['app1'] })
})
