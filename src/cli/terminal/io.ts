/**
 * The command line's whole world. Only `process.ts` makes one from the machine; everything else under
 * src/cli is handed one, so a test drives the program in its own process.
 */
export interface Io {
  readonly stdin: Input
  /** Data, and nothing else. */
  readonly stdout: Output
  /** Prompts, notices and errors. */
  readonly stderr: Output
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly home: string
  /** A file that the user named; a relative path is taken from `cwd`. Rejects with the system's error. */
  readFile(path: string): Promise<Uint8Array>
  uuid(): string
  /** What git, or failing that the system, calls the user. */
  userName(): Promise<string | undefined>
}

export interface Input {
  readonly isTerminal: boolean
  /** All there is, or somewhat more than `limit` bytes of it. */
  read(limit: number): Promise<Uint8Array>
}

export interface Output {
  readonly isTerminal: boolean
  /** Of the terminal, where it tells. */
  readonly columns?: number | undefined
  /** From now on a pipe that nobody reads keeps only those waiting who write to it, and not this thread. */
  unblock(): void
  /** Resolves once the data is handed over; rejects with `ReaderGone` when nobody reads any more. */
  write(data: string | Uint8Array): Promise<void>
}

/** The other end of the pipe was closed, as `head` does: a reason to stop, not an error. */
export class ReaderGone extends Error {
  override readonly name = 'ReaderGone'
}

/** By name: the build gives each of its files a class of its own. */
export const isReaderGone = (error: unknown): boolean => error instanceof Error && error.name === 'ReaderGone'

/** Ctrl-C in a prompt. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
}

/** Whether there is somebody to ask. Prompts go to stderr, so stdout may well be a file. */
export const canAsk = (io: Io): boolean => io.stdin.isTerminal && io.stderr.isTerminal
