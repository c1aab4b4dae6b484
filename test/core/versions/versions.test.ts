import { describe, expect, it } from 'vitest'
import { noVersions, type Stages } from '../../../src/core/versions/stages.js'
import {
  byAge,
  creationTime,
  droppedVersions,
  resealTime,
  resealVersion
} from '../../../src/core/versions/versions.js'
import { at, entry, put, START } from './stagesKit.js'

const stages = put(put(noVersions, 'v1', 10), 'v2', 20)

describe('a version’s creation time', () => {
  it('is the time of the clock', () => {
    expect(creationTime(noVersions, START + 5)).toBe(at(5))
    expect(creationTime(stages, START + 5)).toBe(at(5))
  })

  it('is later than what was pruned', () => {
    expect(creationTime({ ...stages, pruned: at(7) }, START + 7)).toBe(at(8))
    expect(creationTime({ ...stages, pruned: at(6) }, START + 7)).toBe(at(7))
    expect(creationTime({ ...stages, pruned: at(9) }, START + 5)).toBe(at(11))
  })

  it('is not the time of another version', () => {
    expect(creationTime(stages, START + 10)).toBe(at(11))
    expect(creationTime(put(stages, 'v3', 11), START + 10)).toBe(at(12))
    const resealed = resealVersion(stages, {
      versionId: 'v1',
      resealed: at(30),
      writer: 'b',
      key: 'k',
      digest: 'd'
    })
    expect(creationTime(resealed, START + 30)).toBe(at(31))
    expect(creationTime(resealed, START + 10)).toBe(at(10))
  })
})

describe('a re-encrypted version', () => {
  const reseal = (state: Stages, tick: number, digest: string): Stages => {
    const resealed = resealTime(state, 'v1', START + tick)
    return resealVersion(state, { versionId: 'v1', resealed, writer: 'bob', key: 'prod', digest })
  }

  it('keeps its labels, its creation and the digest of its first ciphertext', () => {
    const once = reseal(stages, 30, 'second')
    expect(once.labels).toBe(stages.labels)
    expect(once.versions.get('v1')).toEqual({
      created: at(10),
      resealed: at(30),
      writer: 'bob',
      key: 'prod',
      digest: 'second',
      first: 'value of v1'
    })
    const twice = reseal(once, 40, 'third').versions.get('v1')
    expect(twice).toMatchObject({ resealed: at(40), digest: 'third', first: 'value of v1' })
  })

  it('is dated later than its old ciphertext and than pruned versions, and like no other version', () => {
    expect(resealTime(stages, 'v1', START + 5)).toBe(at(11))
    expect(resealTime(stages, 'v1', START + 20)).toBe(at(21))
    expect(resealTime({ ...stages, pruned: at(15) }, 'v1', START + 5)).toBe(at(16))
    expect(resealTime(reseal(stages, 30, 'second'), 'v1', START + 5)).toBe(at(31))
  })

  it('must exist and have a value', () => {
    const rotating: Stages = { ...stages, versions: new Map([['v1', entry(at(1), '')]]) }
    for (const state of [rotating, noVersions]) {
      expect(() => resealTime(state, 'v1', START)).toThrow('the version has no value to re-encrypt')
    }
  })
})

it('dropped versions are those that are no longer listed', () => {
  expect(droppedVersions(put(stages, 'v3', 30), stages)).toEqual(['v3'])
  expect(droppedVersions(stages, put(stages, 'v3', 30))).toEqual([])
})

it('versions sort by the date of the present ciphertext, then by id', () => {
  const old = { ...entry(at(1)), resealed: at(9) }
  const all = [
    ['x', old] as const,
    ['c', entry(at(3))] as const,
    ['b', entry(at(3))] as const,
    ['a', entry(at(4))] as const
  ]
  expect(all.toSorted(byAge).map(([id]) => id)).toEqual(['b', 'c', 'a', 'x'])
})
