/** The operation that a merged document is signed for. */
export const MERGE = 'Merge'
