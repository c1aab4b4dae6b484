import { activationCode } from '../../core/run/shell.js'
import { hookedShell } from '../command/hookedShell.js'
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
    await io.stdout.write(activationCode(hookedShell('activate', parsed.words[0]!)))
  }
}
