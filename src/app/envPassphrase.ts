/** The passphrase of the identity from the environment; `undefined` if it is unset or empty. */
export const envPassphrase = (env: Readonly<Record<string, string | undefined>>): string | undefined =>
  env['GIT_VAULT_PASSPHRASE'] || undefined
