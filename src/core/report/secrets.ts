import type { ReportData, ReportedSecret } from './data.js'
import { chosen, count, dateTag, html, timeTag, type Html, type Part } from './html.js'
import { cut, folded, row, section, table, tag } from './parts.js'

/** The most names of readers on one line. */
const MOST_READERS = 6
/** A page with more would be slow to open. */
const MOST_SECRETS = 10_000

interface Group {
  readonly folder: string
  readonly region: string | undefined
  readonly key: string
  readonly secrets: ReportedSecret[]
}

/** Every secret, by its folder and key, with those who can read it. */
export function secretList(data: ReportData): Html {
  const [shown, more] = cut(
    data.secrets,
    MOST_SECRETS,
    left =>
      html`<p class="note">
        ${count(left, 'more secret')} not shown here: git-vault report --json has all.
      </p> `
  )
  const groups = grouped(shown)
  const deleted = data.secrets.filter(({ deletion }) => deletion !== undefined).length
  return section(
    'secrets',
    'Secrets',
    html`<p class="lead">
      ${count(data.secrets.length, 'secret')} in
      ${count(groups.length, 'folder')}${deleted > 0 ? `, ${deleted} of them scheduled for deletion` : ''}.
      Names, dates and readers only: this report was made without decrypting anything.
    </p> `,
    groups.map((group, at) => groupDetails(group, data, at)),
    more,
    leftOut(data)
  )
}

function grouped(secrets: readonly ReportedSecret[]): Group[] {
  const groups = new Map<string, Group>()
  for (const secret of secrets) {
    const { name, region, key } = secret
    const folder = name.slice(0, name.lastIndexOf('/') + 1)
    const id = JSON.stringify([region ?? '', folder, key])
    const group = groups.get(id)
    if (group) group.secrets.push(secret)
    else groups.set(id, { folder, region, key, secrets: [secret] })
  }
  return [...groups.values()]
}

function groupDetails({ folder, region, key, secrets }: Group, { members }: ReportData, at: number): Html {
  const readers = members
    .filter(
      ({ removed, rights }) =>
        removed === undefined && rights.some(held => held.key === key && held.rights.includes('decrypt'))
    )
    .map(({ name }) => name)
  const title = html`<strong>${folder === '' ? 'no folder' : chosen(folder)}</strong
    >${region === undefined ? '' : html` (${region})`}`
  const rows = secrets.map(({ name, stored, by, rotated, deletion }) =>
    row(
      html`${chosen(name.slice(folder.length))}${deletion === undefined ? '' : html` ${tag('warn', `to be deleted ${deletion.slice(0, 10)}`)}`}`,
      stored === undefined ? '–' : timeTag(stored),
      by === undefined ? '–' : chosen(by),
      rotated === undefined ? '–' : dateTag(rotated)
    )
  )
  return folded(
    html`${title}
      <span class="sub"
        >${count(secrets.length, 'secret')} &middot; key ${chosen(key)} &middot; read by
        ${nameList(readers)}</span
      >`,
    table(
      `secrets${at}`,
      html`Secrets in ${folder === '' ? 'no folder' : chosen(folder)}, key ${chosen(key)}`,
      ['Secret', 'Value stored (UTC)', 'By', 'Rotated'],
      rows
    ),
    at === 0 && secrets.length <= 12
  )
}

function nameList(names: readonly string[]): Part {
  if (names.length === 0) return 'nobody'
  const more = names.length - MOST_READERS
  return [
    names.slice(0, MOST_READERS).map((name, at) => html`${at > 0 ? ', ' : ''}${chosen(name)}`),
    more > 0 ? ` and ${more} more` : ''
  ]
}

function leftOut({ left }: ReportData): Part {
  if (left.length === 0) return undefined
  const rows = left.map(({ path, why, mend = '–' }) =>
    row(chosen(path), html`<td class="wide">${chosen(why)}</td>`, html`<td class="mono">${chosen(mend)}</td>`)
  )
  return [
    html`<h3>Left out</h3> `,
    table(
      'left',
      'Documents that failed verification, so that nothing they say is shown',
      ['File', 'Reason', 'Mend it with'],
      rows
    )
  ]
}
