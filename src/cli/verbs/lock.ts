import type { Verb } from '../command/verb.js'

export const lock: Verb = {
  help: `Usage: git-vault lock

Forget every identity that git-vault unlock has unlocked. Commands ask for the
passphrase again.

Example:
  git-vault lock
`,
  options: {},
  words: [],
  required: 0,

  async run(_parsed, { io, services }) {
    const count = await services.lock()
    await io.stdout.write(count === 0 ? 'nothing was unlocked\n' : 'locked\n')
  }
}
