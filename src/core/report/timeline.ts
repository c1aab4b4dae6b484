import { bars } from './chart.js'
import type { ReportData, ReportedChange, ReportedEntry } from './data.js'
import { chosen, count, html, timeTag, type Html } from './html.js'
import { folded, row, section, table, tag, wide } from './parts.js'

/** The newest changes that are shown at once. */
const AT_ONCE = 15
const ENTRIES_AT_ONCE = 10

const COLUMNS = ['Time (UTC)', 'Member', 'What', 'Secret', 'Commit', 'Signature']

/** What was done, and what the access log has. */
export function timeline({ timeline: { changes, total, days }, accessLog, vault }: ReportData): Html {
  const [newest, older] = [changes.slice(0, AT_ONCE), changes.slice(AT_ONCE)]
  return section(
    'timeline',
    'Timeline',
    html`<p class="lead">
      ${count(total, 'change')} since
      ${timeTag(days[0]?.day ?? vault.created)}${vault.isShallow ? ', as far as this clone has the history' : ''}.
      A member signs each change; a line without a signature has only the words of a commit message.
    </p> `,
    bars(days),
    table('changes', 'The newest changes', COLUMNS, newest.map(changeRow)),
    older.length > 0
      ? folded(
          html`<strong>Earlier changes</strong>
            <span class="sub"
              >${older.length.toLocaleString('en-GB')}${total > changes.length ? ` of ${(total - newest.length).toLocaleString('en-GB')}; git-vault log has all` : ''}</span
            >`,
          table('earlier', 'Earlier changes', COLUMNS, older.map(changeRow))
        )
      : undefined,
    html`<h3>Access log</h3>
      <p class="note">
        Members, keys and rights. Each entry is signed by an admin and linked to the one before it; none can
        be removed or changed unnoticed.
      </p> `,
    entryTable('entries', 'The newest entries of the access log', accessLog.slice(0, ENTRIES_AT_ONCE)),
    accessLog.length > ENTRIES_AT_ONCE
      ? folded(
          html`<strong>Earlier entries</strong>
            <span class="sub">${count(accessLog.length - ENTRIES_AT_ONCE, 'entry', 'entries')}</span>`,
          entryTable('entries2', 'Earlier entries of the access log', accessLog.slice(ENTRIES_AT_ONCE))
        )
      : undefined
  )
}

const changeRow = ({ time, by, operation, secret, commit, isSigned }: ReportedChange): Html =>
  row(
    timeTag(time),
    chosen(by),
    chosen(operation),
    secret === undefined ? '–' : chosen(secret),
    html`<td class="mono">${commit.slice(0, 12)}</td>`,
    isSigned ? 'signed' : tag('warn', 'unsigned')
  )

const entryTable = (id: string, caption: string, entries: readonly ReportedEntry[]): Html =>
  table(
    id,
    caption,
    ['Entry', 'Time (UTC)', 'Signed by', 'What'],
    entries.map(({ entry, time, by, changes }) =>
      row(
        entry,
        timeTag(time),
        chosen(by),
        wide(changes.map((change, at) => html`${at > 0 ? html`<br />` : ''}${chosen(change)}`))
      )
    )
  )
