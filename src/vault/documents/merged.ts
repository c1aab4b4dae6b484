/** The operation that a merged document is signed for. */
export const MERGE = 'Merge'

/** The operation that a state is signed for which `git-vault resolve` has made. */
export const RESOLVE = 'Resolve'
