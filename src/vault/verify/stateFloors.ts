/** How one state relates to another one that was seen: see `compareSecret`. */
type Compare<T> = (found: T, seen: T) => 'same' | 'newer' | 'older' | 'fork'

/** The place of a commit in a line of commits with one parent each. */
interface Position {
  readonly line: number
  readonly at: number
}

interface Step<T> {
  readonly at: number
  readonly states: readonly T[]
}

/**
 * The newest states that the history of a commit has seen of something, such as a secret: what later commits must not
 * fall behind, by whatever path. Branches that disagree leave several states. Only the folders that a range touches take
 * memory, and a search takes one step for each line of commits, not for each commit.
 */
export class StateFloors<T> {
  readonly #compare: Compare<T>
  readonly #base: (commit: string, folder: string) => Promise<T | undefined>
  readonly #positions = new Map<string, Position>()
  /** The parents of each line's first commit. */
  readonly #starts: (readonly string[])[] = []
  /** The number of commits in each line. */
  readonly #lengths: number[] = []
  readonly #floors = new Map<string, Map<number, Step<T>[]>>()

  /** @param base reads the state in a commit from before the range */
  constructor(compare: Compare<T>, base: (commit: string, folder: string) => Promise<T | undefined>) {
    this.#compare = compare
    this.#base = base
  }

  /** Adds a commit of the range, after its parents. */
  add(commit: string, parents: readonly string[]): void {
    const [parent = ''] = parents
    const before = parents.length === 1 ? this.#positions.get(parent) : undefined
    if (before && before.at === (this.#lengths[before.line] ?? 0) - 1) {
      this.#positions.set(commit, { line: before.line, at: before.at + 1 })
      this.#lengths[before.line]!++
    } else {
      this.#positions.set(commit, { line: this.#starts.length, at: 0 })
      this.#starts.push(parents)
      this.#lengths.push(1)
    }
  }

  /** Returns the newest states that these commits and their history have seen. */
  async of(commits: readonly string[], folder: string): Promise<readonly T[]> {
    // a long history would otherwise nest as many calls
    await Promise.resolve()
    const states: T[] = []
    for (const commit of commits) for (const state of await this.#at(commit, folder)) states.push(state)
    return newest(states, this.#compare)
  }

  /** Says what a commit, the last that was added, leaves as the newest states. */
  set(commit: string, folder: string, states: readonly T[]): void {
    const { line, at } = this.#positions.get(commit)!
    this.#stepsOf(folder, line).push({ at, states })
  }

  async #at(commit: string, folder: string): Promise<readonly T[]> {
    const position = this.#positions.get(commit)
    if (!position) {
      const state = await this.#base(commit, folder)
      return state === undefined ? [] : [state]
    }
    const steps = this.#stepsOf(folder, position.line)
    const known = steps.findLast(({ at }) => at <= position.at)
    if (known) return known.states
    const states = await this.of(this.#starts[position.line]!, folder)
    // the state before the line's first commit, to be found at once the next time
    steps.unshift({ at: -1, states })
    return states
  }

  #stepsOf(folder: string, line: number): Step<T>[] {
    const lines = this.#floors.get(folder) ?? new Map<number, Step<T>[]>()
    this.#floors.set(folder, lines)
    const steps = lines.get(line) ?? []
    lines.set(line, steps)
    return steps
  }
}

/** Leaves out the states that another one is newer than. */
function newest<T>(states: readonly T[], compare: Compare<T>): readonly T[] {
  return states.filter((state, index) =>
    states.every((other, at) => {
      if (at === index) return true
      const relation = compare(other, state)
      return relation === 'newer' ? false : relation !== 'same' || at > index
    })
  )
}
