import { visibleRows } from '../terminal/escape.js'
import { UsageError } from '../arguments/usage.js'
import type { Verb } from '../command/verb.js'

/** git runs this for each state of a file that it compares. It must not fail, or `git diff` and `git log -p` stop. */
export const textconv: Verb = {
  help: `Usage: git-vault textconv FILE

Print a file of a vault for people, one fact on each line, without any value,
signature or key. git runs this for \`git diff\`, \`git log -p\` and \`git show\`.
It checks no signature: use \`git-vault verify\` and \`git-vault diff\` for that.

Example:
  git config diff.git-vault.textconv 'git-vault textconv'
`,
  options: {},
  words: ['FILE'],
  required: 1,

  async run(parsed, { io, services }) {
    const file = parsed.words[0]!
    const bytes = await io.readFile(file).catch((error: unknown) => {
      const { code, message } = error as NodeJS.ErrnoException
      throw new UsageError('input', `cannot read ${file}: ${code ?? message}`)
    })
    await io.stdout.write(visibleRows(await services.textconv(bytes, io.cwd)))
  }
}
