import { shellWord } from '../terminal/shellWord.js'

/** Returns the command that brings back a secret which is scheduled for deletion. */
export function restoreCommand(name: string, region: string | undefined): string {
  const where = region === undefined ? '' : ` --region ${shellWord(region)}`
  return `git-vault restore ${shellWord(name)}${where}`
}
