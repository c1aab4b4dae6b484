import { describe, expect, it } from 'vitest'
import type { ReportData } from '../../../src/core/report/data.js'
import { reportPage } from '../../../src/core/report/page.js'
import { SAMPLE } from './sample.js'

/** The text of a page of the sample with some parts replaced, without tags, and with one space where it has white space. */
const textOf = (parts: Partial<ReportData>): string => {
  const page = reportPage({ ...SAMPLE, ...parts })
  const main = page.slice(page.indexOf('</style>'))
  return main
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/ (?=[,.:;)])/g, '')
}

const change = SAMPLE.timeline.changes[0]!

describe('a page says', () => {
  it('who made it, and of which commit', () => {
    expect(textOf({})).toContain(`${SAMPLE.vault.commit} on main`)
    const { by: _by, ...others } = SAMPLE
    const { branch: _branch, ...vault } = SAMPLE.vault
    const text = textOf({ ...others, by: undefined, vault } as unknown as Partial<ReportData>)
    expect(text).toContain(`${SAMPLE.vault.commit} (no branch)`)
    expect(text).toContain('a clone without the identity of a member, with git-vault')
  })

  it('that the clone lacks a part of the history', () => {
    const text = textOf({ vault: { ...SAMPLE.vault, isShallow: true } })
    expect(text).toContain('This clone lacks a part of the history.')
    expect(text).toContain('as far as this clone has the history')
    expect(textOf({})).not.toContain('a part of the history')
  })

  it.each([
    [undefined, 'No drill has been recorded.'],
    ['2027-02-03T08:00:00.000Z', 'Last drill: 2027-02-03']
  ])('when the holders of the recovery identity proved their shares: %j', (lastDrill, said) => {
    const recovery = { ...SAMPLE.recovery!, ...(lastDrill === undefined ? {} : { lastDrill }) }
    expect(textOf({ recovery })).toContain('is split into 3 shares, held by ana, bob, carol. Any 2 of them')
    expect(textOf({ recovery })).toContain(said)
  })

  it('nothing of recovery without a recovery identity', () => {
    const text = textOf({ recovery: undefined } as unknown as Partial<ReportData>)
    expect(text).not.toContain('is split into')
  })

  it('which member is the recovery identity', () => {
    const [ana, ...others] = SAMPLE.members
    const members = [{ ...ana!, isRecovery: true }, ...others]
    expect(textOf({ members })).toContain('ana recovery identity')
  })

  it.each([
    [1, 0, '1 problem, 0 warnings'],
    [0, 2, '0 problems, 2 warnings'],
    [0, 0, '0 problems, 0 warnings']
  ])('what verification found: %i problems, %i warnings', (problems, warnings, said) => {
    const fault = { path: 'vault/odd', reason: 'it is odd' }
    const verify = {
      ...SAMPLE.verify,
      problems: Array.from({ length: problems }, () => fault),
      warnings: Array.from({ length: warnings }, () => fault)
    }
    const text = textOf({ verify })
    expect(text).toContain(said)
    expect(text.includes('what these files say was not accepted')).toBe(problems > 0)
    expect(text.includes('vault/odd')).toBe(problems + warnings > 0)
  })

  it('of one of each thing in the singular', () => {
    const text = textOf({
      ...{ members: SAMPLE.members.slice(0, 1), secrets: SAMPLE.secrets.slice(0, 1) },
      exposed: SAMPLE.exposed.slice(0, 1),
      doctor: SAMPLE.doctor.filter(({ state }) => state === 'problem')
    })
    for (const said of ['1 member 1 admin', '1 secret under 2 keys', '1 exposed value', '1 file refused'])
      expect(text).toContain(said)
    expect(text).toContain('1 clone problem of 1 check')
  })

  it('of several people each, and of a key with no names and one with many', () => {
    const two = [...SAMPLE.exposed[0]!.to, { member: 'yan', how: 'read', since: '2027-02-11T09:00:00.000Z' }]
    const names = Array.from({ length: 15 }, (_, at) => `team${at}/**`)
    const text = textOf({
      exposed: [{ ...SAMPLE.exposed[0]!, to: two as ReportData['exposed'][number]['to'] }],
      keys: [
        { ...SAMPLE.keys[0]!, names: [] },
        { ...SAMPLE.keys[1]!, names }
      ]
    })
    expect(text).toContain('yan could read it, without the right since 2027-02-11')
    expect(text).toContain('no names')
    expect(text).toMatch(/team0\/\*\* .* team11\/\*\* and 3 more/)
  })

  it('how many keys are in each of several tables', () => {
    const keys = Array.from({ length: 25 }, (_, at) => ({ ...SAMPLE.keys[0]!, alias: `key${at}` }))
    expect(textOf({ keys })).toMatch(/keys 1 to \d+/)
  })

  it('how many secrets it leaves out', () => {
    const secrets = Array.from({ length: 10_002 }, (_, at) => ({ name: `s${at}`, key: 'default' }))
    expect(textOf({ secrets })).toMatch(/\b2 more secrets not shown here: git-vault report --json has all/)
  })

  it('when a secret was rotated, and is to be', () => {
    const one = { secret: 'a', state: 'never rotated', function: 'f' } as const
    const windows = { opens: '2027-03-05T00:00:00.000Z', ends: '2027-03-06T00:00:00.000Z' }
    const text = textOf({ rotation: [one, { ...one, state: 'soon', ...windows }] })
    expect(text).toContain('a never rotated never – none f')
    expect(text).toContain('a soon never 2027-03-05 00:00 to 2027-03-06 00:00 none f')
  })
})

describe('the timeline', () => {
  const timeline = (parts: Partial<ReportData['timeline']>) => ({
    timeline: { ...SAMPLE.timeline, ...parts }
  })

  it('of few changes hides none', () => {
    const accessLog = SAMPLE.accessLog.slice(0, 2)
    const text = textOf({ ...timeline({ changes: [change], total: 1 }), accessLog })
    expect(text).toContain('1 change since')
    expect(text).not.toContain('Earlier changes')
    expect(text).not.toContain('Earlier entries')
  })

  it('says how many of all changes it has', () => {
    expect(textOf({})).toContain('Earlier changes 25 of 1,225; git-vault log has all')
    const all = textOf(timeline({ total: SAMPLE.timeline.changes.length }))
    expect(all).toContain('Earlier changes 25')
    expect(all).not.toContain('git-vault log has all')
  })

  it('has changes of no secret, and without a signature', () => {
    const { secret: _secret, ...rest } = change
    const text = textOf(timeline({ changes: [{ ...rest, isSigned: false }], total: 1 }))
    expect(text).toContain(`ana PutSecretValue – ${change.commit.slice(0, 12)} unsigned`)
  })

  it('is drawn by days, or by months if it is long', () => {
    const days = textOf(timeline({ days: [{ day: '2027-02-01', changes: 3 }] }))
    expect(days).toContain('Changes by day')
    // at least two weeks, up to the last change
    expect(days).toContain('From 2027-01-19 to 2027-02-01. The most were 3 changes, in 2027-02-01.')
    const months = textOf(
      timeline({
        days: [
          { day: '2026-02-28', changes: 1 },
          { day: '2026-12-31', changes: 2 },
          { day: '2027-01-01', changes: 4 },
          { day: '2027-01-31', changes: 5 }
        ]
      })
    )
    expect(months).toContain('Changes by month')
    expect(months).toContain('From 2024-02 to 2027-01. The most were 9 changes, in 2027-01.')
    for (const bar of ['2026-02: 1', '2026-12: 2', '2027-01: 9']) expect(months).toContain(bar)
  })

  it('has no picture without a change', () => {
    const text = textOf(timeline({ days: [], changes: [], total: 0 }))
    expect(text).toContain(`0 changes since ${SAMPLE.vault.created.slice(0, 10)}`)
    expect(text).not.toContain('Changes by')
  })
})
