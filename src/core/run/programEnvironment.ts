/** Variables of git-vault, such as the caller's identity. */
const OWN = /^GIT_VAULT_/i

/** An environment for a program that is not git-vault's own: without the variables that hold the caller's identity. */
export const programEnvironment = (
  env: Readonly<Record<string, string | undefined>>
): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !OWN.test(name)))
