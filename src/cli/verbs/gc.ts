import type { Skipped } from '../../vault/team/skipped.js'
import { failIfLeftOut, reportLeftOut } from '../command/skipped.js'
import { visible } from '../terminal/escape.js'
import { openCurrentVault, type Verb } from '../command/verb.js'

export const gc: Verb = {
  help: `Usage: git-vault gc

Remove the files of deleted secrets whose recovery window is over, in every
region, in one commit. Other commands already treat these secrets as gone. Each
write removes the secrets that were deleted in this clone; gc also removes those
that were deleted in other clones.

This does not erase the values: git's history still has the ciphertexts, and
anyone who could decrypt them still can.

Example:
  git-vault gc
`,
  options: {},
  words: [],
  required: 0,

  async run(_parsed, world) {
    const { stdout } = world.io
    const skipped: Skipped[] = []
    const removed = await world.services.purge(await openCurrentVault(world), skipped)
    for (const arn of removed) await stdout.write(`removed ${visible(arn)}\n`)
    await stdout.write(
      removed.length === 0
        ? 'nothing to remove: no secret is past its recovery window\n'
        : "git's history still has their ciphertexts, and anyone who could decrypt them still can\n"
    )
    await reportLeftOut(skipped, world.io)
    failIfLeftOut(skipped)
  }
}
