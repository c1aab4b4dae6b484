import type { Headers } from './received.js'

const LOCAL = ['localhost', '127.0.0.1', '[::1]']
const HOST = /^(\[[0-9a-f:.%]+\]|[^:[\]]+)(?::\d{1,5})?$/i

/**
 * Whether a request may be meant for this server. A web page in a browser of this machine can have its own name resolve
 * to 127.0.0.1; what it then sends has that name as Host, or says in Origin or Sec-Fetch-Site that a page sends it.
 */
export class Hosts {
  readonly #names: ReadonlySet<string>

  /** @param names besides those of this machine */
  constructor(names: readonly string[]) {
    this.#names = new Set([...LOCAL, ...names.map(name => bracketed(name).toLowerCase())])
  }

  /** @param local the address that the connection came in at */
  areRight(headers: Headers, local: string | undefined): boolean {
    if (isOfPage(headers) || headers.repeats(['host'])) return false
    const [, name] = HOST.exec(headers.get('host') ?? '') ?? []
    if (name === undefined) return false
    if (this.#names.has(name.toLowerCase())) return true
    // an address is no name, and nobody makes it stand for another
    return local !== undefined && name === bracketed(local.replace(/^::ffff:(?=\d+\.)/, ''))
  }
}

/** Browsers say `none` of what is typed into their line of addresses. */
function isOfPage(headers: Headers): boolean {
  return headers.has('origin') || (headers.get('sec-fetch-site') ?? 'none') !== 'none'
}

/** An address of IPv6 as it stands in a URL. */
export const bracketed = (host: string): string =>
  host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
