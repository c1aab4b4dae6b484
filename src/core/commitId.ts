/** Whether a text is the full id of a commit. A branch or a short id can be made to name another commit. */
export const isCommitId = (text: string): boolean => /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text)
