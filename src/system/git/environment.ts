import { withSafePath } from '../files/programs.js'

/**
 * Variables that say how to reach a remote, how to ask for a password, or where the user's own configuration is. Any other
 * GIT_* could point git at another repository, index or configuration than the one that was found. A hook, for example,
 * runs with several of them set.
 */
const KEPT = new Set([
  'GIT_ASKPASS',
  'GIT_SSH',
  'GIT_SSH_COMMAND',
  'GIT_SSH_VARIANT',
  'GIT_SSL_CAINFO',
  'GIT_SSL_CAPATH',
  'GIT_SSL_NO_VERIFY',
  'GIT_PROXY_COMMAND',
  'GIT_HTTP_PROXY_AUTHMETHOD',
  'GIT_CONFIG_GLOBAL',
  'GIT_CONFIG_SYSTEM',
  'GIT_CONFIG_NOSYSTEM'
])

/**
 * Returns this process's environment without the GIT_* variables that are not in `KEPT`. git itself starts programs by name,
 * such as gpg and ssh, so PATH keeps only its absolute entries.
 */
export function scrubbedEnvironment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = {}
  for (const [name, value] of Object.entries(process.env)) {
    if (!/^GIT_/i.test(name) || KEPT.has(name)) environment[name] = value
  }
  return {
    ...withSafePath(environment),
    // git's messages in one language, because some are parsed
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_NO_LAZY_FETCH: '1',
    GIT_OPTIONAL_LOCKS: '0',
    ...extra
  }
}
