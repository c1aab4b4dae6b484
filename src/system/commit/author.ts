import type { Config } from '../git/config.js'

export interface Person {
  readonly name: string
  readonly email: string
}

export interface Signature {
  readonly author: Person
  readonly committer: Person
  /** git's raw format: seconds since the epoch, and a time zone. */
  readonly date: string
}

/**
 * Returns author and committer from the environment, else from git's configuration, else from the vault's member, so that
 * a machine without a git identity can write.
 * @param time milliseconds since the epoch
 */
export function signatureOf(
  config: Config,
  member: string,
  time: number,
  env: NodeJS.ProcessEnv = process.env
): Signature {
  const person = (role: 'author' | 'committer'): Person => {
    const variable = `GIT_${role.toUpperCase()}`
    const name = [env[`${variable}_NAME`], config.text(`${role}.name`), config.text('user.name'), member]
    const email = [
      env[`${variable}_EMAIL`],
      config.text(`${role}.email`),
      config.text('user.email'),
      env['EMAIL'],
      `${mailbox(member)}@git-vault.invalid`
    ]
    return { name: firstUsable(name, 'git-vault'), email: firstUsable(email, 'member@git-vault.invalid') }
  }
  return { author: person('author'), committer: person('committer'), date: rawDate(time) }
}

const mailbox = (member: string): string =>
  member.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[-.]+|[-.]+$/g, '') || 'member'

/** Removes `<` and `>`, which delimit the address in a commit, and punctuation around a name, as git does. */
function firstUsable(candidates: (string | undefined)[], otherwise: string): string {
  for (const candidate of candidates) {
    const text = (candidate ?? '')
      // eslint-disable-next-line no-control-regex
      .replace(/[<>\u0000-\u001f\u007f]/g, '')
      .replace(/^[\s.,:;"'\\]+|[\s.,:;"'\\]+$/g, '')
    if (text !== '') return text
  }
  return otherwise
}

function rawDate(time: number): string {
  const minutes = -new Date(time).getTimezoneOffset()
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0')
  const zone = `${minutes < 0 ? '-' : '+'}${two(Math.abs(minutes) / 60)}${two(Math.abs(minutes) % 60)}`
  return `${Math.max(0, Math.floor(time / 1000))} ${zone}`
}

/** Returns the environment for git commands that write a commit or a reflog entry. */
export function signatureEnvironment({ author, committer, date }: Signature): Record<string, string> {
  return {
    GIT_AUTHOR_NAME: author.name,
    GIT_AUTHOR_EMAIL: author.email,
    GIT_AUTHOR_DATE: `@${date}`,
    GIT_COMMITTER_NAME: committer.name,
    GIT_COMMITTER_EMAIL: committer.email,
    GIT_COMMITTER_DATE: `@${date}`
  }
}
