import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { templateParts } from '../../../src/core/exchange/template.js'

const joined = (text: string): string =>
  templateParts(text, 'f')
    .map(part => (typeof part === 'string' ? part : part.secret))
    .join('')

describe('the parts of a template', () => {
  it('are its text, and each placeholder with its line', () => {
    const parts = templateParts('a={{git-vault:dev/db:user}}\nb={{git-vault:dev/x}}!', 'f')
    expect(parts).toEqual([
      'a=',
      expect.objectContaining({ secret: 'dev/db', field: 'user', line: 1 }),
      '\nb=',
      expect.objectContaining({ secret: 'dev/x', line: 2 }),
      '!'
    ])
  })

  it('have placeholders of other languages, and those after a backslash, as text', () => {
    expect(joined('{{ name }} \\{{git-vault:a}} {{git-vaults:x}}')).toBe(
      '{{ name }} {{git-vault:a}} {{git-vaults:x}}'
    )
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('{', '}', 'git', '\\', '\n', ':', 'a') }), text => {
        expect(joined(text)).toBe(text)
      })
    )
  })

  it.each(['{{git-vault:}}', '{{git-vault}}', '{{git-vault:a', '{{git-vault:{a}}', '{{git-vault a}}'])(
    'are refused with the line for %s',
    wrong => {
      expect(() => templateParts(`one\n${wrong}`, 'f')).toThrow('f, line 2: the placeholder is not')
    }
  )
})
