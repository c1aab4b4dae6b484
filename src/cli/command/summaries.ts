/** Returns the one-line summaries of the commands in the program's help, by command. */
export function commandSummaries(programHelp: string): ReadonlyMap<string, string> {
  const lines = programHelp.matchAll(/^ {2}([a-z][a-z-]*) {2,}(\S.*)$/gm)
  return new Map([...lines].flatMap(([, name = '', text = '']) => (/ {2}/.test(text) ? [] : [[name, text]])))
}

/** Returns what the help of a command says about each option, up to a semicolon or the end of the sentence. */
export function optionSummaries(help: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  let name: string | undefined
  for (const line of help.split('\n')) {
    const [, flag, rest = ''] = /^ {2}--([a-z-]+)(.*)$/.exec(line) ?? []
    // what an option does comes after two spaces, or after its operand and the action that takes it
    if (flag !== undefined)
      found.set((name = flag), /(?: {2}|[A-Z] (?=[a-z]+:))(.*)$/.exec(rest)?.[1]?.trim() ?? '')
    else if (name !== undefined && /^ {4,}\S/.test(line))
      found.set(name, `${found.get(name)} ${line.trim()}`.trim())
    else name = undefined
  }
  return new Map([...found].map(([option, text]) => [option, text.split(/; |\. /)[0]!]))
}

/** Returns what the help of a command says about each of its actions, up to the end of the first sentence. */
export function actionSummaries(help: string, actions: readonly string[]): ReadonlyMap<string, string> {
  const lines = help.split('\n')
  return new Map(
    actions.map(action => {
      const at = lines.findIndex(line => line.startsWith(`  ${action} `))
      const rest = at < 0 ? [] : lines.slice(at + 1)
      const end = rest.findIndex(line => !/^ {4,}\S/.test(line))
      const text = [lines[at]?.slice(action.length + 2) ?? '', ...rest.slice(0, Math.max(0, end))]
      return [
        action,
        text
          .map(line => line.trim())
          .join(' ')
          .split(/; |\. /)[0]!
      ]
    })
  )
}
