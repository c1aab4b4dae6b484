import { activationCode, HOOKED_SHELLS } from '../../core/run/shell.js'
import { UsageError } from '../arguments/usage.js'
import type { Verb } from '../command/verb.js'

export const activate: Verb = {
  help: `Usage: git-vault activate bash|zsh|fish

Print code for your shell's start-up file. With it, the shell sets the variables
of a vault when you enter its repository, if .vaultrc lists secrets under run,
and takes them back when you leave. It asks for nothing: an identity with a
passphrase must be unlocked (git-vault unlock). Only a vault that this clone
trusts is read.

Examples:
  echo 'eval "$(git-vault activate bash)"' >> ~/.bashrc
  echo 'eval "$(git-vault activate zsh)"' >> ~/.zshrc
  echo 'git-vault activate fish | source' >> ~/.config/fish/config.fish
`,
  options: {},
  words: ['SHELL'],
  required: 1,

  async run(parsed, { io }) {
    const word = parsed.words[0]!
    const shell = HOOKED_SHELLS.find(name => name === word)
    if (shell === undefined)
      throw new UsageError('input', `activate has no code for '${word}'`, 'name bash, zsh or fish')
    await io.stdout.write(activationCode(shell))
  }
}
