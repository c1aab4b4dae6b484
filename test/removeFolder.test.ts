import { spawn } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { processesIn, removeFolder } from './removeFolder.js'

const WRITER = `
  const fs = require('node:fs')
  const folder = process.argv[1] ?? '.'
  process.on('SIGTERM', () => {
    for (let at = 0; at < 200; at++) setTimeout(() => fs.writeFileSync(folder + '/' + at, ''), at * 2)
    setTimeout(() => process.exit(), 500)
  })
  setInterval(() => undefined, 1_000)
  process.stdout.write('ready')`

it.each([
  ['has the folder in its arguments', (folder: string) => ({ args: [folder] })],
  ['works in the folder', (folder: string) => ({ args: [], cwd: folder })]
])('waits for a process that still writes and %s', async (_, orders) => {
  const folder = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'git-vault-remove-')))
  const { args, ...options } = { cwd: tmpdir(), ...orders(folder) }
  const child = spawn(process.execPath, ['-e', WRITER, ...args], options)
  const ended = new Promise(resolve => child.once('exit', resolve))
  await new Promise(resolve => child.stdout.once('data', resolve))
  expect(processesIn(folder)).toEqual([child.pid])
  child.kill('SIGTERM')
  await removeFolder(folder)
  await ended
  expect(fs.existsSync(folder)).toBe(false)
  expect(processesIn(folder)).toEqual([])
})
