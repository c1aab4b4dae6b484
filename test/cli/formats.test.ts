import { describe, expect, it } from 'vitest'
import { closeMatches } from '../../src/cli/arguments/closeMatches.js'
import { width } from '../../src/cli/aws/width.js'
import { run } from './world.js'

const get = ['get-secret-value', '--secret-id', 'x']
const call = () => ({ ARN: 'arn', Name: 'x', SecretString: 'pä\u0007ss', VersionStages: ['A', 'B'] })

describe('--output', () => {
  it('table', async () => {
    const { stdout } = await run([...get, '--output', 'table', '--query', '[Name, ARN]'], { call })
    expect(stdout).toBe(
      '----------------\n|GetSecretValue|\n+--------------+\n|  x           |\n|  arn         |\n+--------------+\n'
    )
  })

  it('table transposes boxes that are wider than the terminal', async () => {
    const wide = async (columns: number): Promise<string> => {
      const query = ['--query', '{Name: Name, ARN: ARN}']
      const argv = [...get, '--output', 'table', '--color', 'off', ...query]
      return (await run(argv, { call, terminal: true, columns })).stdout
    }
    expect(await wide(80)).toContain('|  ARN | Name   |\n')
    expect(await wide(16)).toContain('|  ARN  |  arn  |\n|  Name |  x    |\n')
  })

  it('yaml', async () => {
    const { stdout } = await run([...get, '--output', 'yaml'], { call })
    expect(stdout).toBe('ARN: arn\nName: x\nSecretString: "pä\\ass"\nVersionStages:\n- A\n- B\n')
    const empty = await run(['tag-resource', '--secret-id', 'x', '--tags', 'Key=a', '--output', 'yaml'])
    expect(empty.stdout).toBe('')
  })

  it('yaml-stream of an operation without pages', async () => {
    const { stdout } = await run([...get, '--output', 'yaml-stream', '--query', '{n: Name}'], { call })
    expect(stdout).toBe('- n: x\n')
  })

  it.each(['table', 'yaml'])('%s is the vault’s default, or the environment’s', async output => {
    const expected = (await run([...get, '--output', output], { call })).stdout
    expect((await run(get, { call, env: { AWS_DEFAULT_OUTPUT: output } })).stdout).toBe(expected)
    const services = { settings: async () => ({ output }) }
    expect((await run(get, { call, services })).stdout).toBe(expected)
  })

  it('colours a table only on a terminal, unless --color says otherwise', async () => {
    const table = [...get, '--output', 'table']
    const isColoured = async (flags: string[], terminal: boolean, env = {}): Promise<boolean> =>
      (await run([...table, ...flags], { call, terminal, env })).stdout.includes('\u001b[1m\u001b[34marn')
    expect(await isColoured([], false)).toBe(false)
    expect(await isColoured([], true)).toBe(true)
    expect(await isColoured([], true, { NO_COLOR: '1' })).toBe(false)
    expect(await isColoured(['--color', 'off'], true)).toBe(false)
    expect(await isColoured(['--color', 'on'], false)).toBe(true)
  })

  it.each(['json', 'text', 'table', 'yaml'])('%s escapes control characters on a terminal', async output => {
    const nasty = () => ({ Name: 'x', SecretString: 'a\u001b]0;x\u0007b', VersionStages: ['\u001b[2J'] })
    const argv = [...get, '--output', output, '--color', 'off']
    const { stdout } = await run(argv, { call: nasty, terminal: true })
    expect(stdout).toMatch(/[\\]/)
    // oxlint-disable-next-line no-control-regex -- must not be in the output
    expect(stdout).not.toMatch(/[\u001b\u0007]/)
  })
})

describe('--generate-cli-skeleton', () => {
  it('input and yaml-input are the same form', async () => {
    const form = ['put-secret-value', '--generate-cli-skeleton']
    const json = await run(form)
    expect(JSON.parse(json.stdout)).toEqual({
      SecretId: '',
      ClientRequestToken: '',
      SecretBinary: null,
      SecretString: '',
      VersionStages: [''],
      RotationToken: ''
    })
    const yaml = await run([...form, 'yaml-input'])
    expect(yaml.stdout).toBe(
      "ClientRequestToken: ''\nRotationToken: ''\nSecretBinary: null\nSecretId: ''\nSecretString: ''\nVersionStages:\n- ''\n"
    )
    expect([json.calls, yaml.calls]).toEqual([[], []])
  })

  it('output needs what the command needs', async () => {
    const argv = ['get-random-password', '--generate-cli-skeleton', 'output']
    expect((await run([...argv, '--output', 'text'])).stdout).toBe('RandomPassword\n')
    expect(await run(['tag-resource', '--generate-cli-skeleton', 'output'])).toMatchObject({ code: 252 })
  })
})

describe('the region', () => {
  const inRegion = async (flags: string[], env: Record<string, string> = {}) => {
    const { regions, stderr, code } = await run([...get, ...flags], { env })
    return { regions, stderr, code }
  }

  it('is the vault’s own by default', async () => {
    expect(await inRegion([])).toEqual({ regions: [undefined], stderr: '', code: 0 })
    expect(await inRegion([], { AWS_REGION: '' })).toEqual({ regions: [undefined], stderr: '', code: 0 })
  })

  it('is that of --region, without a notice', async () => {
    const env = { AWS_REGION: 'us-east-1' }
    expect(await inRegion(['--region', 'eu-west-1'], env)).toMatchObject({
      regions: ['eu-west-1'],
      stderr: ''
    })
  })

  it('is that of the environment, with a notice if it is not the home region', async () => {
    const both = { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'us-east-1' }
    expect(await inRegion([], both)).toEqual({
      regions: ['eu-west-1'],
      stderr: "git-vault: using region eu-west-1 from AWS_REGION; the vault's home region is local\n",
      code: 0
    })
    expect(await inRegion([], { AWS_DEFAULT_REGION: 'us-east-1' })).toMatchObject({
      regions: ['us-east-1'],
      stderr: expect.stringContaining('using region us-east-1 from AWS_DEFAULT_REGION')
    })
    expect(await inRegion([], { AWS_REGION: 'local' })).toEqual({ regions: ['local'], stderr: '', code: 0 })
  })

  it('is refused if it is not valid, before the vault is opened', async () => {
    expect(await inRegion([], { AWS_REGION: 'a_b' })).toEqual({
      regions: [],
      stderr: "\nProvided region_name 'a_b' doesn't match a supported format.\n",
      code: 255
    })
  })
})

describe('words', () => {
  it.each([
    ['', 0],
    ['abc', 3],
    ['ä', 1],
    ['é', 2],
    ['値', 2],
    ['¡', 2],
    ['🔑', 2],
    ['→x', 3]
  ])('%j takes as many columns as the AWS CLI counts', (text, columns) => {
    expect(width(text)).toBe(columns)
  })

  it('are similar by Python’s rules', () => {
    expect(closeMatches('appel', ['ape', 'apple', 'peach', 'puppy'], 0.6)).toEqual(['apple', 'ape'])
    expect(closeMatches('wheel', ['while', 'yield'], 0.8)).toEqual([])
  })
})
