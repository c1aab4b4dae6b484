import type { Config } from '../git/config.js'
import { shown } from '../files/paths.js'

/** Without dates: a process that is kept must date each ref update itself. */
export function undated(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.endsWith('_DATE')))
}

/** Settings that turn off hooks from git's configuration. Before git 2.55 each has to be named. */
export function hooksOff(config: Config): Record<string, string> {
  const environment: Record<string, string> = {}
  const names = config.hooks()
  for (const [at, name] of names.entries()) {
    environment[`GIT_CONFIG_KEY_${at}`] = `hook.${name}.enabled`
    environment[`GIT_CONFIG_VALUE_${at}`] = 'false'
  }
  return names.length === 0 ? {} : { ...environment, GIT_CONFIG_COUNT: String(names.length) }
}

/** The reflog's entry: the first line of the message, as with `git commit`. */
export function reasonOf(message: string): string {
  return `git-vault: ${shown(message.split('\n', 1)[0] ?? '', 200)}`
}
