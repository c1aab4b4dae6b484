import { describe, expect, it } from 'vitest'
import { VaultError } from '../../src/core/errors.js'
import { slug } from '../../src/cli/verbs/init.js'
import { INTERRUPT, run, TOKEN, type Setting } from './world.js'

const STRONG = 'four words that fit'
const unknown = new VaultError(
  'ResourceNotFoundException',
  "Secrets Manager can't find the specified secret."
)
const stored = { Name: 'prod/db', VersionId: TOKEN, VersionStages: ['AWSCURRENT'] }
const usage = (stderr: string) => ({ code: 252, stdout: '', stderr })

describe('put', () => {
  const put = (argv: string[], setting: Setting = {}) =>
    run(['put', ...argv], { call: () => stored, ...setting })

  it('stores standard input byte by byte', async () => {
    const outcome = await put(['prod/db', '-'], { stdin: 'hunter2\n' })
    expect(outcome.calls).toEqual([
      ['PutSecretValue', { SecretId: 'prod/db', ClientRequestToken: TOKEN, SecretString: 'hunter2\n' }]
    ])
    expect(outcome).toMatchObject({ code: 0, stdout: `prod/db  ${TOKEN}  AWSCURRENT\n`, stderr: '' })
  })

  it('stores a value that is not UTF-8 as binary, and text too with --binary', async () => {
    const bytes = new Uint8Array([0xff, 0x00])
    expect((await put(['x', 'f'], { files: { f: bytes } })).calls[0]![1].SecretBinary).toEqual(bytes)
    expect((await put(['x', '-', '--binary'], { stdin: 'a' })).calls[0]![1].SecretBinary).toEqual(
      new Uint8Array([97])
    )
  })

  it('keeps a byte order mark', async () => {
    const { calls } = await put(['x', '-'], { stdin: new Uint8Array([0xef, 0xbb, 0xbf, 97]) })
    expect(calls[0]![1].SecretString).toBe('\ufeffa')
  })

  it('asks for the value on a terminal, and never shows it', async () => {
    const outcome = await put(['x'], { terminal: true, answers: ['hunter2'] })
    expect(outcome.questions).toEqual(['Value of x'])
    expect(outcome.calls.map(([name]) => name)).toEqual(['DescribeSecret', 'PutSecretValue'])
    expect(outcome.calls[1]![1].SecretString).toBe('hunter2')
    expect(outcome.stdout + outcome.stderr).not.toContain('hunter2')
  })

  it('asks even if stdout is not a terminal', async () => {
    const outcome = await put(['x'], { terminal: { stdin: true, stderr: true }, answers: ['v'] })
    expect(outcome.code).toBe(0)
  })

  it.each<[string[], Setting, string]>([
    [[], {}, 'git-vault: put needs NAME\ngit-vault: hint: git-vault put --help\n'],
    [
      ['x'],
      {},
      'git-vault: cannot ask for the value: no terminal\ngit-vault: hint: pass FILE, or - to read standard input\n'
    ],
    [['x', ''], {}, 'git-vault: FILE is empty: pass the name of a file, not the value\n'],
    [['x', '-'], { stdin: '' }, 'git-vault: the value is empty\n'],
    [['x', '-', 'y'], {}, "git-vault: put does not take 'y'\ngit-vault: hint: git-vault put --help\n"],
    [
      ['x', '-', '--lable=y'],
      {},
      'git-vault: put has no option --lable=y\ngit-vault: hint: git-vault put --help\n'
    ],
    [['x', '-', '--label'], {}, 'git-vault: argument --label: expected one argument\n']
  ])('refuses %j', async (argv, setting, stderr) => {
    expect(await put(argv, setting)).toMatchObject(usage(stderr))
  })

  it('names the file that it cannot read', async () => {
    expect(await put(['x', 'nope'])).toMatchObject({
      code: 255,
      stderr: 'git-vault: cannot read nope: ENOENT\n'
    })
  })

  describe('of a secret that does not exist', () => {
    let made = false
    const call: Setting['call'] = operation => {
      if (operation === 'CreateSecret') made = true
      if (!made) throw unknown
      return operation === 'CreateSecret'
        ? { Name: 'x', VersionId: TOKEN }
        : { ...stored, VersionStages: ['blue', 'AWSCURRENT'] }
    }
    const fresh = (argv: string[], setting: Setting = {}) => (
      (made = false),
      put(argv, { stdin: 'v', call, ...setting })
    )

    it('names the flag', async () => {
      expect(await fresh(['x', '-'])).toMatchObject({
        code: 254,
        stderr: "git-vault: there is no secret 'x'\ngit-vault: hint: pass --create to create it\n"
      })
    })

    it('names the region that has one of that name, before it creates another', async () => {
      const hint = 'it is in another region: pass --region eu-west-1'
      const elsewhere = new VaultError('ResourceNotFoundException', 'unknown', { hint })
      const question = `There is no secret x in this region: ${hint}. Create another one in this region?`
      let exists = false
      const setting = (more: Setting): Setting => ({
        ...more,
        call: operation => {
          exists ||= operation === 'CreateSecret'
          if (!exists) throw elsewhere
          return stored
        }
      })
      expect(await put(['x', '-'], setting({ stdin: 'v' }))).toMatchObject({
        code: 254,
        stderr: `git-vault: unknown\ngit-vault: hint: ${hint}, or --create to create one in this region\n`
      })
      expect(await put(['x'], setting({ terminal: true, answers: [false] }))).toMatchObject({
        code: 254,
        questions: [question]
      })
      expect(await put(['x'], setting({ terminal: true, answers: [true, 'v'] }))).toMatchObject({
        code: 0,
        questions: [question, 'Value of x']
      })
    })

    it('creates it with --create, in one operation', async () => {
      const outcome = await fresh(['x', '-', '--create'])
      expect(outcome.calls.map(([name]) => name)).toEqual(['PutSecretValue', 'CreateSecret'])
      expect(outcome.calls[1]![1]).toEqual({ Name: 'x', ClientRequestToken: TOKEN, SecretString: 'v' })
      expect(outcome.stdout).toBe(`x  ${TOKEN}  AWSCURRENT\n`)
    })

    it('creates it empty first if there are labels to put', async () => {
      const outcome = await fresh(['x', '-', '--create', '--label', 'blue'])
      expect(outcome.calls.map(([name]) => name)).toEqual([
        'PutSecretValue',
        'CreateSecret',
        'PutSecretValue'
      ])
      expect(outcome.calls[2]![1].VersionStages).toEqual(['blue'])
      expect(outcome.stdout).toContain('blue, AWSCURRENT')
    })

    it('asks before the value is typed', async () => {
      const typed = await fresh(['x'], { terminal: true, answers: [true, 'v'] })
      expect(typed.questions).toEqual(['There is no secret x. Create it?', 'Value of x'])
      expect(typed.calls.map(([name]) => name)).toEqual(['DescribeSecret', 'PutSecretValue', 'CreateSecret'])
      const refused = await fresh(['x'], { terminal: true, answers: [false] })
      expect(refused).toMatchObject({ code: 254, questions: ['There is no secret x. Create it?'] })
      expect((await fresh(['x', '--create'], { terminal: true, answers: ['v'] })).code).toBe(0)
    })

    it('asks before it creates the secret on a terminal', async () => {
      expect(await fresh(['x', '-'], { terminal: true, answers: [true] })).toMatchObject({ code: 0 })
      expect(await fresh(['x', '-'], { terminal: true, answers: [false] })).toMatchObject({ code: 254 })
    })
  })

  it('asks for the passphrase before the value, typed at a prompt or not', async () => {
    const identity = (): never => {
      throw new VaultError('IdentityLocked', 'wrong passphrase')
    }
    for (const argv of [['x'], ['x', '-']]) {
      const outcome = await put(argv, { terminal: true, stdin: 'v', identity })
      expect(outcome).toMatchObject({
        code: 253,
        questions: [],
        calls: [['DescribeSecret', { SecretId: 'x' }]]
      })
    }
    // the value of a pipe is not lost, and the write itself unlocks the identity
    expect(await put(['x', '-'], { stdin: 'v', identity })).toMatchObject({ code: 0 })
  })

  it('stops at Ctrl-C', async () => {
    expect(await put(['x'], { terminal: true, answers: [INTERRUPT] })).toMatchObject({
      code: 130,
      stderr: '',
      calls: [['DescribeSecret', { SecretId: 'x' }]]
    })
  })

  it('does not ask for the value if there is no vault', async () => {
    const call = (): never => {
      throw new VaultError('VaultNotFound', 'no vault')
    }
    expect(await put(['x'], { terminal: true, call })).toMatchObject({ code: 253, questions: [] })
  })
})

describe('the region', () => {
  const regionOf = async (argv: string[]) => {
    const services: Setting['services'] = { history: async () => [], log: async function* () {} }
    const setting = {
      services,
      stdin: 'v',
      env: { AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: 'us-east-2' }
    }
    const call = () => ({ SecretString: 'v', SecretList: [] })
    const { code, regions } = await run(argv, { ...setting, call })
    expect(code).toBe(0)
    return regions
  }

  it.each([['put', 'x', '-'], ['get', 'x'], ['ls'], ['history', 'x'], ['log']])(
    'of %s is that of --region, else the home region, whatever the environment says',
    async (...argv) => {
      expect(await regionOf([...argv, '--region', 'eu-west-1'])).toEqual(['eu-west-1'])
      expect(await regionOf(argv)).toEqual([undefined])
    }
  )
})

describe('get', () => {
  const get = (argv: string[], value: object, setting: Setting = {}) =>
    run(['get', 'x', ...argv], { call: () => value, ...setting })
  const text = { SecretString: 'a\u001b[31m\tb\n' }

  it('prints the exact value', async () => {
    expect((await get([], text)).stdout).toBe('a\u001b[31m\tb\n')
    expect((await get([], { SecretBinary: new Uint8Array([0, 255]) })).bytes).toEqual(Buffer.from([0, 255]))
  })

  it('escapes control characters on a terminal', async () => {
    expect((await get([], text, { terminal: true })).stdout).toBe('a\\u001b[31m\tb\n\n')
    expect((await get(['--force'], text, { terminal: true })).stdout).toBe('a\u001b[31m\tb\n\n')
    expect(await get([], { SecretBinary: new Uint8Array([0]) }, { terminal: true })).toMatchObject(
      usage('git-vault: this secret is binary\ngit-vault: hint: write it to a file, or pass --force\n')
    )
  })

  it('gets the version of --version and --label', async () => {
    const { calls } = await get(['--version', TOKEN, '-l', 'AWSPREVIOUS'], text)
    expect(calls).toEqual([
      ['GetSecretValue', { SecretId: 'x', VersionId: TOKEN, VersionStage: 'AWSPREVIOUS' }]
    ])
  })

  it('prints one value of a JSON object', async () => {
    const json = { SecretString: '{"a":"b","n":{"c":[1]},"__proto__":"own"}' }
    expect((await get(['--json-key', 'a'], json)).stdout).toBe('b')
    expect((await get(['--json-key', 'n'], json)).stdout).toBe('{"c":[1]}')
    expect((await get(['--json-key', '__proto__'], json)).stdout).toBe('own')
    expect(await get(['--json-key', 'toString'], json)).toMatchObject(
      usage(
        "git-vault: this secret has no key 'toString'\ngit-vault: hint: it has the keys a, n, __proto__\n"
      )
    )
    expect(await get(['--json-key', 'a'], text)).toMatchObject(
      usage('git-vault: --json-key needs a JSON object, and this secret is not JSON\n')
    )
  })

  it.each([
    ['x', ['lorem', 'ipsum'], 'list the names: git-vault ls'],
    ['dev/dbb', ['dev/db', 'dev/dbbbb'], 'did you mean dev/db?'],
    ['Dev/Db', ['dev/dz', 'dev/db'], 'did you mean dev/db?'],
    ['dev', ['dev/db'], 'it is a folder: git-vault ls dev/'],
    ['dev/', ['dev/db'], 'it is a folder: git-vault ls dev/'],
    ['dev/db', ['dev/db', 'dev/dbb'], 'git does not track its files: git-vault doctor']
  ])(
    'names a missing secret as it was typed, and what may have been meant: %s',
    async (typed, names, hint) => {
      const services = { nearNames: async () => names }
      expect(await run(['get', typed], { services, call: () => Promise.reject(unknown) })).toMatchObject({
        code: 254,
        stderr: `git-vault: there is no secret '${typed}'\ngit-vault: hint: ${hint}\n`
      })
    }
  )
})

describe('ls', () => {
  const date = new Date(2026, 2, 4, 10, 12)
  const secrets = [
    { Name: 'prod/web', LastChangedDate: date, Description: 'the\u001b[2J site' },
    { Name: 'prod/db', LastChangedDate: date, KmsKeyId: 'prod' }
  ]

  it('lists names in order', async () => {
    const outcome = await run(['ls', 'prod/'], { call: () => ({ SecretList: secrets }) })
    expect(outcome.stdout).toBe('prod/db\nprod/web\n')
  })

  it('says which other regions have secrets that it does not list', async () => {
    const asked: unknown[] = []
    const namesElsewhere = async (_: unknown, isHome: boolean, matches: (name: string) => boolean) => {
      asked.push([isHome, ['prod/db', 'prod/x', 'x'].filter(matches)])
      return [
        { region: 'eu-west-1', names: ['prod/x'] },
        { region: 'us\u001b-1', names: ['prod/y', 'prod/z'] }
      ]
    }
    const listing = async (argv: string[], SecretList: object[]) =>
      run(['ls', ...argv], { services: { namesElsewhere }, call: () => ({ SecretList }) })
    const said =
      'git-vault: 1 secret is in another region: pass --region eu-west-1\n' +
      'git-vault: 2 secrets are in another region: pass --region us\\u001b-1\n'
    expect(await listing(['prod/'], secrets)).toMatchObject({ stdout: 'prod/db\nprod/web\n', stderr: said })
    expect(await listing(['prod/', '--region', 'r'], [])).toMatchObject({ stdout: '', stderr: said })
    expect(await listing(['prod/', '--region', 'r'], secrets)).toMatchObject({ stderr: '' })
    expect(asked).toEqual([
      [true, ['prod/x']],
      [false, ['prod/db', 'prod/x']]
    ])
  })

  it('prints more columns with --long', async () => {
    const { stdout } = await run(['ls', '-l'], { call: () => ({ SecretList: secrets }) })
    expect(stdout).toBe(
      'prod/db   2026-03-04 10:12  prod\nprod/web  2026-03-04 10:12  default  the\\u001b[2J site\n'
    )
  })

  it('reads all pages', async () => {
    const call: Setting['call'] = (_, { NextToken }) =>
      NextToken === undefined
        ? { SecretList: [{ Name: '!a' }], NextToken: '1' }
        : { SecretList: [{ Name: 'b' }] }
    expect((await run(['ls'], { call })).stdout).toBe('!a\nb\n')
    const outcome = await run(['ls', '!'], { call })
    expect(outcome.stdout).toBe('!a\n')
  })
})

describe('history', () => {
  const entries = [
    { versionId: 'v3', labels: ['AWSCURRENT', 'blue'], created: new Date(2026, 2, 4, 10, 12), writer: 'ana' },
    { versionId: 'v2', labels: [], created: new Date(2026, 2, 3, 9, 5), writer: 'bartholomew' },
    { versionId: 'v1', labels: [], created: new Date(2026, 2, 2, 0, 0), writer: 'ana' }
  ]
  const history = (setting: Setting = {}) =>
    run(['history', 'x'], {
      services: { history: async () => entries },
      env: { LANG: 'en_US.UTF-8' },
      ...setting
    })

  it('draws a timeline', async () => {
    expect((await history()).stdout).toBe(
      [
        'x',
        '● 2026-03-04 10:12  ana          v3  AWSCURRENT, blue',
        '│',
        '○ 2026-03-03 09:05  bartholomew  v2',
        '│',
        '○ 2026-03-02 00:00  ana          v1',
        ''
      ].join('\n')
    )
  })

  it('works without Unicode and without colours', async () => {
    const { stdout } = await history({ env: { LANG: 'C' } })
    expect(stdout).toMatch(/^x\n\* 2026/)
    expect(stdout).toContain('\n|\no 2026')
    const colours = await history({ terminal: true })
    expect(colours.stdout).toContain('\u001b[32m●')
    expect((await history({ terminal: true, env: { NO_COLOR: '1', LANG: 'C' } })).stdout).not.toContain(
      '\u001b'
    )
  })
})

describe('log', () => {
  const entry = {
    commit: 'a'.repeat(40),
    time: new Date(2026, 2, 4, 10, 12),
    author: 'Ana\u001b',
    operation: 'PutSecretValue',
    arns: [],
    path: 'p'
  }
  const log = (argv: string[], seen: object[] = []) =>
    run(['log', ...argv], {
      services: {
        async *log(_vault, options) {
          seen.push(options)
          yield { ...entry, secret: 'x', versionId: 'v1', member: 'ana', signed: true }
          yield { ...entry, signed: false }
        }
      }
    })

  it('marks lines that are unsigned', async () => {
    expect((await log([])).stdout).toBe(
      'aaaaaaaaaaaa  2026-03-04 10:12  ana  PutSecretValue  x  v1\n' +
        'aaaaaaaaaaaa  2026-03-04 10:12  Ana\\u001b  PutSecretValue  (unsigned)\n'
    )
  })

  it('prints events as lines of JSON, without a control character', async () => {
    const seen: object[] = []
    const event = { eventName: 'Put\u001b\u009b', additionalEventData: { commit: 'c' } }
    const { stdout } = await run(['log', 'x', '-n', '2', '--json'], {
      services: {
        async *cloudTrail(_vault, options) {
          seen.push(options)
          yield event as never
        }
      }
    })
    expect(seen).toEqual([{ secretId: 'x', limit: 2 }])
    expect(stdout).toMatch(/^[\x20-\x7e]+\n$/)
    expect(JSON.parse(stdout)).toEqual(event)
  })

  it('passes its arguments on', async () => {
    const seen: object[] = []
    await log(['prod/db', '-n', '5'], seen)
    expect(seen).toEqual([{ secretId: 'prod/db', limit: 5 }])
    expect(await log(['-n0'])).toMatchObject(usage('git-vault: --limit must be at least 1\n'))
  })
})

describe('identity', () => {
  const made = { from: '/home/ana/id', isFile: true, publicKey: 'gvpub1_x', words: 'one two' }
  const create = (argv: string[], setting: Setting = {}) => {
    const received: object[] = []
    const services: Setting['services'] = {
      newIdentity: async request => {
        const { askPassphrase, ...options } = request ?? {}
        const passphrase = await askPassphrase?.()
        received.push(passphrase === undefined ? options : { ...options, passphrase })
        return made
      }
    }
    return run(['identity', 'new', ...argv], { services, ...setting }).then(outcome => ({
      ...outcome,
      received
    }))
  }

  it.each<[string[], Setting, object]>([
    [['--no-passphrase'], {}, {}],
    [['--no-passphrase', '--file', 'f'], {}, { path: 'f' }],
    [
      ['--passphrase-file', 'p'],
      { files: { p: 'a long one of words\n' } },
      { passphrase: 'a long one of words' }
    ],
    [[], { env: { GIT_VAULT_PASSPHRASE: 'from the variable' } }, { passphrase: 'from the variable' }],
    [[], { terminal: true, answers: [STRONG, STRONG] }, { passphrase: STRONG }],
    [[], { terminal: true, answers: ['typo of STRONG', STRONG, STRONG, STRONG] }, { passphrase: STRONG }],
    [
      [],
      { env: { GIT_VAULT_PASSPHRASE: '' }, terminal: true, answers: [STRONG, STRONG] },
      { passphrase: STRONG }
    ]
  ])('is created with %j', async (argv, setting, options) => {
    const outcome = await create(argv, setting)
    expect(outcome.received).toEqual([options])
    expect(outcome.stdout).toBe('file         /home/ana/id\npublic key   gvpub1_x\nfingerprint  one two\n')
  })

  it.each<[string[], Setting, string]>([
    [
      [],
      {},
      'cannot ask for a passphrase: no terminal\ngit-vault: hint: pass --passphrase-file or --no-passphrase, or set GIT_VAULT_PASSPHRASE'
    ],
    [
      [],
      {
        terminal: true,
        answers: Array.from({ length: 6 }, (_, at) => STRONG + '.'.repeat(at))
      },
      Array<string>(3).fill('the two passphrases differ').join('\ngit-vault: ')
    ],
    [
      [],
      { terminal: true, answers: ['hunter2', 'password1234', 'aaaaaaaaaaaa'] },
      [
        'that passphrase is weak: it has 7 characters; 12 or more are needed, such as five random words',
        'that passphrase is weak: it is little more than common words, repetitions or sequences; use five random words',
        'the passphrase is weak: it is little more than common words, repetitions or sequences; use five random words'
      ].join('\ngit-vault: ')
    ],
    [
      ['--passphrase-file', 'p'],
      { files: { p: 'hunter2\n' } },
      'the passphrase is weak: it has 7 characters; 12 or more are needed, such as five random words'
    ],
    [
      [],
      { terminal: true, answers: [''] },
      'the passphrase is empty\ngit-vault: hint: pass --no-passphrase to use none'
    ]
  ])('is not created with %j', async (argv, setting, message) => {
    expect(await create(argv, setting)).toMatchObject({ ...usage(`git-vault: ${message}\n`), received: [] })
  })

  it('is shown', async () => {
    const services = { showIdentity: async () => ({ ...made, wrapped: true }) }
    expect((await run(['identity', 'show'], { services })).stdout).toContain('passphrase   yes\n')
    const variable = { from: 'GIT_VAULT_IDENTITY', isFile: false, wrapped: false }
    const carried = { showIdentity: async () => ({ ...made, ...variable }) }
    expect((await run(['identity', 'show'], { services: carried })).stdout).toMatch(
      /^from         GIT_VAULT_IDENTITY\n/
    )
    expect((await run(['identity', 'burn'])).stderr).toMatch(/^git-vault: identity has no action 'burn'\n/)
  })
})

describe('init', () => {
  const made = {
    vaultDir: 'vault',
    member: 'ana',
    root: 'R',
    words: 'w o r d s',
    commit: 'c'.repeat(40),
    createdRepository: true
  }
  const noIdentity = async () => Promise.reject(new VaultError('IdentityNotFound', 'none'))
  const initialise = async (argv: string[], setting: Setting = {}) => {
    const received: object[] = []
    const services = {
      showIdentity: async () => ({ from: '', isFile: true, publicKey: '', words: '', wrapped: false }),
      init: async (options: object) => (received.push(options), made),
      ...setting.services
    }
    const outcome = await run(['init', ...argv], { userName: 'Ana García', ...setting, services })
    return { ...outcome, received }
  }
  const defaults = {
    directory: '/work',
    vaultDir: 'vault',
    region: 'local',
    accountId: '000000000000',
    member: 'ana-garcia'
  }

  it('uses the defaults if there is no terminal', async () => {
    const outcome = await initialise([])
    expect(outcome.received).toEqual([expect.objectContaining(defaults)])
    expect(outcome.stdout).toContain('created vault in ./vault (commit cccccccccccc)\nana is its admin\n')
  })

  it.each<[Record<string, string>, string]>([
    [{ AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'us-east-2' }, 'eu-west-1'],
    [{ AWS_REGION: '', AWS_DEFAULT_REGION: 'us-east-2' }, 'us-east-2'],
    [{ AWS_REGION: '', AWS_DEFAULT_REGION: '' }, 'local']
  ])('takes the region from %j', async (env, region) => {
    expect((await initialise(['--yes'], { env })).received).toEqual([
      expect.objectContaining({ ...defaults, region })
    ])
    expect((await initialise(['--region', 'eu-north-1'], { env })).received[0]).toMatchObject({
      region: 'eu-north-1'
    })
  })

  it.each(['AWS_REGION', 'AWS_DEFAULT_REGION'])('says that the region comes from %s', async variable => {
    const env = { [variable]: 'eu-west-1' }
    const line = `git-vault: using region eu-west-1 from ${variable}; it is part of every ARN and cannot be changed later\n`
    for (const outcome of [
      await initialise([], { env }),
      await initialise(['--yes'], { env }),
      await initialise(['--yes'], { env, terminal: true })
    ]) {
      expect(outcome).toMatchObject({ code: 0, stderr: line, questions: [] })
      expect(outcome.received[0]).toMatchObject({ region: 'eu-west-1' })
    }
    for (const setting of [{ env }, { env, terminal: true, answers: ['v', '1', 'm'] }]) {
      const outcome = await initialise(['--region', 'local'], setting)
      expect(outcome.stderr).toBe('')
      expect(outcome.questions.join()).not.toContain('egion')
    }
    expect((await initialise([])).stderr).toBe('')
  })

  it('asks on a terminal whether to use the region of a variable, and else for another', async () => {
    const env = { AWS_REGION: 'eu-west-1' }
    const question = 'Use region eu-west-1 from AWS_REGION? It cannot be changed later.'
    const used = await initialise([], { env, terminal: true, answers: ['v', true, 'a', 'm'] })
    expect(used.questions).toHaveLength(4)
    expect(used.questions[1]).toBe(question)
    expect(used.received[0]).toMatchObject({ region: 'eu-west-1', accountId: 'a' })
    const other = await initialise([], { env, terminal: true, answers: ['v', false, 'local', 'a', 'm'] })
    expect(other.questions).toHaveLength(5)
    expect(other.received[0]).toMatchObject({ region: 'local', accountId: 'a' })
  })

  it('asks only for the options that are missing', async () => {
    const outcome = await initialise(['--region', 'eu-west-1', '--member', 'ana'], {
      terminal: true,
      answers: ['secrets', '123456789012']
    })
    expect(outcome.questions).toHaveLength(2)
    expect(outcome.received[0]).toMatchObject({
      vaultDir: 'secrets',
      region: 'eu-west-1',
      accountId: '123456789012',
      member: 'ana'
    })
  })

  it('names the option that has no default', async () => {
    expect(await initialise([], { userName: '値' })).toMatchObject(
      usage('git-vault: init needs --member\ngit-vault: hint: pass it: git-vault init --member …\n')
    )
  })

  it('offers to create an identity', async () => {
    const services = {
      showIdentity: noIdentity,
      newIdentity: async ({ askPassphrase }: { askPassphrase?: () => Promise<string> } = {}) => {
        await askPassphrase?.()
        return { from: 'p', isFile: true, publicKey: 'k', words: 'w' }
      }
    }
    const outcome = await initialise([], {
      services,
      terminal: true,
      answers: [true, STRONG, STRONG, 'v', 'r', 'a', 'm']
    })
    expect(outcome.code).toBe(0)
    expect(outcome.received[0]).toMatchObject({ member: 'm' })
    expect(await (outcome.received[0] as { passphrase: () => Promise<string> }).passphrase()).toBe(STRONG)
    expect(await initialise(['--yes'], { services, terminal: true })).toMatchObject({
      code: 253,
      stderr: 'git-vault: you have no identity yet\ngit-vault: hint: create one: git-vault identity new\n',
      received: []
    })
  })

  it('derives a member name from any Latin name', () => {
    expect(slug('Ana García')).toBe('ana-garcia')
    expect(slug(' -O’Brien, Zoë- ')).toBe('o-brien-zoe')
    expect(slug('值')).toBeUndefined()
    expect(slug(undefined)).toBeUndefined()
  })
})

describe('trust', () => {
  const trusting = async (argv: string[], setting: Setting = {}, trusted = false) => {
    const done: unknown[] = []
    const services = {
      inspectRoot: async () => ({ root: 'ROOT', words: 'w o r d s', trusted, relation: 'same' as const }),
      trust: async (_: string, root: string) => void done.push(root),
      olderThanSeen: async (_: string, name: string) => (name === 'new' ? undefined : 'vault/\u001bback'),
      acceptOlder: async (_: string, name: string) => void done.push(name)
    }
    return { ...(await run(['trust', ...argv], { services, ...setting })), done }
  }

  it('trusts the root of --root', async () => {
    expect(await trusting(['--root', 'ROOT'])).toMatchObject({ code: 0, done: ['ROOT'] })
    expect(await trusting(['--root', 'OTHER'])).toMatchObject({
      ...usage('git-vault: the root of this vault is ROOT, not OTHER\n'),
      done: []
    })
  })

  it('accepts a root that begins with a dash, as one in 64 does', async () => {
    for (const root of ['-HTRQ', '-yes', '--', '--yes']) {
      const outcome = await trusting(['--root', root])
      expect(outcome.stderr).toBe(`git-vault: the root of this vault is ROOT, not ${root}\n`)
    }
    expect(await trusting(['--root'])).toMatchObject({ code: 252, done: [] })
  })

  it('shows the fingerprint and asks', async () => {
    const outcome = await trusting([], { terminal: true, answers: [true] })
    expect(outcome.stderr).toBe('the root of this vault is ROOT\n  w o r d s\n')
    expect(outcome.done).toEqual(['ROOT'])
    expect(await trusting([], { terminal: true, answers: [false] })).toMatchObject({ code: 252, done: [] })
    expect(await trusting([])).toMatchObject({ code: 252, done: [] })
  })

  it('does nothing if the root is trusted already', async () => {
    expect(await trusting([], {}, true)).toMatchObject({ code: 0, done: [] })
  })

  it('accepts an older state after a confirmation', async () => {
    expect(await trusting(['new'])).toMatchObject({ code: 0, done: [] })
    expect(await trusting(['old', '--yes'])).toMatchObject({
      code: 0,
      done: ['old'],
      stderr: 'vault/\\u001bback is older than the state that this clone has seen, or contradicts it\n'
    })
    expect(await trusting(['old'], { terminal: true, answers: [true] })).toMatchObject({ done: ['old'] })
    expect(await trusting(['old'], { terminal: true, answers: [false] })).toMatchObject({
      code: 252,
      done: []
    })
    expect(await trusting(['old'])).toMatchObject({ code: 252, done: [] })
  })
})
