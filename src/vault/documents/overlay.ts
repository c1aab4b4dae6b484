import type { Tree } from '../../core/ports.js'

/** A tree with some files changed. */
export class Overlay implements Tree {
  readonly #tree: Tree
  readonly #files = new Map<string, Uint8Array | null>()

  constructor(tree: Tree) {
    this.#tree = tree
  }

  apply(files: ReadonlyMap<string, Uint8Array | null>): void {
    for (const [path, bytes] of files) this.#files.set(path, bytes)
  }

  async read(path: string, limit: number): Promise<Uint8Array | undefined> {
    const changed = this.#files.get(path)
    return changed === undefined ? this.#tree.read(path, limit) : (changed ?? undefined)
  }
}
