import type { History, Memory, Repository } from '../core/ports.js'

/** A repository with another memory. Everything else is the given repository, which is closed with it. */
export function withMemory(repository: Repository & History, memory: Memory): Repository & History {
  return {
    root: repository.root,
    workTree: repository.workTree,
    memory,
    remembering: other => repository.remembering(other),
    digester: repository.digester && (async () => repository.digester!()),
    branch: async () => repository.branch(),
    headTime: async () => repository.headTime(),
    prepareCommit: async () => repository.prepareCommit(),
    openSpool: repository.openSpool && (async () => repository.openSpool!()),
    close: async () => repository.close(),
    commit: async decide => repository.commit(decide),
    conflictSides: async paths => repository.conflictSides(paths),
    commitId: async revision => repository.commitId(revision),
    isAncestor: async (commit, descendant) => repository.isAncestor(commit, descendant),
    shallowCommits: async () => repository.shallowCommits(),
    treeOf: commit => repository.treeOf(commit),
    range: (from, to, paths) => repository.range(from, to, paths),
    removed: (commit, since, paths) => repository.removed(commit, since, paths),
    files: (revision, folders) => repository.files(revision, folders),
    difference: (from, to, paths) => repository.difference(from, to, paths),
    otherBranches: async ref => repository.otherBranches(ref),
    anywhere: paths => repository.anywhere(paths),
    log: options => repository.log(options),
    blob: async (id, limit) => repository.blob(id, limit)
  }
}
