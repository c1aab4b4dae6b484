import { activationCode } from '../../core/run/shell.js'
import { hookedShell } from '../command/hookedShell.js'
import type { Verb } from '../command/verb.js'

export const activate: Verb = {
  help: `Usage: git-vault activate bash|zsh|fish

Print code for your shell's start-up file. With it, the shell sets the variables
of a vault when you enter its repository, if .vaultrc lists secrets under run,
and restores the old ones when you leave. The code never asks for a passphrase:
if your identity has one, run git-vault unlock first. It reads a vault only if
this clone trusts it.

Examples:
  echo 'eval "$(git-vault activate bash)"' >> ~/.bashrc
  echo 'eval "$(git-vault activate zsh)"' >> ~/.zshrc
  echo 'git-vault activate fish | source' >> ~/.config/fish/config.fish
`,
  options: {},
  words: ['SHELL'],
  required: 1,

  async run(parsed, { io }) {
    await io.stdout.write(activationCode(hookedShell('activate', parsed.words[0]!)))
  }
}
