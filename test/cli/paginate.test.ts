import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeToken, encodeToken } from '../../src/cli/aws/paginate.js'
import { run } from './world.js'

/** A service that returns `size` of these per page, and counts in its token. */
const serve =
  (names: readonly string[], size: number) =>
  (_: string, { NextToken, MaxResults }: { NextToken?: string; MaxResults?: number }) => {
    const from = Number(NextToken ?? 0)
    const to = from + (MaxResults ?? size)
    const SecretList = names.slice(from, to).map(Name => ({ Name }))
    return to < names.length ? { SecretList, NextToken: String(to) } : { SecretList }
  }

const names = ['a', 'b', 'c', 'd', 'e']
const list = async (...flags: string[]) => {
  const outcome = await run(['list-secrets', ...flags], { call: serve(names, 2) })
  expect(outcome.stderr).toBe('')
  const { SecretList, NextToken } = JSON.parse(outcome.stdout) as {
    SecretList: { Name: string }[]
    NextToken?: string
  }
  return { names: SecretList.map(secret => secret.Name), token: NextToken, calls: outcome.calls.length }
}

describe('paging', () => {
  it('joins all pages', async () => {
    expect(await list()).toEqual({ names, token: undefined, calls: 3 })
  })

  it('returns one page if the user paginates by hand', async () => {
    expect(await list('--no-paginate')).toEqual({ names: ['a', 'b'], token: '2', calls: 1 })
    expect(await list('--max-results', '3')).toEqual({ names: ['a', 'b', 'c'], token: '3', calls: 1 })
    expect(await list('--next-token', '4')).toEqual({ names: ['e'], token: undefined, calls: 1 })
    expect(await list('--cli-input-json', '{"MaxResults":1}')).toMatchObject({ names: ['a'], calls: 1 })
  })

  it('prints tokens in the AWS CLI’s form', async () => {
    const cut = await list('--max-items', '1')
    expect(Buffer.from(cut.token!, 'base64').toString()).toBe(
      '{"NextToken": null, "boto_truncate_amount": 1}'
    )
    const even = await list('--max-items', '2')
    expect(Buffer.from(even.token!, 'base64').toString()).toBe('{"NextToken": "2"}')
  })

  it('accepts tokens of other forms', () => {
    expect(decodeToken('opaque')).toEqual({ token: 'opaque', skip: 0 })
    expect(decodeToken('opaque___3')).toEqual({ token: 'opaque', skip: 3 })
    expect(decodeToken('None___1')).toEqual({ token: null, skip: 1 })
    fc.assert(
      fc.property(fc.option(fc.string()), fc.option(fc.nat(), { nil: undefined }), (token, skip) => {
        expect(decodeToken(encodeToken(token, skip))).toEqual({ token, skip: skip ?? 0 })
      })
    )
  })

  it('resumes where it stopped, whatever the sizes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(12),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 5 }),
        async (n, size, max) => {
          const all = Array.from({ length: n }, (_, at) => `s${at}`)
          const seen: string[] = []
          let token: string | undefined
          do {
            const flags = ['--max-items', String(max), '--page-size', String(size)]
            if (token !== undefined) flags.push('--starting-token', token)
            const outcome = await run(['list-secrets', ...flags], { call: serve(all, 100) })
            const page = JSON.parse(outcome.stdout) as { SecretList: { Name: string }[]; NextToken?: string }
            expect(page.SecretList.length).toBeLessThanOrEqual(max)
            seen.push(...page.SecretList.map(secret => secret.Name))
            token = page.NextToken
          } while (token !== undefined)
          expect(seen).toEqual(all)
        }
      )
    )
  })

  it('does not paginate other operations, like the AWS CLI', async () => {
    const call = () => ({ Name: 'x', ARN: 'arn', Versions: [{ VersionId: '0' }], NextToken: '1' })
    const argv = ['list-secret-version-ids', '--secret-id', 'x']
    const outcome = await run(argv, { call })
    expect(JSON.parse(outcome.stdout)).toEqual(call())
    expect(outcome.calls).toHaveLength(1)
    expect((await run([...argv, '--max-items', '1'])).stderr).toMatch(/Unknown options: --max-items, 1\n$/)
  })

  it('streams each page as YAML, with the token of the service', async () => {
    const { stdout } = await run(['list-secrets', '--output', 'yaml-stream'], { call: serve(names, 3) })
    expect(stdout).toBe(
      "- NextToken: '3'\n  SecretList:\n  - Name: a\n  - Name: b\n  - Name: c\n" +
        '- SecretList:\n  - Name: d\n  - Name: e\n'
    )
  })

  it('warns about --max-items 0', async () => {
    const outcome = await run(['list-secrets', '--max-items', '0'], { call: serve(names, 2) })
    expect(outcome.stderr).toBe(
      'warning: Non-positive values for --max-items may result in undefined behavior.\n'
    )
  })

  it('prints text page by page, with the line about the next token', async () => {
    const argv = ['list-secrets', '--output', 'text', '--max-items', '3']
    const { stdout } = await run(argv, { call: serve(names, 2) })
    expect(stdout).toMatch(/^SECRETLIST\ta\nSECRETLIST\tb\nSECRETLIST\tc\nNEXTTOKEN\t\S+\n$/)
    const query = await run([...argv, '--query', 'SecretList[].Name'], { call: serve(names, 2) })
    expect(query.stdout).toBe('a\tb\nc\nNone\n')
  })

  it('stops if the service returns the same token twice', async () => {
    const outcome = await run(['list-secrets'], { call: () => ({ SecretList: [], NextToken: 'again' }) })
    expect(outcome).toMatchObject({
      code: 255,
      stderr: "\nError during pagination: The same next token was received twice: {'NextToken': 'again'}\n"
    })
  })
})
