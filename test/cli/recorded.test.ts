import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compileQuery } from '../../src/cli/aws/query.js'
import type { Plain } from '../../src/cli/aws/json/plain.js'
import { formatYaml } from '../../src/cli/aws/yaml.js'
import { UsageError } from '../../src/cli/arguments/usage.js'
import { VaultError, type ErrorCode } from '../../src/core/errors.js'
import { operations } from '../../src/core/generated/operations.js'
import type { Shape } from '../../src/core/shape.js'
import { run } from './world.js'

// Recordings of the named programs with the same input, one per line.
const recorded = (file: string): unknown[] =>
  readFileSync(join(import.meta.dirname, 'recorded', file), 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as unknown)

interface Case {
  argv: string[]
  files?: Record<string, string>
  /** The names of the service's responses, one per call. */
  responses?: number
  code: number
  stdout: string
  /** USAGE stands for the usage text. */
  stderr: string
  sent: [string, object][]
}

type Response = Record<string, unknown>

describe('the AWS CLI 1.46.3 (cli_timestamp_format iso8601, TZ UTC)', () => {
  const zone = process.env['TZ']
  beforeAll(() => void (process.env['TZ'] = 'UTC'))
  afterAll(() => {
    if (zone === undefined) delete process.env['TZ']
    else process.env['TZ'] = zone
  })
  const [first, ...cases] = recorded('aws-cli-1.46.3.jsonl') as [{ responses: Response[][] }, ...Case[]]

  it.each(cases.map((item, at) => [`${at} ${item.argv.join(' ').slice(0, 120)}`, item] as const))(
    '%s',
    async (_, { argv, files = {}, responses, code, stdout, stderr, sent }) => {
      const answers = responses === undefined ? [] : [...first.responses[responses]!]
      const outcome = await run(argv, {
        files,
        call(operation) {
          const answer = answers.shift() ?? {}
          if ('__type' in answer)
            throw new VaultError(answer['__type'] as ErrorCode, String(answer['message']))
          return revived(answer, operations[operation].output)
        }
      })
      expect(outcome.stdout).toBe(stdout)
      expect(withoutUsage(outcome.stderr)).toBe(stderr)
      expect(outcome.calls.map(([operation, input]) => [operation, sendable(input)])).toEqual(sent)
      // version 1 exits with 2 for parser errors and 255 for all others; git-vault has the codes of version 2
      expect(code === 0 ? [0] : code === 2 ? [252] : [252, 254, 255]).toContain(outcome.code)
    }
  )
})

function withoutUsage(stderr: string): string {
  const said = stderr.replace(/^\nusage: git-vault [^]*? help\n\n(?=git-vault: error|Unknown)/, 'USAGE\n')
  return said.replace(/^\n/, '').replace('git-vault: error', 'aws: error')
}

/** Decodes a JSON response. */
function revived(value: unknown, shape: Shape): unknown {
  if (shape.type === 'structure' || shape.type === 'map') {
    const entries = Object.entries(value as object).map(([key, part]) => {
      return [key, revived(part, shape.type === 'map' ? shape.value : shape.members[key]!)]
    })
    return Object.fromEntries(entries)
  }
  if (shape.type === 'list') return (value as unknown[]).map(item => revived(item, shape.member))
  if (shape.type === 'timestamp') return new Date(Math.round((value as number) * 1000))
  return shape.type === 'blob' ? new Uint8Array(Buffer.from(value as string, 'base64')) : value
}

const sendable = (input: object): unknown =>
  JSON.parse(
    JSON.stringify(input, (_, part: unknown) =>
      part instanceof Uint8Array ? Buffer.from(part).toString('base64') : part
    )
  )

describe('jmespath 1.1.0 of Python', () => {
  interface Found {
    expression: string
    data: Plain
    result?: Plain
    error?: string
    when?: 'compile' | 'run'
  }
  it.each((recorded('jmespath-1.1.0.jsonl') as Found[]).map(item => [item.expression, item] as const))(
    '%s',
    async (expression, { data, result, error, when }) => {
      const query = compileQuery(expression)
      if (when === 'compile') {
        const message = `Bad value for --query ${expression}: ${error}`
        await expect(query).rejects.toEqual(new UsageError('input', message))
      } else {
        const search = await query
        if (when === 'run') expect(() => search(data)).toThrow(new UsageError('other', error!))
        else expect(search(data)).toEqual(result)
      }
    }
  )
})

describe('PyYAML 6.0.3 (safe_dump, block style, allow_unicode)', () => {
  it.each((recorded('pyyaml-6.0.3.jsonl') as { data: Plain; yaml: string }[]).map(item => [item] as const))(
    '%j',
    ({ data, yaml }) => expect(formatYaml(data)).toBe(yaml)
  )
})
