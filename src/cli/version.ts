// The build puts the number of package.json here.
declare const GIT_VAULT_VERSION: string | undefined

export const version = typeof GIT_VAULT_VERSION === 'string' ? GIT_VAULT_VERSION : 'development'
