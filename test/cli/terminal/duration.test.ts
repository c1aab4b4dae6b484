import fc from 'fast-check'
import { expect, it } from 'vitest'
import { duration } from '../../../src/cli/terminal/duration.js'

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000 } as const
const unit = fc.constantFrom('s', 'm', 'h')

it('is the number times the unit', () => {
  fc.assert(
    fc.property(fc.nat(999_999), unit, (count, each) => duration(`${count}${each}`) === count * UNITS[each])
  )
})

it('is nothing else than digits and one unit, whatever the text', () => {
  fc.assert(
    fc.property(fc.string(), text => {
      const time = duration(text)
      expect(time !== undefined).toBe(/^[0-9]{1,6}[smh]$/.test(text))
    })
  )
  fc.assert(
    fc.property(
      fc.nat(999_999),
      unit,
      fc.string({ minLength: 1 }),
      (count, each, more) =>
        duration(`${count}${each}${more}`) === undefined &&
        (/^[0-9]*$/.test(more) || duration(`${more}${count}${each}`) === undefined)
    )
  )
})

it.each([
  '',
  '15',
  'm',
  '-1m',
  '+1m',
  '1.5h',
  '1e3s',
  ' 1m',
  '1m ',
  '1m\n',
  '1M',
  '1h30m',
  '1d',
  '٣m',
  '1000000s'
])('refuses %j', text => expect(duration(text)).toBeUndefined())
