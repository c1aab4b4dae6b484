import { Session } from '../browse/session.js'
import { deedsOf, type Commands } from '../browse/deeds.js'
import { regionOption, type Verb } from '../command/verb.js'
import { openFullScreen } from '../screen/fullScreen.js'
import { requireScreen } from '../screen/requireScreen.js'
import { ASCII, UNICODE } from '../screen/line.js'
import { hasColours, hasUnicode } from '../terminal/paint.js'
import { noticeTo } from '../terminal/report.js'

/** Milliseconds for which a value is shown. */
const HIDE_AFTER = 30_000

const COMMANDS: Commands = {
  edit: async () => (await import('./edit.js')).edit,
  rollback: async () => (await import('./rollback.js')).rollback,
  copy: async () => (await import('./copy.js')).copy
}

export const browse: Verb = {
  help: `Usage: git-vault browse [PREFIX] [--region REGION]

Look through the secrets, full screen: what you type is searched for in names,
then in descriptions and tags, as find does. Beside the list is what show
prints: description, tags, key, who changed the secret last, and its versions
as a timeline. PREFIX limits the list to names that start with it.

Nothing is decrypted before you press Enter, Ctrl-Y or Ctrl-E. A value is hidden
again when you move, press Enter again, or after 30 seconds. Of a JSON object,
Enter shows the names of the fields, and then one field at a time. Nothing stays
on the terminal when you leave.

Keys:
  Up, Down          choose a secret, a field or a version
  Enter             show the value, or hide it
  Tab               go to the fields and versions, and back to the list
  Ctrl-Y            copy the value, or the field with the cursor, as copy does
  Ctrl-E            edit the secret, as edit does
  Ctrl-R            go back to an earlier version, as rollback does; asks first
  ?                 show all keys
  Esc, Ctrl-C       leave

Options:
  --region REGION   the region to browse (default: the vault's own)

Example:
  git-vault browse prod/
`,
  options: regionOption,
  words: ['PREFIX'],
  required: 0,

  async run(parsed, world) {
    const { io } = world
    requireScreen(io, 'browse', 'list the secrets with git-vault ls, or search them with git-vault find')
    const notices = new Set<string>()
    const deeds = deedsOf(world, COMMANDS, parsed.text('region'), line => void notices.add(line))
    const session = new Session(world, deeds, {
      prefix: parsed.words[0] ?? '',
      marks: hasUnicode(io) ? UNICODE : ASCII,
      use: { canCopy: COMMANDS.copy !== undefined, isPicking: false },
      openScreen: openFullScreen(!hasColours(io)),
      hideAfter: HIDE_AFTER
    })
    try {
      await session.run()
    } finally {
      for (const line of notices) noticeTo(io)(line)
    }
  }
}
