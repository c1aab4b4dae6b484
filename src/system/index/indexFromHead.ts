import { existsSync } from 'node:fs'
import { git } from '../git/git.js'
import { indexFile, type Place } from '../git/place.js'
import { refreshIndex } from './refreshIndex.js'

/** Whether git's index does not exist. git then takes every file of HEAD for deleted. */
export const isIndexMissing = (place: Place): boolean => !existsSync(indexFile(place))

/** Makes an index that does not exist, with the files of HEAD. Nothing was staged, and no file of the work tree changes. */
export async function indexFromHead(place: Place): Promise<void> {
  if (!isIndexMissing(place)) return
  await git(place, ['read-tree', 'HEAD'])
  await refreshIndex(place)
}
