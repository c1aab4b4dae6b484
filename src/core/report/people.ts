import { RIGHTS } from '../access/rights.js'
import type { ReportData, ReportedKey, ReportedMember } from './data.js'
import { chosen, count, dateTag, html, timeTag, type Html } from './html.js'
import { folded, row, rowOf, section, table, tag } from './parts.js'

/** A wider table would not fit on paper. */
const KEYS_IN_A_TABLE = 8
const MANY = 12

const SAYS = { decrypt: 'read', encrypt: 'add versions', manage: 'manage' } as const
const LETTERS = { decrypt: 'R', encrypt: 'W', manage: 'M' } as const

/** A matrix of members and keys, which shows who can read what. Each key has the patterns of names that it is for. */
export function people(data: ReportData): Html {
  const present = data.members.filter(({ removed }) => removed === undefined)
  const former = data.members.filter(({ removed }) => removed !== undefined)
  return section(
    'access',
    'Who can read what',
    html`<p class="lead">
        Each secret is encrypted under one key, by its name. A member reads the secrets of the keys on which
        they may decrypt.
      </p>
      <ul class="legend">
        <li><span class="r decrypt" aria-hidden="true">R</span> read values</li>
        <li><span class="r encrypt" aria-hidden="true">W</span> add versions</li>
        <li>
          <span class="r manage" aria-hidden="true">M</span> create secrets, and change everything else about
          them
        </li>
      </ul> `,
    chunks(data.keys).map((keys, at) => matrix(data, present, keys, at)),
    html`<p class="note">
      An admin can change members, keys and rights, and can sign anything. So an admin without the right to
      read can take it for values that are stored later, and the access log will show that.
    </p> `,
    memberList(data, present),
    former.length > 0 ? formerList(former) : undefined,
    rightsOverTime(data)
  )
}

function chunks(keys: readonly ReportedKey[]): (readonly ReportedKey[])[] {
  return Array.from({ length: Math.ceil(keys.length / KEYS_IN_A_TABLE) }, (_, at) =>
    keys.slice(at * KEYS_IN_A_TABLE, (at + 1) * KEYS_IN_A_TABLE)
  )
}

function matrix(
  { secrets, keys }: ReportData,
  members: readonly ReportedMember[],
  shown: readonly ReportedKey[],
  at: number
): Html {
  const part =
    keys.length > shown.length
      ? `, keys ${at * KEYS_IN_A_TABLE + 1} to ${at * KEYS_IN_A_TABLE + shown.length}`
      : ''
  const headings = shown.map(({ alias, names }) => {
    const used = secrets.filter(({ key }) => key === alias).length
    const [first, more] = [names.slice(0, MANY), names.length - MANY]
    return html`${chosen(alias)}<small
        >${first.map((name, index) => html`${index > 0 ? ' · ' : ''}${chosen(name)}`)}${names.length === 0 ? 'no names' : ''}${more > 0 ? ` and ${more} more` : ''}</small
      ><small>${count(used, 'secret')}</small>`
  })
  const rows = members.map(member =>
    rowOf(
      html`${chosen(member.name)}<small>${roleOf(member)}</small>`,
      shown.map(({ alias }) => cell(member, alias))
    )
  )
  return table(
    `matrix${at}`,
    `Rights of each member on each key${part}`,
    ['Member', ...headings],
    rows,
    'matrix'
  )
}

function cell({ rights }: ReportedMember, alias: string): Html {
  const held = rights.find(({ key }) => key === alias)?.rights ?? []
  if (held.length === 0)
    return html`<span class="none" aria-hidden="true">&ndash;</span><span class="sr">none</span>`
  return html`<span class="rights" aria-hidden="true"
      >${RIGHTS.filter(right => held.includes(right)).map(right => html`<span class="r ${right}">${LETTERS[right]}</span>`)}</span
    ><span class="sr">${held.map(right => SAYS[right]).join(', ')}</span>`
}

const roleOf = ({ isAdmin, isRecovery }: ReportedMember): string =>
  isRecovery ? 'recovery identity' : isAdmin ? 'admin' : 'member'

function memberList({ vault }: ReportData, members: readonly ReportedMember[]): Html {
  const rows = members.map(member =>
    row(
      chosen(member.name),
      member.isRecovery ? tag('ok', 'recovery') : member.isAdmin ? tag('warn', 'admin') : 'member',
      dateTag(member.since),
      html`<td class="wide mono">${member.words}</td>`
    )
  )
  const list = table(
    'members',
    `Members of the vault ${vault.folder}, with the fingerprint of each public key`,
    ['Member', 'Role', 'Since', 'Fingerprint'],
    rows
  )
  return folded(
    html`<strong>Members and their fingerprints</strong>
      <span class="sub">${count(members.length, 'member')}</span>`,
    list
  )
}

function formerList(members: readonly ReportedMember[]): Html {
  const rows = members.map(({ name, since, removed = '' }) =>
    row(chosen(name), dateTag(since), timeTag(removed))
  )
  return folded(
    html`<strong>Former members</strong> <span class="sub">${count(members.length, 'member')}</span>`,
    table('former', 'Members who were removed', ['Member', 'Since', 'Removed (UTC)'], rows)
  )
}

function rightsOverTime({ rights }: ReportData): Html {
  const rows = rights.map(({ member, right, key, from, until }) =>
    row(
      chosen(member),
      right === 'admin' ? 'admin' : SAYS[right],
      key === undefined ? 'whole vault' : chosen(key),
      timeTag(from),
      until === undefined ? 'today' : timeTag(until)
    )
  )
  return folded(
    html`<strong>Rights over time</strong> <span class="sub">who could read what, and when</span>`,
    table(
      'rights',
      'Every right that was ever granted',
      ['Member', 'Right', 'On', 'From (UTC)', 'Until (UTC)'],
      rows
    )
  )
}
