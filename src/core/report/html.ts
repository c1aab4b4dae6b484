import { cachedBy } from '../access/lookup.js'
import { visible } from '../visible.js'

/** Markup in which every text is escaped. Only `html` makes it. */
export class Html {
  readonly markup: string

  constructor(markup: string) {
    this.markup = markup
  }
}

export type Part = Html | string | number | undefined | readonly Part[]

/**
 * Returns the template as markup. Each part that is not markup is escaped: as text, or inside an attribute's double quotes,
 * it cannot end. Control characters and invisible ones are shown as in JSON. No part may be in a style or outside of quotes.
 */
export function html(template: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(
    textsOf(template)
      .map((text, at) => `${text}${markupOf(parts[at])}`)
      .join('')
  )
}

/** The texts of a template without the indentation of its lines, which would be a fifth of a page. */
const textsOf = cachedBy((template: TemplateStringsArray) =>
  template.map(text => text.replace(/\n\s+/g, '\n'))
)

function markupOf(part: Part): string {
  if (part === undefined) return ''
  if (part instanceof Html) return part.markup
  if (typeof part === 'string' || typeof part === 'number') return escapeText(String(part))
  return part.map(markupOf).join('')
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;'
}

function escapeText(text: string): string {
  return visible(text.replace(/\p{Surrogate}/gu, '\ufffd')).replace(
    /[&<>"']/g,
    character => ENTITIES[character] ?? character
  )
}

/** Text that somebody chose. Letters of a script from right to left do not reorder what is around it. */
export const chosen = (text: string): Html => html`<bdi>${text}</bdi>`

/** A time in UTC, to the minute. */
export const timeTag = (time: string): Html =>
  html`<time datetime="${time}">${time.slice(0, 16).replace('T', ' ')}</time>`

export const dateTag = (time: string): Html => html`<time datetime="${time}">${time.slice(0, 10)}</time>`

export const count = (number: number, one: string, many = `${one}s`): string =>
  `${number.toLocaleString('en-GB')} ${number === 1 ? one : many}`
