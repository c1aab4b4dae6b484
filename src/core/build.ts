// The build replaces this with a hash of the sources.
declare const GIT_VAULT_SOURCES: string | undefined

/** Identifies the code that runs: another build may judge documents by other rules. */
export const build = typeof GIT_VAULT_SOURCES === 'string' ? GIT_VAULT_SOURCES : 'development'
