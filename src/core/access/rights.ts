/** The rights on a key, in the order in which they are shown. */
export const RIGHTS = ['decrypt', 'encrypt', 'manage'] as const
export type Right = (typeof RIGHTS)[number]
