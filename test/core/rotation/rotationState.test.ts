import { describe, expect, it } from 'vitest'
import {
  completesRotation,
  pendingVersion,
  requestedRotation,
  rulesOf,
  type Rotation
} from '../../../src/core/rotation/rotationState.js'
import { NO_DIGEST, noVersions } from '../../../src/core/versions/stages.js'
import { at, move, put } from '../versions/stagesKit.js'

const on: Rotation = { function: 'f', enabled: 'yes', days: '30', duration: '2h', changed: at(1) }

describe('the settings after RotateSecret', () => {
  it.each([
    [{}, on],
    [{ function: 'g' }, { ...on, function: 'g', changed: at(9) }],
    [{ rules: { AutomaticallyAfterDays: 30, Duration: '2h' } }, on],
    [{ rules: {} }, on],
    [{ rules: { Duration: '3h' } }, { ...on, duration: '3h', changed: at(9) }],
    [{ rules: { AutomaticallyAfterDays: 7 } }, { function: 'f', enabled: 'yes', days: '7', changed: at(9) }],
    [
      { rules: { ScheduleExpression: 'rate(1 day)' } },
      { function: 'f', enabled: 'yes', schedule: 'rate(1 day)', changed: at(9) }
    ]
  ] as const)('for %j', (requested, expected) => {
    expect(requestedRotation(on, requested, at(9))).toEqual(expected)
  })

  it('are the same object if nothing changes, and turn rotation on', () => {
    expect(requestedRotation(on, {}, at(9))).toBe(on)
    expect(requestedRotation({ ...on, enabled: 'no' }, {}, at(9))).toEqual({ ...on, changed: at(9) })
    expect(requestedRotation(undefined, { function: 'f' }, at(9))).toEqual({
      function: 'f',
      enabled: 'yes',
      changed: at(9)
    })
  })

  it('are RotationRules again', () => {
    expect(rulesOf(on)).toEqual({ AutomaticallyAfterDays: 30, Duration: '2h' })
    expect(rulesOf({ changed: at(1), schedule: 'rate(1 day)' })).toEqual({
      ScheduleExpression: 'rate(1 day)'
    })
    expect(rulesOf({ function: 'f', changed: at(1) })).toBeUndefined()
  })
})

describe('a rotation', () => {
  const x = put(noVersions, 'x', 0)
  const empty = put(x, 'new', 1, ['AWSPENDING'], NO_DIGEST)
  const filled = put(empty, 'new', 2, ['AWSPENDING'])
  const done = move(filled, 'AWSCURRENT', 'new', 3)

  it('is in progress while AWSPENDING is on another version than AWSCURRENT', () => {
    expect([x, empty, filled, done].map(pendingVersion)).toEqual([undefined, 'new', 'new', undefined])
  })

  it('is complete when AWSCURRENT moves to that version, while rotation is on', () => {
    expect(completesRotation(on, filled, done)).toBe(true)
    expect(completesRotation({ ...on, enabled: 'no' }, filled, done)).toBe(false)
    expect(completesRotation(undefined, filled, done)).toBe(false)
    expect(completesRotation(on, filled, put(filled, 'y', 3))).toBe(false)
    expect(completesRotation(on, done, done)).toBe(false)
  })
})
