import { beforeAll, describe, expect, it } from 'vitest'
import { formerMember } from '../../../src/core/access/access.js'
import { foldLog } from '../../../src/core/access/accessLog.js'
import { grantHint } from '../../../src/core/access/grantHint.js'
import { sodiumReady } from '../../../src/core/sodium.js'
import { log, person, publicKey, start, type Changes } from './logKit.js'

beforeAll(() => sodiumReady)

const add = (byte: number, name: string, role: 'admin' | 'member'): Changes[number] => ({
  change: 'member',
  name,
  public: person(byte).public.text,
  role
})
const decrypt = (member: string): Changes[number] => ({
  change: 'grant',
  member,
  key: 'default',
  rights: ['decrypt']
})
const accessAfter = (...changes: Changes) => foldLog(log(start(), changes), 'access.yaml')
const keyId = (byte: number) => person(byte).public.keyId

describe('the hint for somebody who lacks a right', () => {
  it('names the admins who can help, and the command for them', () => {
    const access = accessAfter(add(2, 'bob', 'member'), add(3, 'cai', 'admin'), decrypt('cai'))
    const bob = 'git-vault member grant bob --key default --allow'
    expect(grantHint(access, keyId(2), 'default', ['decrypt'])).toBe(
      `ask an admin (cai) to run: ${bob} decrypt`
    )
    expect(grantHint(access, keyId(2), 'default', ['manage', 'encrypt'])).toBe(
      `ask an admin (alice or cai) to run: ${bob} manage`
    )
    expect(grantHint(access, keyId(3), 'default', ['encrypt'])).toBe(
      'grant yourself the right: git-vault member grant cai --key default --allow encrypt'
    )
  })

  it('names all admins if none of them can decrypt, and three at most', () => {
    const admins = [4, 5, 6].map(byte => add(byte, `d${byte}`, 'admin'))
    const access = accessAfter(add(2, 'bob', 'member'), ...admins, {
      change: 'generation',
      key: 'default',
      generation: '2',
      public: publicKey(2)
    })
    expect(grantHint(access, keyId(2), 'default', ['encrypt'])).toContain('(alice, d4, d5 or 1 other)')
    expect(grantHint(access, keyId(4), 'default', ['decrypt'])).toMatch(/^ask an admin \(.*\) to run: /)
  })

  it('says how to become a member to whom is none, or is no more', () => {
    const request = 'to add you: git-vault member request prints what they need'
    const access = accessAfter(add(2, 'bob', 'member'))
    expect(grantHint(access, keyId(9), 'default', ['decrypt'])).toBe(`ask an admin (alice) ${request}`)
    const gone = foldLog(log(start(), [add(2, 'bob', 'member')], [{ change: 'remove', member: 'bob' }]), 'x')
    expect(grantHint(gone, keyId(2), 'default', ['decrypt'])).toBe(
      'ask an admin (alice) to add you under another name, with a new identity: git-vault identity new'
    )
    expect(formerMember(access, keyId(2))).toBeUndefined()
    expect(formerMember(gone, keyId(9))).toBeUndefined()
    expect(formerMember(gone, keyId(2))).toMatch(
      /^bob is no longer a member of this vault, since \d{4}-\d\d-\d\d \d\d:\d\d UTC \(entry 3 of the access log\)$/
    )
  })
})
