import { HOOKED_SHELLS } from '../../core/run/shell.js'
import { UsageError } from '../arguments/usage.js'
import type { Verb } from '../command/verb.js'
import { completionScript } from '../completion/scripts.js'
import { visible } from '../terminal/escape.js'

export const completion: Verb = {
  help: `Usage: git-vault completion bash|zsh|fish

Print code with which your shell completes commands, options, names of secrets,
version ids, labels, members and keys. It decrypts nothing, and never asks for
your passphrase. It completes \`git vault\` as well.

Examples:
  echo 'eval "$(git-vault completion bash)"' >> ~/.bashrc
  echo 'eval "$(git-vault completion zsh)"' >> ~/.zshrc    # after compinit
  git-vault completion fish > ~/.config/fish/completions/git-vault.fish
`,
  options: {},
  words: ['SHELL'],
  required: 1,

  async run(parsed, { io }) {
    const word = parsed.words[0]!
    const shell = HOOKED_SHELLS.find(name => name === word)
    if (shell === undefined)
      throw new UsageError('input', `completion has no code for '${visible(word)}'`, 'name bash, zsh or fish')
    await io.stdout.write(completionScript(shell))
  }
}
