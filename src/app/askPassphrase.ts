/**
 * Returns the passphrase of the identity. It is called with 1, and, if `attempts` allows, with 2 and so on after a wrong
 * passphrase. Without `attempts`, a wrong passphrase is an error at once.
 */
export type AskPassphrase = ((attempt: number) => Promise<string>) & { readonly attempts?: number }
