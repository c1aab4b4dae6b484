import { describe, expect, it } from 'vitest'
import { VaultError } from '../../src/core/errors.js'
import { run, TOKEN } from './world.js'

const get = ['get-secret-value', '--secret-id', 'x']
const put = ['put-secret-value', '--secret-id', 'x']

describe('requests', () => {
  it.each<[string[], string, object]>([
    [get, 'GetSecretValue', { SecretId: 'x' }],
    [
      [...get, '--version-stage=AWSPREVIOUS'],
      'GetSecretValue',
      { SecretId: 'x', VersionStage: 'AWSPREVIOUS' }
    ],
    [
      [...put, '--secret-string', 's', '--version-stages', 'A', 'B'],
      'PutSecretValue',
      { SecretId: 'x', SecretString: 's', VersionStages: ['A', 'B'], ClientRequestToken: TOKEN }
    ],
    [
      [...put, '--secret-string', '', '--client-request-token', 'a'.repeat(32)].filter(
        (_, at) => at < 3 || at > 4
      ),
      'PutSecretValue',
      { SecretId: 'x', ClientRequestToken: 'a'.repeat(32) }
    ],
    [[...put, '--version-stages', '["A"]'], 'PutSecretValue', { VersionStages: ['A'] }],
    [[...put, '--secret-binary', 'AP8='], 'PutSecretValue', { SecretBinary: new Uint8Array([0, 255]) }],
    [
      [...put, '--secret-binary', 'hi', '--cli-binary-format', 'raw-in-base64-out'],
      'PutSecretValue',
      { SecretBinary: new Uint8Array([104, 105]) }
    ],
    [
      [...put, '--secret-binary', 'fileb://b'],
      'PutSecretValue',
      { SecretBinary: new Uint8Array([0, 1, 255]) }
    ],
    [[...put, '--secret-string', 'file://t'], 'PutSecretValue', { SecretString: '\ufeffline\r\n' }],
    [[...put, '--secret-string', 'file://~/t'], 'PutSecretValue', { SecretString: 'home' }],
    [[...put, '--secret-string', 'file://$DIR/t'], 'PutSecretValue', { SecretString: 'dir' }],
    [
      [...put, '--cli-input-json', 'file://j'],
      'PutSecretValue',
      { SecretId: 'x', SecretString: 'from json' }
    ],
    [
      [...put, '--cli-input-json', '{"SecretId":"y","SecretBinary":"AP8="}'],
      'PutSecretValue',
      { SecretId: 'x', SecretBinary: new Uint8Array([0, 255]) }
    ],
    [
      ['create-secret', '--name', 'n', '--tags', 'Key=a,Value=b', 'Key=c,Value='],
      'CreateSecret',
      {
        Name: 'n',
        Tags: [
          { Key: 'a', Value: 'b' },
          { Key: 'c', Value: '' }
        ]
      }
    ],
    [
      ['create-secret', '--name', 'n', '--tags', 'Key=a,Value@=file://~/t'],
      'CreateSecret',
      { Tags: [{ Key: 'a', Value: 'home' }] }
    ],
    [
      ['create-secret', '--name', 'n', '--no-force-overwrite-replica-secret'],
      'CreateSecret',
      { ForceOverwriteReplicaSecret: false }
    ],
    [
      ['list-secrets', '--filters', 'Key=name,Values=a', 'Key=all,Values=b,c'],
      'ListSecrets',
      {
        Filters: [
          { Key: 'name', Values: ['a'] },
          { Key: 'all', Values: ['b', 'c'] }
        ]
      }
    ],
    [
      ['list-secrets', '--filters', '{"Key":"name","Values":["a"]}'],
      'ListSecrets',
      { Filters: [{ Key: 'name', Values: ['a'] }] }
    ],
    [['list-secrets', '--filters', 'file://filters'], 'ListSecrets', { Filters: [{ Key: 'name' }] }],
    [
      ['get-secret-value', '--cli-input-yaml', 'SecretId: "y"\nVersionStage: |-\n  X\n'],
      'GetSecretValue',
      { SecretId: 'y', VersionStage: 'X' }
    ],
    [
      ['rotate-secret', '--cli-input-yaml', 'file://yaml', '--secret-id', 'x'],
      'RotateSecret',
      { SecretId: 'x', RotateImmediately: false, RotationRules: { AutomaticallyAfterDays: 30 } }
    ],
    [
      ['list-secrets', '--include-planned-deletion', '--max-results', '5'],
      'ListSecrets',
      { IncludePlannedDeletion: true, MaxResults: 5 }
    ],
    [
      ['--region', 'eu-west-1', '--no-verify-ssl', ...get, '--endpoint-url', 'http://x'],
      'GetSecretValue',
      { SecretId: 'x' }
    ]
  ])('%j', async (argv, operation, expected) => {
    const outcome = await run(argv, {
      env: { DIR: 'sub' },
      files: {
        b: new Uint8Array([0, 1, 255]),
        t: '\ufeffline\r\n',
        '/home/ana/t': 'home',
        'sub/t': 'dir',
        j: '{"SecretString":"from json"}',
        filters: '[{"Key":"name"}]',
        yaml: 'SecretId: z\nRotateImmediately: false\nRotationRules: {AutomaticallyAfterDays: 30}\n'
      }
    })
    expect(outcome.stderr).toBe('')
    expect(outcome.code).toBe(0)
    expect(outcome.calls[0]?.[0]).toBe(operation)
    expect(outcome.calls[0]?.[1]).toMatchObject(expected)
  })
})

const usage = (command: string): string =>
  `\nusage: git-vault <command> [options]\nTo see help text, you can run:\n\n  git-vault help\n  git-vault ${command} help\n\n`

const choices =
  'json                                     | text                                    \n' +
  'table                                    | yaml                                    \n' +
  'yaml-stream                             \n'

describe('usage errors', () => {
  it.each<[string[], string]>([
    [
      ['get-secret-value'],
      `${usage('get-secret-value')}git-vault: error: the following arguments are required: --secret-id\n`
    ],
    [
      [...get, '--foo', 'bar', '--baz=1'],
      `${usage('get-secret-value')}Unknown options: --foo, --baz=1, bar\n`
    ],
    [
      [...get, '--output', 'foo'],
      `${usage('get-secret-value')}git-vault: error: argument --output: Invalid choice, valid choices are:\n\n${choices}`
    ],
    [
      [...get, '--output', 'tabel'],
      `${usage('get-secret-value')}git-vault: error: argument --output: Invalid choice, valid choices are:\n\n${choices}\n\nInvalid choice: 'tabel', maybe you meant:\n\n  * table\n`
    ],
    [
      ['put-secret-value', '--cli-input-json', '{"SecretString":"hunter2}'],
      "\nError parsing parameter 'cli-input-json': Invalid JSON: Unterminated string starting at: line 1 column 17 (char 16)\nJSON received: (not shown)\n"
    ],
    [
      ['put-secret-value', '--cli-input-yaml', 'SecretString: *hunter2'],
      "\nError parsing parameter 'cli-input-yaml': Invalid YAML received: YAML: aliases are not allowed\n"
    ],
    [
      ['get-secret-value', '--secret-id', ''],
      '\nParameter validation failed:\nInvalid length for parameter SecretId, value: 0, valid min length: 1\n'
    ],
    [
      ['get-secret-value', '--cli-input-json', '{}'],
      '\nParameter validation failed:\nMissing required parameter in input: "SecretId"\n'
    ],
    [
      ['get-secret-value', '--cli-input-json', '{"SecretId":5,"Foo":1}'],
      '\nParameter validation failed:\nUnknown parameter in input: "Foo", must be one of: SecretId, VersionId, VersionStage\n' +
        "Invalid type for parameter SecretId, value: 5, type: <class 'int'>, valid types: <class 'str'>\n"
    ],
    [
      ['get-secret-value', '--cli-input-json', '{'],
      "\nError parsing parameter 'cli-input-json': Invalid JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)\nJSON received: {\n"
    ],
    [
      ['get-secret-value', '--cli-input-json', '[]'],
      "\nError parsing parameter 'cli-input-json': Invalid type: expecting an object.\n"
    ],
    [
      [...put, '--version-stages'],
      '\nParameter validation failed:\nInvalid length for parameter VersionStages, value: 0, valid min length: 1\n'
    ],
    [
      [...put, '--version-stages', ''],
      '\nParameter validation failed:\nInvalid length for parameter VersionStages[0], value: 0, valid min length: 1\n'
    ],
    [
      [...put, '--secret-string', 'file:///nope'],
      "\nError parsing parameter '--secret-string': Unable to load paramfile file:///nope: [Errno 2] No such file or directory: '/nope'\n"
    ],
    [[...put, '--secret-binary', 'hunter2!'], '\nInvalid base64: the value of --secret-binary\n'],
    [
      [...put, '--cli-input-json', '{"SecretString":["hunter2"]}'],
      "\nParameter validation failed:\nInvalid type for parameter SecretString, value: (not shown), type: <class 'list'>, valid types: <class 'str'>\n"
    ],
    [
      ['list-secrets', '--filters', 'Keyx=a'],
      '\nParameter validation failed:\nUnknown parameter in Filters[0]: "Keyx", must be one of: Key, Values\n'
    ],
    [
      ['list-secrets', '--filters', 'Key=name,Values'],
      "\nParameter validation failed:\nInvalid type for parameter Filters[0].Key, value: ['name', 'Values'], type: <class 'list'>, valid types: <class 'str'>\n"
    ],
    [
      ['list-secrets', '--filters', 'Key=name,Values=[a,{'],
      "\nError parsing parameter '--filters': Expected: '=', received: 'EOF' for input:\nKey=name,Values=[a,{\n                    ^\n"
    ]
  ])('%j', async (argv, stderr) => {
    const outcome = await run(argv)
    expect(outcome.stderr).toBe(stderr)
    expect(outcome).toMatchObject({ code: 252, stdout: '', calls: [] })
  })

  it.each([
    [
      ['list-secrets', '--no-paginate', '--max-items', '1'],
      'Error during pagination: Cannot specify --no-paginate along with pagination arguments: --max-items'
    ],
    [['list-secrets', '--max-results', 'x'], "invalid literal for int() with base 10: 'x'"],
    [[...get, '--cli-read-timeout', 'soon'], "invalid literal for int() with base 10: 'soon'"],
    [[...get, '--region', 'x y'], "Provided region_name 'x y' doesn't match a supported format."],
    [[...get, '--region', ''], 'Invalid endpoint: https://secretsmanager..amazonaws.com']
  ])('that the AWS CLI itself stumbles over exit with 255: %j', async (argv, message) => {
    expect(await run(argv)).toMatchObject({ code: 255, stdout: '', stderr: `\n${message}\n`, calls: [] })
  })

  it('finds a mistake in a query before the operation runs', async () => {
    const outcome = await run([...put, '--secret-string', 's', '--query', 'a['])
    expect(outcome.stderr).toMatch(/^\nBad value for --query a\[: /)
    expect(outcome).toMatchObject({ code: 252, calls: [] })
  })

  it.each([
    ['get-secret-valu', 'get-secret-value'],
    ['histroy', 'history'],
    ['lst-secrets', 'list-secrets'],
    // the beginning of a command is that command, even if another one is fewer letters away
    ['get-secret', 'get-secret-value'],
    ['put-secret', 'put-secret-value'],
    ['update-secret-version', 'update-secret-version-stage'],
    ['list', 'list-secrets'],
    ['cancel-rotate', 'cancel-rotate-secret']
  ])('takes %s for %s', async (given, meant) => {
    const outcome = await run([given])
    expect(outcome.code).toBe(252)
    expect(outcome.stderr).toBe(
      `git-vault: '${given}' is not a git-vault command\ngit-vault: hint: did you mean ${meant}?\n`
    )
  })
})

describe('responses', () => {
  const date = new Date('2026-11-23T18:50:01.003Z')
  const answer = { VersionStages: ['AWSCURRENT'], SecretString: 'pä\u0007ss', Name: 'x', CreatedDate: date }

  it('come as JSON, byte for byte', async () => {
    const { stdout } = await run(get, { call: () => answer })
    expect(stdout).toMatch(
      /^\{\n    "Name": "x",\n    "SecretString": "pä\\u0007ss",\n    "VersionStages": \[\n        "AWSCURRENT"\n    \],\n    "CreatedDate": "2026-11-2.T..:..:01.003000[+-]..:.."\n\}\n$/
    )
  })

  it('come as text', async () => {
    const query = [...get, '--query', 'SecretString', '--output', 'text']
    expect((await run(query, { call: () => answer })).stdout).toBe('pä\u0007ss\n')
    expect((await run(query, { call: () => answer, terminal: true })).stdout).toBe('pä\\u0007ss\n')
    expect((await run([...get, '--query', 'Nope', '--output=text'], { call: () => answer })).stdout).toBe(
      'None\n'
    )
  })

  it('come in the default format', async () => {
    const query = [...get, '--query', '[Name, SecretString]']
    const call = () => ({ Name: 'x', SecretString: 'y' })
    expect((await run(query, { call, env: { AWS_DEFAULT_OUTPUT: 'text' } })).stdout).toBe('x\ty\n')
    expect(
      (await run(query, { call, services: { settings: async () => ({ output: 'text' }) } })).stdout
    ).toBe('x\ty\n')
  })

  it('print nothing if they are empty', async () => {
    expect((await run(get)).stdout).toBe('')
  })

  it('print a skeleton without a vault', async () => {
    const outcome = await run(['create-secret', '--generate-cli-skeleton'])
    expect(outcome.calls).toEqual([])
    expect(JSON.parse(outcome.stdout)).toMatchObject({ Name: '', Tags: [{ Key: '', Value: '' }] })
  })
})

describe('failures', () => {
  const failing = (error: unknown, argv = get) => run(argv, { call: () => Promise.reject(error) })

  it('of the service have its words', async () => {
    const error = new VaultError(
      'ResourceNotFoundException',
      "Secrets Manager can't find the specified secret."
    )
    expect(await failing(error)).toMatchObject({
      code: 254,
      stdout: '',
      stderr:
        "\nAn error occurred (ResourceNotFoundException) when calling the GetSecretValue operation: Secrets Manager can't find the specified secret.\n"
    })
  })

  it.each([
    ['VaultNotFound', 253],
    ['IdentityNotFound', 253],
    ['IdentityLocked', 253],
    ['RootUnknown', 253],
    ['Usage', 252],
    ['DocumentRefused', 255],
    ['GitFailed', 255]
  ] as const)('of the vault, as %s, exit with %i', async (code, status) => {
    const outcome = await failing(new VaultError(code, 'no \u001b[2J good', { hint: 'do better' }))
    expect(outcome).toMatchObject({
      code: status,
      stderr: 'git-vault: no \\u001b[2J good\ngit-vault: hint: do better\n'
    })
  })

  it('inside the program print one line', async () => {
    expect(await failing(new TypeError('x is undefined\nsecond line'))).toMatchObject({
      code: 255,
      stderr: 'git-vault: internal error: x is undefined\n'
    })
  })

  it.each([
    [{ syscall: 'uv_cwd', code: 'ENOENT' }, 'the current folder no longer exists'],
    [{ syscall: 'write', code: 'ENOSPC' }, 'cannot write the output: ENOSPC']
  ])('of the system are reported as such: %j', async (error, message) => {
    const call = (): never => {
      throw Object.assign(new Error('x'), error)
    }
    expect(await run(['list-secrets'], { call })).toMatchObject({
      code: 255,
      stderr: `git-vault: ${message}\n`
    })
  })

  it('print their stack with GIT_VAULT_DEBUG=1', async () => {
    const outcome = await run(get, {
      env: { GIT_VAULT_DEBUG: '1' },
      call: () => Promise.reject(new Error('outer', { cause: new Error('inner') }))
    })
    expect(outcome.stderr).toMatch(/internal error: outer\nError: outer\n[^]*caused by Error: inner\n/)
  })

  it('of the output because the reader is gone are silent', async () => {
    expect(await run(['list-secrets'], { readerGone: true })).toMatchObject({ code: 0, stderr: '' })
  })
})
