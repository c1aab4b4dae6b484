import * as fs from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { syncFolders } from '../../../src/system/files/files.js'
import { scratch } from '../../vault/fixture.js'

it('syncing many folders holds few of them open: a commit of 10,000 secrets has more than a process may open', async () => {
  const top = scratch('folders')
  const folders = Array.from({ length: 1000 }, (_, at) => join(top, String(at)))
  for (const folder of folders) fs.mkdirSync(folder)
  const open = () => fs.readdirSync('/dev/fd').length
  const before = open()
  let isDone = false
  const done = syncFolders([...folders, join(top, 'missing')]).finally(() => (isDone = true))
  let most = 0
  while (!isDone) {
    most = Math.max(most, open() - before)
    await setImmediate()
  }
  await done
  expect(most).toBeLessThanOrEqual(70)
})
