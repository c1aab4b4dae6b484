import { expect, it } from 'vitest'
import { passphraseWeakness } from '../../../src/core/crypto/passphraseWeakness.js'

it.each(['', 'a', 'hunter2', 'elevenchars', '😀'.repeat(6)])('%j is too short', passphrase => {
  expect(passphraseWeakness(passphrase)).toMatch(/^it has \d+ characters?; 12 or more are needed/)
})

it.each([
  'password1234',
  'Passw0rd!!!!!!',
  'p@$$w0rdp@$$w0rd',
  'aaaaaaaaaaaaaaaa',
  'abcabcabcabcabc',
  '123456789012345',
  'abcdefghijklmnop',
  'qwertyuiopasdfghjkl',
  'poiuytrewq12345',
  'admin-admin-admin',
  'letmein letmein',
  'passphrase passphrase'
])('%j is easy to guess', passphrase => {
  expect(passphraseWeakness(passphrase)).toMatch(/^it is little more than/)
})

it.each([
  'correct horse battery staple',
  'a passphrase that is typed',
  'tK9#vQ2!mZ7p',
  'pelican quartz lantern',
  'ein langer Satz über Käse',
  '正確な馬の電池の留め金は強い'
])('%j will do', passphrase => {
  expect(passphraseWeakness(passphrase)).toBeUndefined()
})
