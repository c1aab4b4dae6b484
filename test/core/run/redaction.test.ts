import { beforeAll, expect, it } from 'vitest'
import { utf8 } from '../../../src/core/format/canonical.js'
import { redaction } from '../../../src/core/run/redaction.js'
import { sodiumReady } from '../../../src/core/sodium.js'

beforeAll(() => sodiumReady)

it('the numbers of a JSON value are replaced, if they are long, in its forms too', () => {
  const value = '{"pin":48213377,"port":5432}'
  const { redactor, short } = redaction({ variables: new Map([['DB', value]]), files: [], stdin: undefined })
  const filter = redactor()
  const text = `pin 48213377, ${Buffer.from('48213377').toString('hex')}, port 5432`
  const shown = [filter.push(utf8(text)), filter.end()].map(each => new TextDecoder().decode(each)).join('')
  expect(shown).toBe('pin [redacted], [redacted], port 5432')
  expect(short).toEqual([])
})
