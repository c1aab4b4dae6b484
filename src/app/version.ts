// The build replaces this with the version in package.json.
declare const GIT_VAULT_VERSION: string | undefined

export const version = typeof GIT_VAULT_VERSION === 'string' ? GIT_VAULT_VERSION : 'development'
