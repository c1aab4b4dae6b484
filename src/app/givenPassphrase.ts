/** The passphrase of the identity, where the environment gives it. An empty one is none. */
export const givenPassphrase = (env: Readonly<Record<string, string | undefined>>): string | undefined =>
  env['GIT_VAULT_PASSPHRASE'] || undefined
