/** The operation in the message of a commit that changes nothing but version files, after a merge by git alone. */
export const MEND_VERSIONS = 'MendVersions'

/** The operation that a merged document is signed for. */
export const MERGE = 'Merge'
