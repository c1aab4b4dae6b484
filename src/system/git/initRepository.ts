import { mkdirSync } from 'node:fs'
import { fileFailed } from '../files/files.js'
import { openPorcelain, porcelainFailed } from './porcelain.js'
import { shown } from '../files/paths.js'

/** `git init` where there is no repository yet; the first branch's name is the user's choice. */
export async function initRepository(directory: string): Promise<void> {
  try {
    mkdirSync(directory, { recursive: true })
  } catch (error) {
    throw fileFailed(`cannot make ${shown(directory)}`, error)
  }
  try {
    const git = await openPorcelain(directory)
    await git.init()
  } catch (error) {
    throw porcelainFailed('git init', error)
  }
}
