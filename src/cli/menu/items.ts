/** A line of the menu: the command that it runs. */
export interface MenuItem {
  readonly command: string
  /** The sentence about the command in the program's help. */
  readonly text: string
}

export interface Group {
  readonly title: string
  readonly items: readonly MenuItem[]
}

const WITH_VAULT: readonly (readonly [string, readonly string[]])[] = [
  ['Browse', ['browse']],
  ['Read', ['get', 'copy', 'ls', 'find', 'show', 'history', 'log']],
  ['Change', ['put', 'set', 'edit', 'generate', 'rotate', 'rollback', 'cp', 'mv', 'rm', 'restore', 'import']],
  ['Run a program', ['run', 'env']],
  ['Members', ['member', 'key', 'exposure']],
  ['Check', ['doctor', 'verify', 'trust']],
  ['Sync', ['sync', 'resolve']],
  ['More', ['unlock', 'lock', 'help']]
]
const WITHOUT_VAULT: typeof WITH_VAULT = [
  ['Start', ['init', 'clone', 'identity']],
  ['More', ['help']]
]

/** @param summaries what each command does: one that has none is left out */
export function groupsOf(hasVault: boolean, summaries: ReadonlyMap<string, string>): Group[] {
  const textOf = (command: string): string | undefined =>
    command === 'help' ? 'list all commands; the guide is docs/guide.md' : summaries.get(command)
  return (hasVault ? WITH_VAULT : WITHOUT_VAULT).map(([title, commands]) => ({
    title,
    items: commands.flatMap(command => {
      const text = textOf(command)
      return text === undefined ? [] : [{ command, text }]
    })
  }))
}
