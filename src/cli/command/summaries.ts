/** Returns the one-line summaries of the commands in the program's help, by command. */
export function commandSummaries(programHelp: string): ReadonlyMap<string, string> {
  const lines = programHelp.matchAll(/^ {2}([a-z][a-z-]*) {2,}(\S.*)$/gm)
  return new Map([...lines].flatMap(([, name = '', text = '']) => (/ {2}/.test(text) ? [] : [[name, text]])))
}

/** Returns the first line of each option's description in the help of a command, by the option's name. */
export function optionSummaries(help: string): ReadonlyMap<string, string> {
  const lines = help.matchAll(/^ {2}--([a-z-]+)(?:,? [^ ]+)* {1,}(?<= {2}| [A-Z]+ )([a-z].*)$/gm)
  return new Map([...lines].map(([, name = '', text = '']) => [name, text.replace(/[;,:]$/, '')]))
}
