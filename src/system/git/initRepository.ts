import { mkdirSync } from 'node:fs'
import { fileFailed } from '../files/files.js'
import { openPorcelain, porcelainFailed } from './porcelain.js'
import { shown } from '../files/paths.js'

/** Runs `git init`, creating the folder if needed. The branch name comes from the user's git configuration. */
export async function initRepository(directory: string): Promise<void> {
  try {
    mkdirSync(directory, { recursive: true })
  } catch (error) {
    throw fileFailed(`cannot create ${shown(directory)}`, error)
  }
  const git = await openPorcelain(directory)
  try {
    await git.init()
  } catch (error) {
    throw porcelainFailed('git init', error)
  }
}
