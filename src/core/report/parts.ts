import { html, type Html, type Part } from './html.js'

/** A table in a box of its own, which scrolls sideways if the table is wider than the page. */
export function table(
  id: string,
  caption: Part,
  columns: readonly Part[],
  rows: readonly Html[],
  kind = 'list'
): Html {
  return html`<div class="scroll" role="region" tabindex="0" aria-labelledby="${id}">
    <table class="${kind}">
      <caption id="${id}">
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map(column => html`<th scope="col">${column}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(row => html`${row} `)}
      </tbody>
    </table>
  </div> `
}

/** A row whose first cell is its heading. */
export const row = (heading: Part, ...cells: readonly Part[]): Html => rowOf(heading, cells)

/** The same, for any number of cells. */
export const rowOf = (heading: Part, cells: readonly Part[]): Html =>
  html`<tr>
    <th scope="row">${heading}</th>
    ${cells.map(cell => (isCell(cell) ? cell : html`<td>${cell}</td>`))}
  </tr>`

/** A cell for text of any length. */
export const wide = (content: Part): Html => html`<td class="wide">${content}</td>`

const isCell = (part: Part): boolean => part !== undefined && isHtml(part) && part.markup.startsWith('<td')

const isHtml = (part: Part): part is Html => typeof part === 'object' && 'markup' in part

export type Tone = 'ok' | 'warn' | 'bad'

export const tag = (tone: Tone, text: string): Html => html`<span class="tag ${tone}">${text}</span>`

/** @param id the section's, for links */
export const section = (id: string, title: string, ...content: readonly Part[]): Html =>
  html`<section aria-labelledby="${id}">
    <h2 id="${id}">${title}</h2>
    ${content}
  </section> `

/** A list that is closed until it is wanted, if it is long. On paper it is open. */
export function folded(summary: Part, content: Part, isOpen = false): Html {
  const rest = html`<summary>${summary}</summary>
${content}</details>
`
  return isOpen ? html`<details open>${rest}</details>` : html`<details>${rest}</details>`
}

/** The items, and a sentence that says how many are not shown. */
export function cut<T>(
  items: readonly T[],
  most: number,
  rest: (more: number) => Html
): [readonly T[], Part] {
  return items.length <= most ? [items, undefined] : [items.slice(0, most), rest(items.length - most)]
}
