import { describe, expect, it } from 'vitest'
import type { Skipped } from '../../src/vault/documents/skipped.js'
import { VaultError } from '../../src/core/errors.js'
import { run } from './world.js'

const skipped = (number: number): Skipped[] =>
  Array.from({ length: number }, (_, at) => ({
    path: `vault/secrets/${at}/secret.yaml`,
    why: `vault/secrets/${at}/secret.yaml: missing`,
    mend: `git-vault resolve ${at}`
  }))

describe('exposure', () => {
  const exposure = (number: number, ...argv: string[]) =>
    run(['exposure', ...argv], {
      services: { exposure: async () => ({ exposed: [], skipped: skipped(number) }) }
    })

  it('reports what it left out, and its exit code tells', async () => {
    const { code, stdout, stderr } = await exposure(1)
    expect(code).toBe(255)
    expect(stdout).toBe('no value is exposed\n')
    expect(stderr).toBe(
      'git-vault: skipped: vault/secrets/0/secret.yaml: missing; mend it with: git-vault resolve 0\n' +
        'git-vault: 1 secret was left out, because verification failed\n' +
        'git-vault: hint: git-vault resolve 0\n'
    )
  })

  it('prints ten lines and a number', async () => {
    const { stderr } = await exposure(12)
    expect(stderr.split('\n')).toHaveLength(14)
    expect(stderr).toContain('git-vault: skipped: 2 more; list them with: git-vault verify\n')
    expect(stderr).toContain('git-vault: 12 secrets were left out, because verification failed\n')
    expect(stderr).toContain('git-vault: hint: git-vault verify\n')
  })

  it('has all of them in JSON', async () => {
    const { code, stdout } = await exposure(12, '--output', 'json')
    expect(code).toBe(255)
    expect((JSON.parse(stdout) as { left: unknown[] }).left).toEqual(skipped(12))
  })

  it('with --fail still fails with ValuesExposed', async () => {
    const { code, stderr } = await exposure(1, '--fail')
    expect(code).toBe(255)
    expect(stderr).toContain('0 exposed values must be replaced')
  })
})

it('gc reports what it left', async () => {
  const { code, stdout, stderr } = await run(['gc'], {
    services: {
      purge: async (_vault, left) => {
        left?.push(...skipped(1))
        return ['arn']
      }
    }
  })
  expect(code).toBe(255)
  expect(stdout).toContain('removed arn\n')
  expect(stderr).toContain('mend it with: git-vault resolve 0\n')
})

describe('trust NAME', () => {
  const damaged = new VaultError('FileFailed', 'git-vault/seen/x is damaged', { hint: 'git-vault trust x' })
  const trust = (argv: string[], accepted: string[]) =>
    run(['trust', 'prod/db', ...argv], {
      services: {
        olderThanSeen: async () => Promise.reject(damaged),
        acceptOlder: async (_directory, name) => void accepted.push(name)
      }
    })

  it('accepts the present state if what the clone remembers is damaged', async () => {
    const accepted: string[] = []
    const { code, stdout } = await trust(['--yes'], accepted)
    expect({ code, stdout, accepted }).toEqual({
      code: 0,
      stdout: 'this clone accepts the present state of prod/db\n',
      accepted: ['prod/db']
    })
  })

  it('asks first', async () => {
    const accepted: string[] = []
    expect((await trust([], accepted)).code).toBe(252)
    expect(accepted).toEqual([])
  })
})
