/** A name in PostgreSQL. It must have no zero byte. */
export const postgresName = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** A text in PostgreSQL, with any setting of standard_conforming_strings. It must have no zero byte. */
export const postgresText = (text: string): string =>
  `${text.includes('\\') ? ' E' : ''}'${text.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`

/** A text in MySQL and MariaDB, if the session's sql_mode has NO_BACKSLASH_ESCAPES. */
export const mysqlText = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** An account of MySQL or MariaDB. */
export interface MysqlAccount {
  readonly user: string
  readonly host: string
}

/** An account in a statement, as `mysqlText`. */
export const mysqlAccount = ({ user, host }: MysqlAccount): string => `${mysqlText(user)}@${mysqlText(host)}`

/** Reads the answer of `CURRENT_USER()`. A name may contain `@`, and a host cannot. */
export function parseMysqlAccount(text: string): MysqlAccount {
  const at = text.lastIndexOf('@')
  return { user: text.slice(0, at), host: text.slice(at + 1) }
}

const QUOTED = /`(?:[^`]|``)*`|'(?:[^']|'')*'/y
/** The options that a statement of SHOW GRANTS has after the account. */
const OPTIONS = / WITH (?:GRANT|ADMIN) OPTION/g

/**
 * Returns a statement of SHOW GRANTS for another account. Passwords, limits and requirements in it are left out.
 * @returns `undefined` if the statement names no account
 */
export function grantFor(statement: string, account: MysqlAccount): string | undefined {
  const words = outsideQuotes(statement)
  const [marker] = [...words.matchAll(/ (?:TO|FROM|FOR) /g)].slice(-1)
  if (!marker) return undefined
  const end = marker.index + marker[0].length
  const options = words.slice(end).match(OPTIONS) ?? []
  return `${statement.slice(0, end)}${mysqlAccount(account)}${options.join('')}`
}

/** Returns what SHOW CREATE USER requires of connections, from REQUIRE on; `undefined` if it requires nothing. */
export function requirement(statement: string): string | undefined {
  const words = outsideQuotes(statement)
  const start = words.indexOf(' REQUIRE ')
  if (start < 0) return undefined
  const length = words
    .slice(start)
    .search(/ (?:WITH|PASSWORD|ACCOUNT|FAILED_LOGIN_ATTEMPTS|ATTRIBUTE|COMMENT) |$/)
  return statement.slice(start + 1, start + length)
}

/** The text with each quoted part replaced by as many quotes, so that the places of all words stay. */
function outsideQuotes(statement: string): string {
  let words = ''
  for (let at = 0; at < statement.length; at = words.length) {
    QUOTED.lastIndex = at
    const quoted = QUOTED.exec(statement)?.[0]
    words += quoted === undefined ? statement[at]! : "'".repeat(quoted.length)
  }
  return words
}
