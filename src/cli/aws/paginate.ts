import type { OperationName } from '../../core/generated/operations.js'
import type { Options, Parsed } from '../arguments/arguments.js'
import { UsageError } from '../arguments/usage.js'

/** The operations that the AWS CLI paginates, each with the list in its pages. For others the user passes NextToken. */
const PAGED: { readonly [name in OperationName]?: string } = { ListSecrets: 'SecretList' }

export const pagedList = (operation: OperationName): string | undefined => PAGED[operation]

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

/** Returns `undefined` for a single call: the user paginates by hand, or passed `--no-paginate`. Throws `UsageError`. */
export function pageLimits(
  parsed: Parsed,
  request: Readonly<Record<string, unknown>>
): PageLimits | undefined {
  const byHand = 'NextToken' in request || 'MaxResults' in request
  if (byHand || parsed.has('no-paginate')) {
    const used = ['starting-token', 'page-size', 'max-items'].filter(name => isTruthy(parsed.text(name)))
    if (used.length === 0) return undefined
    const flags = used.map(name => `--${name}`).join(', ')
    throw new UsageError(
      'other',
      `Error during pagination: Cannot specify --no-paginate along with pagination arguments: ${flags}`
    )
  }
  return {
    startingToken: parsed.text('starting-token'),
    pageSize: parsed.integer('page-size'),
    maxItems: parsed.integer('max-items')
  }
}

/** Returns whether the value of the option is true in Python. */
const isTruthy = (text: string | undefined): boolean =>
  text !== undefined && text !== '' && Number(text) !== 0

type Response = Record<string, unknown>

/** A response, perhaps truncated. `resume` is the `--starting-token` for the items that were cut off. */
export interface Page {
  readonly response: Response
  readonly resume?: string
}

/**
 * Calls the operation page by page. The token to resume from has the AWS CLI's form: base64 of a JSON object with the
 * service's token and the number of items of that page that were already returned.
 */
export async function* pages(
  call: (request: Response) => Promise<Response>,
  request: Response,
  list: string,
  limits: PageLimits
): AsyncGenerator<Page> {
  const max = limits.maxItems
  const start = limits.startingToken === undefined ? undefined : decodeToken(limits.startingToken)
  let token = start?.token ?? null
  let previous: string | null = null
  let skipped = start?.skip ?? 0
  let returned = 0

  for (;;) {
    const answer = await call({
      ...request,
      ...(limits.pageSize === undefined ? {} : { MaxResults: limits.pageSize }),
      ...(token === null || token === 'None' ? {} : { NextToken: token })
    })
    const all = answer[list] as unknown[] | undefined
    const items = all?.slice(skipped) ?? []
    const response = all === undefined ? answer : { ...answer, [list]: items }

    const over = max === undefined ? 0 : returned + items.length - max
    if (over > 0) {
      const kept = items.length - over
      yield {
        response: { ...response, [list]: items.slice(0, kept) },
        resume: encodeToken(token, kept + skipped)
      }
      return
    }
    returned += items.length
    const next = (answer['NextToken'] as string | undefined) || null
    if (next !== null && returned === max) {
      yield { response, resume: encodeToken(next, undefined) }
      return
    }
    yield { response }
    if (next === null) return
    if (next === previous) {
      throw new UsageError(
        'other',
        `Error during pagination: The same next token was received twice: {'NextToken': '${next}'}`
      )
    }
    previous = next
    token = next
    skipped = 0
  }
}

/** Joins all pages into one response. */
export async function merged(all: AsyncIterable<Page>, list: string): Promise<Response> {
  let items: unknown[] | undefined
  let resume: string | undefined
  for await (const page of all) {
    const part = page.response[list] as unknown[] | undefined
    if (part !== undefined) items = [...(items ?? []), ...part]
    ;({ resume } = page)
  }
  return {
    ...(items === undefined ? {} : { [list]: items }),
    ...(resume === undefined ? {} : { NextToken: resume })
  }
}

export function encodeToken(token: string | null, amount: number | undefined): string {
  const amounts = amount === undefined ? '' : `, "boto_truncate_amount": ${amount}`
  return Buffer.from(`{"NextToken": ${ascii(JSON.stringify(token))}${amounts}}`).toString('base64')
}

/** Escapes non-ASCII characters in JSON, as Python does by default. */
const ascii = (json: string): string =>
  json.replace(/[^\0-\u007e]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** Decodes a starting token. Any other text is the service's own token, perhaps with the AWS CLI's older suffix `___N`. */
export function decodeToken(text: string): { token: string | null; skip: number } {
  try {
    const parsed = JSON.parse(Buffer.from(text, 'base64').toString()) as Record<string, unknown>
    const token = parsed['NextToken']
    const amount = parsed['boto_truncate_amount'] ?? 0
    if ((token === null || typeof token === 'string') && Number.isInteger(amount)) {
      return { token, skip: amount as number }
    }
  } catch {
    // not base64 of JSON: handled below
  }
  const [, token = text, skip] = /^(.*)___(\d+)$/s.exec(text) ?? []
  return { token: token === 'None' ? null : token, skip: Number(skip ?? 0) }
}
