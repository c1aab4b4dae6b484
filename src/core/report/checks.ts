import type { ReportData, ReportedCheck, ReportedFault } from './data.js'
import { chosen, count, html, timeTag, type Html, type Part } from './html.js'
import { row, section, table, tag, wide, type Tone } from './parts.js'

const TONES: Readonly<Record<ReportedCheck['state'], Tone>> = { ok: 'ok', warning: 'warn', problem: 'bad' }

/** What verify and doctor found. */
export function checks({ verify, doctor, recovery }: ReportData): Html {
  const { problems, warnings } = verify
  const state: Tone = problems.length > 0 ? 'bad' : warnings.length > 0 ? 'warn' : 'ok'
  const result = `${count(problems.length, 'problem')}, ${count(warnings.length, 'warning')}`
  return section(
    'checks',
    'Verification',
    html`<h3>The vault</h3>
      <p>
        ${tag(state, result)} Checked the signatures and digests of ${count(verify.secrets, 'secret')},
        ${count(verify.versions, 'version')} and ${count(verify.keys, 'key')}, the access log from its root,
        and that the folder has no other files.
      </p> `,
    faults('problems', 'Problems: what these files say was not accepted', problems),
    faults('warnings', 'Warnings', warnings),
    html`<h3>This clone</h3> `,
    table(
      'doctor',
      'The checks of git-vault doctor',
      ['Check', 'Result', 'Finding'],
      doctor.map(({ what, state: found, text, hint }) =>
        row(
          what,
          tag(TONES[found], found),
          wide(
            html`${chosen(text)}${hint === undefined ? '' : html`<span class="sub mono">${chosen(hint)}</span>`}`
          )
        )
      )
    ),
    recovery
      ? html`<h3>Recovery</h3>
          <p>
            ${chosen(recovery.name)} is split into ${count(recovery.holders.length, 'share')}, held by
            ${recovery.holders.map((holder, at) => html`${at > 0 ? ', ' : ''}${chosen(holder)}`)}. Any
            ${recovery.threshold} of them together recover it.
            ${recovery.lastDrill === undefined ? 'No drill has been recorded.' : html`Last drill: ${timeTag(recovery.lastDrill)}.`}
          </p> `
      : undefined
  )
}

function faults(id: string, caption: string, found: readonly ReportedFault[]): Part {
  if (found.length === 0) return undefined
  return table(
    id,
    caption,
    ['File', 'Reason'],
    found.map(({ path, reason }) => row(chosen(path), wide(chosen(reason))))
  )
}
