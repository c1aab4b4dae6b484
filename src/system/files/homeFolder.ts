import { isAbsolute, resolve } from 'node:path'

/**
 * Returns the user's home folder: HOME, or USERPROFILE on Windows, else what the system says. An empty or relative variable is
 * ignored: it would mean the current folder.
 */
export function homeFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const named = env['HOME']
  if (named !== undefined && isAbsolute(named)) return named
  // loaded only here: most commands do not need it
  const { homedir, userInfo } = process.getBuiltinModule('node:os')
  const known = homedir()
  if (isAbsolute(known)) return known
  try {
    return userInfo().homedir
  } catch {
    return resolve('/') // this user has no entry
  }
}
