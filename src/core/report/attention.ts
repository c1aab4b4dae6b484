import type { ReportData } from './data.js'
import { TONES as ROTATION_TONES } from './duties.js'
import { chosen, count, html, type Html, type Part } from './html.js'
import { section, tag, type Tone } from './parts.js'

interface Item {
  readonly tone: 'bad' | 'warn'
  readonly text: Part
  /** The section that has the details. */
  readonly at: string
}

const isLate = (state: ReportData['rotation'][number]['state']): boolean => ROTATION_TONES[state] !== 'ok'

/** The figures at the top of the page. */
export function cards(data: ReportData): Html {
  const present = data.members.filter(({ removed }) => removed === undefined)
  const admins = present.filter(({ isAdmin }) => isAdmin).length
  const open = data.exposed.filter(({ waiver }) => !waiver).length
  const waived = data.exposed.length - open
  const late = data.rotation.filter(({ state }) => isLate(state)).length
  const problems = data.verify.problems.length
  const clone = cloneProblems(data).length
  return html`<ul class="cards">
    ${card('', present.length, present.length === 1 ? 'member' : 'members', count(admins, 'admin'))}
    ${card('', data.secrets.length, data.secrets.length === 1 ? 'secret' : 'secrets', `under ${count(data.keys.length, 'key')}`)}
    ${card(open > 0 ? 'bad' : 'ok', open, open === 1 ? 'exposed value' : 'exposed values', waived > 0 ? `and ${waived} waived` : 'to be replaced')}
    ${card(late > 0 ? 'warn' : 'ok', late, 'due for rotation', `of ${count(data.rotation.length, 'secret')}`)}
    ${card(problems > 0 ? 'bad' : 'ok', problems, problems === 1 ? 'file refused' : 'files refused', 'by verification')}
    ${card(clone > 0 ? 'bad' : 'ok', clone, clone === 1 ? 'clone problem' : 'clone problems', `of ${count(data.doctor.length, 'check')}`)}
  </ul> `
}

/** What doctor found to be wrong. The exposed values are reported by themselves. */
export const cloneProblems = ({ doctor }: Pick<ReportData, 'doctor'>): ReportData['doctor'] =>
  doctor.filter(({ state, what }) => state === 'problem' && what !== 'exposure')

const card = (tone: Tone | '', number: number, what: string, more: string): Html =>
  html`<li class="${tone}">
    <b>${number.toLocaleString('en-GB')}</b><span>${what}</span><span>${more}</span>
  </li>`

/** What somebody should do something about, the worst first. */
export function attention(data: ReportData): Html {
  const items = itemsOf(data)
  const content =
    items.length === 0
      ? html`<p>${tag('ok', 'In order')} Nothing needs attention.</p> `
      : html`<ul class="attention">
          ${items.map(
            ({ tone, text, at }) =>
              html`<li>
                ${tag(tone, tone === 'bad' ? 'problem' : 'to do')}<span
                  >${text} <a href="#${at}">${LINKS[at] ?? at}</a></span
                >
              </li> `
          )}
        </ul> `
  return section('attention', 'Needs attention', content)
}

const LINKS: Readonly<Record<string, string>> = {
  checks: 'See Verification',
  exposure: 'See Exposed values',
  rotation: 'See Rotation',
  secrets: 'See Secrets',
  timeline: 'See Timeline'
}

function itemsOf({ verify, left, exposed, rotation, doctor, vault }: ReportData): Item[] {
  const open = exposed.filter(({ waiver }) => !waiver)
  const late = rotation.filter(({ state }) => isLate(state))
  const items: (Item | false)[] = [
    verify.problems.length > 0 && {
      tone: 'bad',
      text: `${count(verify.problems.length, 'file')} of the vault failed verification.`,
      at: 'checks'
    },
    left.length > 0 && {
      tone: 'bad',
      text: `${count(left.length, 'secret or version', 'secrets or versions')} could not be shown, because verification failed.`,
      at: 'secrets'
    },
    open.length > 0 && {
      tone: 'bad',
      text: `${count(open.length, 'value')} may be known to someone without the right, and must be replaced.`,
      at: 'exposure'
    },
    ...cloneProblems({ doctor }).map(({ what, text }): Item => ({
      tone: 'bad',
      text: html`${what}: ${chosen(text)}.`,
      at: 'checks'
    })),
    late.length > 0 && {
      tone: 'warn',
      text: `The rotation of ${count(late.length, 'secret')} needs attention.`,
      at: 'rotation'
    },
    verify.warnings.length > 0 && {
      tone: 'warn',
      text: `Verification has ${count(verify.warnings.length, 'warning')}.`,
      at: 'checks'
    },
    ...doctor
      .filter(({ state }) => state === 'warning')
      .map(({ what, text }): Item => ({ tone: 'warn', text: html`${what}: ${chosen(text)}.`, at: 'checks' })),
    vault.isShallow && { tone: 'warn', text: 'This clone lacks a part of the history.', at: 'timeline' }
  ]
  return items.filter(item => item !== false)
}
