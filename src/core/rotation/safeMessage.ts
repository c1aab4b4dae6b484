/** Shorter parts of a password are in any text by chance. */
const PART = 4
const LONGEST = 500

/**
 * Returns a database's message in one line; an empty text if it contains a part of a password. A database may quote a part of
 * the statement that it refuses.
 */
export function safeMessage(message: string, passwords: readonly string[]): string {
  const line = message.replace(/\s+/g, ' ').trim()
  const shown = [message, line]
  const reveals = passwords.some(password => {
    const length = Math.min(PART, password.length)
    for (let at = 0; length > 0 && at + length <= password.length; at++)
      if (shown.some(text => text.includes(password.slice(at, at + length)))) return true
    return false
  })
  return reveals ? '' : line.slice(0, LONGEST)
}
