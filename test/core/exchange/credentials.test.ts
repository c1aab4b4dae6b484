import { expect, it } from 'vitest'
import { credentialsOf } from '../../../src/core/exchange/credentials.js'

const names = (...all: string[]) =>
  credentialsOf(
    all.map(name => ({ name, value: '"x"' })),
    'systemd-creds'
  )

it('are texts and bytes by name', () => {
  const found = credentialsOf(
    [
      { name: 'a.b-c', value: '"x\\n"' },
      { name: '_', value: '12' },
      { name: 'B', value: Uint8Array.of(0, 255) }
    ],
    'systemd-load'
  )
  expect([...found]).toEqual([
    ['a.b-c', new TextEncoder().encode('x\n')],
    ['_', new TextEncoder().encode('12')],
    ['B', Uint8Array.of(0, 255)]
  ])
})

it.each(['', '.', '..', '.a', 'a/b', 'a:b', 'a b', 'ä', '%i', 'x'.repeat(201)])('have no name %j', name => {
  expect(() => names('a', name)).toThrow(
    `systemd-creds cannot hold ${JSON.stringify(name)}: it is not the name of a credential`
  )
})
