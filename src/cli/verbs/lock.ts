import type { Verb } from '../command/verb.js'

export const lock: Verb = {
  help: `Usage: git-vault lock

End what git-vault unlock began, for every identity of yours: commands ask for the passphrase again.

Example:
  git-vault lock
`,
  options: {},
  words: [],
  required: 0,

  async run(_parsed, { io, services }) {
    const ended = await services.lock()
    await io.stdout.write(ended === 0 ? 'nothing was unlocked\n' : 'locked\n')
  }
}
