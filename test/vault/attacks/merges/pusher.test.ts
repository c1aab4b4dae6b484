import * as fs from 'node:fs'
import { describe, it } from 'vitest'
import { FOLDER, KEY, SECRET, STAGES, editLog, forge, forgeEntry } from '../forge.js'
import { commitAt, mallory, restore, stranger } from '../kit.js'
import { joined, refused } from './mergesKit.js'

const STOPPED = /one side goes back to an older state/

describe('of somebody who can push, a merge refuses', () => {
  it('an old signed state', () =>
    refused(
      attacker => restore(attacker, 'two', FOLDER),
      /^DocumentRefused: .*an older state of prod\/db than an earlier commit has/,
      { says: STOPPED }
    ))

  it('an old secret.yaml beside the newest stages.yaml', () =>
    refused(
      attacker => restore(attacker, 'mine', SECRET),
      /^DocumentRefused: .*an older state of prod\/db than an earlier commit has/
    ))

  it('a merge commit with a tree that is neither side’s', () =>
    refused(
      attacker => {
        restore(attacker, 'two', FOLDER)
        const tree = attacker.git('write-tree').trim()
        const two = commitAt('two')
        const side = attacker.git('commit-tree', '-p', two, '-m', 'side', `${two}^{tree}`).trim()
        const message = ['-p', 'HEAD', '-p', side, '-m', 'Merge']
        attacker.git('reset', '-q', '--hard', attacker.git('commit-tree', ...message, tree).trim())
      },
      /^DocumentRefused: .*an older state of prod\/db than an earlier commit has/,
      { says: STOPPED }
    ))

  it('the removal of a secret that the victim has changed', () =>
    refused(
      attacker => attacker.git('rm', '-rq', FOLDER),
      /^prod\/db: one side removed it and the other changed it: the other branch has removed it$/
    ))

  it('an access log cut short', () =>
    refused(
      attacker => editLog(attacker, entries => entries.pop()),
      /^DocumentRefused: .*access\.yaml: lacks entries that an earlier commit has/,
      { by: 'reset' }
    ))

  it('an access log with another last entry', () =>
    refused(
      async attacker => {
        await editLog(attacker, entries => entries.pop())
        await forgeEntry(attacker, mallory, [
          { change: 'member', name: 'boss', public: stranger.public.text, role: 'admin' }
        ])
      },
      /^DocumentRefused: .*access\.yaml: /,
      { by: 'reset' }
    ))

  it('an access log with an admin that no admin added', () =>
    refused(
      attacker =>
        forgeEntry(attacker, mallory, [
          { change: 'member', name: 'boss', public: stranger.public.text, role: 'admin' }
        ]),
      /^DocumentRefused: .*access\.yaml: access log entry \d+: it is not signed by an admin/,
      { by: 'reset' }
    ))

  it('another key document with the serial of the present one', () =>
    refused(
      attacker => forge(attacker, 'key', KEY, mallory, () => undefined, { serial: '1' }),
      /^DocumentRefused: .*keys\/prod\/2\.yaml: a state of this key document that contradicts an earlier commit/,
      { by: 'reset' }
    ))

  it('a .vaultrc that names a copy of the vault', () =>
    refused(
      attacker => {
        fs.cpSync(attacker.path('vault'), attacker.path('evil'), { recursive: true })
        attacker.write('.vaultrc', 'vault: evil\n')
      },
      /^DocumentRefused: .*\.vaultrc: moves the vault from "vault" to "evil"/,
      { by: 'reset' }
    ))

  it('a symbolic link in place of a document', () =>
    refused(
      attacker => {
        fs.rmSync(attacker.path(STAGES))
        fs.symlinkSync('../other/stages.yaml', attacker.path(STAGES))
      },
      /^DocumentRefused: .*stages\.yaml: is a symbolic link/,
      { by: 'abort' }
    ))

  it('a document that is executable', () =>
    refused(
      attacker => fs.chmodSync(attacker.path(STAGES), 0o755),
      /^DocumentRefused: .*stages\.yaml: is executable/,
      { by: 'reset' }
    ))

  it('a folder that some file systems take for a secret’s', () =>
    refused(
      attacker =>
        fs.cpSync(attacker.path(FOLDER), attacker.path('vault/secrets/prod/DB'), { recursive: true }),
      /DB is there in several spellings, which some file systems take for one/,
      { by: 'reset' }
    ))

  it('a document of 60 MB', () =>
    refused(
      attacker => attacker.write(STAGES, Buffer.alloc(60 << 20, 'a')),
      /^DocumentRefused: .*stages\.yaml: is longer than \d+ bytes/,
      { says: /stages\.yaml: not merged: over the limit of \d+ bytes/ }
    ))

  it('a file of 60 MB that is not the vault’s', () =>
    refused(
      attacker => attacker.write('vault/x.bin', Buffer.alloc(60 << 20, 'a')),
      /^DocumentRefused: .*vault\/x\.bin: not a file of a vault/,
      { by: 'reset' }
    ))
})

it('of somebody who can push, a merge takes attributes that name no driver of the vault', () =>
  joined(attacker => {
    attacker.write('.gitattributes', '* -merge\nvault/** merge=union\n')
  }))
