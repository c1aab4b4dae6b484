import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rulesFault } from '../../../src/core/rotation/rules.js'
import { parseExpression } from '../../../src/core/rotation/schedule.js'
import { cronFields } from './expressions.js'

const cron = cronFields.map(fields => `cron(${fields})`)

/** What is wrong with an expression; `undefined` if nothing is. */
const scheduleFault = (expression: string) => {
  const parsed = parseExpression(expression)
  return typeof parsed === 'string' ? parsed : undefined
}

describe('rate', () => {
  it('[DOC] N hours from 4, N days from 1', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5000 }), fc.boolean(), (count, plural) => {
        const s = plural ? 's' : ''
        expect(scheduleFault(`rate(${count} hour${s})`) === undefined).toBe(count >= 4)
        expect(scheduleFault(`rate(${count} day${s})`) === undefined).toBe(count >= 1)
      })
    )
  })

  it.each(['rate(4)', 'rate(4 minutes)', 'rate(04 days)', 'rate(-4 days)', 'rate(1.5 days)', 'Rate(4 days)'])(
    'is not %s',
    expression => expect(scheduleFault(expression)).toBe('it must be rate(N hours), rate(N days) or cron(…)')
  )
})

describe('cron', () => {
  it('[DOC] accepts every valid field', () => {
    fc.assert(
      fc.property(cron, expression => {
        expect(scheduleFault(expression)).toBeUndefined()
      })
    )
  })

  it('[DOC] has minutes 0, year *, and ? in one of the two day fields', () => {
    fc.assert(
      fc.property(cron, fc.integer({ min: 1, max: 59 }), (expression, minutes) => {
        expect(scheduleFault(expression.replace('cron(0', `cron(${minutes}`))).toBe(
          'the minutes of cron must be 0'
        )
        expect(scheduleFault(expression.replace('*)', `${1970 + minutes})`))).toBe(
          'the year of cron must be *'
        )
        expect(scheduleFault(expression.replace('?', '1'))).toBe(
          'one of the two day fields of cron must be ?, not both'
        )
        expect(scheduleFault(expression.replace(' *)', ')'))).toBe('cron has six fields')
      })
    )
    expect(scheduleFault('cron(0 8 ? * ? *)')).toBe('one of the two day fields of cron must be ?, not both')
  })

  it('[DOC] runs at most every four hours, also across midnight', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 23 }), { minLength: 1, maxLength: 5 }), hours => {
        const day = new Set(hours)
        // every pair of runs within two consecutive days
        const runs = Array.from({ length: 48 }, (_, at) => at).filter(at => day.has(at % 24))
        const often = runs.some((at, index) => index > 0 && at - runs[index - 1]! < 4)
        expect(scheduleFault(`cron(0 ${hours.join(',')} * * ? *)`)).toBe(
          often ? 'cron may run every 4 hours at most' : undefined
        )
      })
    )
    for (const hours of ['0/4', '/8', '2/4', '*/12', '0-12/6', '8', '4,20-21/4'])
      expect(scheduleFault(`cron(0 ${hours} * * ? *)`)).toBeUndefined()
    for (const hours of ['*', '0/3', '8-12', '*/7', '0,22'])
      expect(scheduleFault(`cron(0 ${hours} * * ? *)`)).toBe('cron may run every 4 hours at most')
  })

  it.each([
    ['0 24 * * ? *', 'the hours of cron are not valid'],
    ['0 ? * * ? *', 'the hours of cron are not valid'],
    ['0 8/0 * * ? *', 'the hours of cron are not valid'],
    ['0 8/4/4 * * ? *', 'the hours of cron are not valid'],
    ['0 12-8 * * ? *', 'the hours of cron are not valid'],
    ['0 1-2-3 * * ? *', 'the hours of cron are not valid'],
    ['0 8, * * ? *', 'the hours of cron are not valid'],
    ['0 8/99 * * ? *', 'the hours of cron are not valid'],
    ['0 8 0 * ? *', 'the day of the month of cron is not valid'],
    ['0 8 32W * ? *', 'the day of the month of cron is not valid'],
    ['0 8 MON * ? *', 'the day of the month of cron is not valid'],
    ['0 8 1 13 ? *', 'the month of cron is not valid'],
    ['0 8 1 SUN ? *', 'the month of cron is not valid'],
    ['0 8 ? * 8 *', 'the day of the week of cron is not valid'],
    ['0 8 ? * 6#6 *', 'the day of the week of cron is not valid'],
    ['0 8 ? * JAN *', 'the day of the week of cron is not valid']
  ])('is not %s', (fields, fault) => expect(scheduleFault(`cron(${fields})`)).toBe(fault))
})

it('no text makes the check throw, or take long', () => {
  const text = fc.string({ unit: fc.constantFrom(...'cronrate()0148*?/-,L#W hoursdaySUN'), maxLength: 256 })
  fc.assert(fc.property(text, expression => void scheduleFault(expression)))
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom(...'0123*?/-,LW#SUN'), maxLength: 9 })),
      fields => void scheduleFault(`cron(${fields.join(' ')})`)
    )
  )
})

describe('the rules', () => {
  it('are valid with neither frequency nor schedule, and with one of the two', () => {
    expect(rulesFault({})).toBeUndefined()
    expect(rulesFault({ AutomaticallyAfterDays: 30 })).toBeUndefined()
    expect(rulesFault({ ScheduleExpression: 'rate(30 days)' })).toBeUndefined()
  })

  it('[USR] cannot have both', () => {
    expect(rulesFault({ AutomaticallyAfterDays: 1, ScheduleExpression: 'nonsense', Duration: '0h' })).toBe(
      'You cannot specify both rotation frequency and schedule expression together.'
    )
  })

  it('have a valid schedule, or a message with what is wrong', () => {
    expect(rulesFault({ ScheduleExpression: 'rate(3 hours)', Duration: '0h' })).toBe(
      'The ScheduleExpression is not valid: a rate is at least 4 hours.'
    )
  })

  it('[DOC] have a Duration of 1 to 24 hours', () => {
    for (let hours = 0; hours <= 99; hours++) {
      expect(rulesFault({ Duration: `${hours}h` }) === undefined).toBe(hours >= 1 && hours <= 24)
    }
  })
})
