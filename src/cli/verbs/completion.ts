import { hookedShell } from '../command/hookedShell.js'
import type { Verb } from '../command/verb.js'
import { completionScript } from '../completion/scripts.js'

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
    await io.stdout.write(completionScript(hookedShell('completion', parsed.words[0]!)))
  }
}
