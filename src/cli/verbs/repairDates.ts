import { confirm } from '../command/confirm.js'
import { openCurrentVault, regionOption, type Verb } from '../command/verb.js'
import { visible } from '../terminal/escape.js'

export const repairDates: Verb = {
  help: `Usage: git-vault repair-dates NAME [--region REGION] [--yes]

Correct the dates of a secret that a computer with a clock far ahead wrote to.
Until then, or until that date, every other write to the secret is refused.

Only dates over 24 hours ahead of this computer's clock change. They become the
present time, in the order that they had. Labels and values stay as they are.
You need manage on the secret's key, or to be an admin. The date of a version
can only be corrected by a member who can also decrypt and encrypt it; a version
with a wrong date hinders no write.

Options:
  --region REGION  the secret's region, if it is not the vault's home region
  --yes, -y        do not ask whether this computer's clock is right

Example:
  git-vault repair-dates prod/db
`,
  options: { ...regionOption, yes: { kind: 'flag', short: 'y' } },
  words: ['NAME'],
  required: 1,

  async run(parsed, world) {
    const { io, services } = world
    const name = parsed.words[0] ?? ''
    const vault = await openCurrentVault(world, parsed.text('region'))
    const { datesAhead, repairDates: repair } = await services.repairDates()
    const ahead = await datesAhead(vault, name)
    if (ahead === undefined) {
      await io.stdout.write(
        `nothing to correct: no date of ${visible(name)} is over 24 hours ahead of this computer's clock\n`
      )
      return
    }
    const now = new Date(vault.clock.now()).toISOString()
    await io.stderr.write(
      `git-vault: ${visible(name)} has dates up to ${ahead}; this computer's clock says ${now}\n`
    )
    if (!parsed.has('yes'))
      await confirm(world, "Is this computer's clock right?", {
        hint: 'check the clock, then pass --yes',
        refused: 'nothing was changed: set the clock first'
      })
    const { dates, left } = await repair(vault, name)
    await io.stdout.write(
      dates === 0
        ? `nothing to correct that you may correct in ${visible(name)}\n`
        : `corrected ${dates} ${dates === 1 ? 'date' : 'dates'} of ${visible(name)}\n`
    )
    if (left.length > 0)
      await io.stderr.write(
        `git-vault: ${left.length} ${left.length === 1 ? 'version keeps its' : 'versions keep their'} wrong date, because you cannot re-encrypt ${left.length === 1 ? 'it' : 'them'}: ${left.map(visible).join(', ')}\n`
      )
  }
}
