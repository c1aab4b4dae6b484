import type { Headers } from './message.js'

const LOCAL = ['localhost', '127.0.0.1', '[::1]']
const HOST = /^(\[[0-9a-f:.%]+\]|[^:[\]]+)(?::\d{1,5})?$/i

/**
 * Tells requests for this server from those of a web page in a local browser (DNS rebinding). A page can make
 * its own name resolve to 127.0.0.1. Its requests then have that name as Host, or say in Origin or
 * Sec-Fetch-Site that they come from a page.
 */
export class Hosts {
  readonly #names: ReadonlySet<string>

  /** @param names further host names and addresses, besides the loopback ones */
  constructor(names: readonly string[]) {
    this.#names = new Set([...LOCAL, ...names.map(name => bracketed(name).toLowerCase())])
  }

  /** @param local the address at which the connection arrived */
  accept(headers: Headers, local: string | undefined): boolean {
    if (isFromPage(headers) || headers.repeats(['host'])) return false
    const [, name] = HOST.exec(headers.get('host') ?? '') ?? []
    if (name === undefined) return false
    if (this.#names.has(name.toLowerCase())) return true
    // DNS cannot make an address resolve to another one
    return local !== undefined && name === bracketed(local.replace(/^::ffff:(?=\d+\.)/, ''))
  }
}

/** Browsers send `Sec-Fetch-Site: none` for an address that the user typed. */
function isFromPage(headers: Headers): boolean {
  return headers.has('origin') || (headers.get('sec-fetch-site') ?? 'none') !== 'none'
}

/** A host as a URL has it: an IPv6 address in brackets. */
export const bracketed = (host: string): string =>
  host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
