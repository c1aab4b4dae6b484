import type { OperationName } from '../../core/generated/operations.js'
import type { Options, Parsed } from '../arguments.js'
import { UsageError } from '../usage.js'

/** Which list the pages share, and what besides it stands on the first page alone. */
export interface Paging {
  readonly list: string
  readonly once: readonly string[]
}

const PAGED: { readonly [name in OperationName]?: Paging } = {
  ListSecrets: { list: 'SecretList', once: [] },
  ListSecretVersionIds: { list: 'Versions', once: ['ARN', 'Name'] }
}

export const paging = (operation: OperationName): Paging | undefined => PAGED[operation]

export const pagingOptions: Options = {
  'starting-token': { kind: 'value' },
  'page-size': { kind: 'integer' },
  'max-items': { kind: 'integer' }
}

export interface PageLimits {
  readonly startingToken?: string | undefined
  readonly pageSize?: number | undefined
  readonly maxItems?: number | undefined
}

/** `undefined`: one call, one page, because the user turned pages themselves or asked for that. */
export function pageLimits(
  parsed: Parsed,
  request: Readonly<Record<string, unknown>>
): PageLimits | undefined {
  const byHand = 'NextToken' in request || 'MaxResults' in request
  if (byHand || parsed.has('no-paginate')) {
    const used = Object.keys(pagingOptions).filter(name => parsed.has(name))
    if (used.length === 0) return undefined
    const flags = used.map(name => `--${name}`).join(', ')
    throw new UsageError(
      'input',
      `Error during pagination: Cannot specify --no-paginate along with pagination arguments: ${flags}`
    )
  }
  return {
    startingToken: parsed.text('starting-token'),
    pageSize: parsed.integer('page-size'),
    maxItems: parsed.integer('max-items')
  }
}

type Page = Record<string, unknown>

/**
 * Follows NextToken. Each page holds what it adds; the last one, when items were left out on purpose, also
 * a NextToken for `--starting-token` to go on from, in the AWS CLI's form: base64 of a JSON object with the
 * service's own token and how many items of its page were already given.
 */
export async function* pages(
  call: (request: Page) => Promise<Page>,
  request: Page,
  { list, once }: Paging,
  limits: PageLimits
): AsyncGenerator<Page> {
  const max = limits.maxItems
  const start = limits.startingToken === undefined ? undefined : decodeToken(limits.startingToken)
  let token = start?.token ?? null
  let skipped = start?.skip ?? 0
  let given = 0

  for (let first = true; ; first = false) {
    const response = await call({
      ...request,
      ...(limits.pageSize === undefined ? {} : { MaxResults: limits.pageSize }),
      ...(token === null ? {} : { NextToken: token })
    })
    const items = ((response[list] as unknown[] | undefined) ?? []).slice(skipped)
    const page: Page = { [list]: items }
    for (const name of first ? once : []) if (response[name] !== undefined) page[name] = response[name]

    const over = max === undefined ? 0 : given + items.length - max
    if (over > 0) {
      const kept = Math.max(0, items.length - over)
      yield { ...page, [list]: items.slice(0, kept), NextToken: encodeToken(token, kept + skipped) }
      return
    }
    given += items.length
    const next = (response['NextToken'] as string | undefined) ?? null
    if (next === null) {
      yield page
      return
    }
    if (given === max) {
      yield { ...page, NextToken: encodeToken(next, undefined) }
      return
    }
    yield page
    if (next === token) {
      throw new UsageError(
        'input',
        `Error during pagination: The same next token was received twice: ${next}`
      )
    }
    token = next
    skipped = 0
  }
}

/** All pages as one response. */
export async function merged(all: AsyncIterable<Page>, { list }: Paging): Promise<Page> {
  const items: unknown[] = []
  const whole: Page = {}
  for await (const { [list]: part, ...rest } of all) {
    items.push(...(part as unknown[]))
    Object.assign(whole, rest)
  }
  return { [list]: items, ...whole }
}

export function encodeToken(token: string | null, amount: number | undefined): string {
  const amounts = amount === undefined ? '' : `, "boto_truncate_amount": ${amount}`
  return Buffer.from(`{"NextToken": ${JSON.stringify(token)}${amounts}}`).toString('base64')
}

/** What is not of that form is the service's own token, perhaps with the older `___N` behind it. */
export function decodeToken(text: string): { token: string | null; skip: number } {
  try {
    const parsed = JSON.parse(Buffer.from(text, 'base64').toString()) as Record<string, unknown>
    const token = parsed['NextToken']
    const amount = parsed['boto_truncate_amount'] ?? 0
    if (
      (token === null || typeof token === 'string') &&
      Number.isInteger(amount) &&
      (amount as number) >= 0
    ) {
      return { token, skip: amount as number }
    }
  } catch {
    // Not base64 of JSON: read below.
  }
  const [, token = text, skip] = /^(.*)___(\d+)$/s.exec(text) ?? []
  return { token: token === 'None' ? null : token, skip: Number(skip ?? 0) }
}
