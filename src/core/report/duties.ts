import type { ReportData, ReportedExposure, ReportedRotation } from './data.js'
import { chosen, count, dateTag, html, timeTag, type Html } from './html.js'
import { row, section, table, tag, wide, type Tone } from './parts.js'

/** The values that must be replaced. */
export function exposures({ exposed }: ReportData): Html {
  return section(
    'exposure',
    'Exposed values',
    html`<p class="lead">
      Values that a member could read, or wrote, who no longer has the right to read them. Only a new value
      ends an exposure.
    </p> `,
    exposed.length === 0
      ? html`<p>${tag('ok', 'None')} No labelled version is known to anyone without the right.</p> `
      : table(
          'exposed',
          'Versions that someone without the right may know',
          ['Secret', 'Labels', 'Known to', 'State'],
          exposed.map(exposureRow)
        )
  )
}

const exposureRow = ({ secret, region, versionId, labels, to, waiver }: ReportedExposure): Html =>
  row(
    html`${chosen(secret)}${inRegion(region)}<span class="sub mono">${chosen(versionId)}</span>`,
    labels.map((label, at) => html`${at > 0 ? ', ' : ''}${chosen(label)}`),
    wide(
      to.map(
        ({ member, how, since }, at) =>
          html`${at > 0 ? html`<br />` : ''}${chosen(member)}
          ${how === 'read' ? 'could read it' : 'wrote it'}, without the right since ${timeTag(since)}`
      )
    ),
    waiver
      ? wide(
          html`${tag('warn', 'waived')} until ${dateTag(waiver.until)} by ${chosen(waiver.by)}:
          ${chosen(waiver.reason)}`
        )
      : tag('bad', 'to be replaced')
  )

const inRegion = (region: string | undefined) => (region === undefined ? '' : html` (${chosen(region)})`)

export const TONES: Readonly<Record<ReportedRotation['state'], Tone>> = {
  failed: 'bad',
  overdue: 'bad',
  due: 'warn',
  incomplete: 'warn',
  'never rotated': 'warn',
  soon: 'ok',
  'in order': 'ok'
}

/** Rotation that is due, and that was done. */
export function rotations({ rotation, secrets }: ReportData): Html {
  const others = secrets.filter(({ rotated }) => rotated !== undefined).length
  return section(
    'rotation',
    'Rotation',
    html`<p class="lead">
      ${count(rotation.length, 'secret')} of ${secrets.length.toLocaleString('en-GB')} rotated by a function.
      ${count(others, 'secret was', 'secrets were')} rotated at least once. &ldquo;Soon&rdquo; is within 30
      days.
    </p> `,
    rotation.length === 0
      ? undefined
      : table(
          'rotated',
          'Secrets that are rotated, the most urgent first',
          ['Secret', 'State', 'Last rotated', 'Next window (UTC)', 'Schedule', 'Function'],
          rotation.map(rotationRow)
        )
  )
}

const rotationRow = (one: ReportedRotation): Html =>
  row(
    html`${chosen(one.secret)}${inRegion(one.region)}`,
    tag(TONES[one.state], one.state),
    one.rotated === undefined ? 'never' : dateTag(one.rotated),
    one.opens === undefined || one.ends === undefined
      ? '–'
      : html`${timeTag(one.opens)} to ${timeTag(one.ends)}`,
    html`<td class="mono">${chosen(one.schedule ?? 'none')}</td>`,
    chosen(one.function)
  )
