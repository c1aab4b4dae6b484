/** Rules of a line of ACL LIST that say how its user logs in, and not what it may do. */
const OF_LOGIN = /^(?:[#!<>].*|on|off|nopass|resetpass|reset)$/

/** Returns what a user of Redis may do, from ACL LIST; `undefined` if no line is the user's. */
export function rulesOfUser(lines: readonly string[], user: string): string[] | undefined {
  const start = `user ${user} `
  // neither names nor patterns have spaces, and Redis joins the parts of a selector again
  const line = lines.find(one => one.startsWith(start))
  return line
    ?.slice(start.length)
    .split(' ')
    .filter(rule => rule !== '' && !OF_LOGIN.test(rule))
}
