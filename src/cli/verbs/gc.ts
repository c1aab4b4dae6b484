import { visible } from '../terminal/escape.js'
import { openVault, type Verb } from '../command/verb.js'

export const gc: Verb = {
  help: `Usage: git-vault gc

Remove the files of deleted secrets that are past their recovery window, in every region, in one commit. To
everything else they are gone already. Any write removes those that were deleted in this clone; this finds
those that were deleted elsewhere, too.

It does not erase: git's history still has the ciphertexts, and who could decrypt them still can.

Example:
  git-vault gc
`,
  options: {},
  words: [],
  required: 0,

  async run(_parsed, world) {
    const { stdout } = world.io
    const removed = await world.services.purge(await openVault(world))
    if (removed.length === 0) {
      await stdout.write('nothing to remove: no secret is past its recovery window\n')
      return
    }
    for (const arn of removed) await stdout.write(`removed ${visible(arn)}\n`)
    await stdout.write("git's history still has their ciphertexts, and who could decrypt them still can\n")
  }
}
