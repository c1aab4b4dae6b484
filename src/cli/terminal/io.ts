/**
 * Everything the command line reads and writes. Only `process.ts` connects it to the real process. All other code under
 * src/cli receives it as an argument, so that tests can run the program in their own process.
 */
export interface Io {
  readonly stdin: Input
  /** Only data. */
  readonly stdout: Output
  /** Prompts, notices and errors. */
  readonly stderr: Output
  /** The environment. An option that stands for a variable is written into it. */
  readonly env: Record<string, string | undefined>
  /** The folder in whose repository the vault is: `GIT_VAULT_DIR`, or else the current folder. */
  readonly cwd: string
  readonly home: string
  /** Makes a folder the current one, instead of `GIT_VAULT_DIR` too. Throws the system's error. */
  enter(folder: string): void
  /** Reads a file that the user named, relative to the current folder. Rejects with the system's error. */
  readFile(path: string): Promise<Uint8Array>
  uuid(): string
  /** Returns the user's name from git's configuration, or from the system. */
  userName(): Promise<string | undefined>
}

export interface Input {
  readonly isTerminal: boolean
  /** Reads to the end, or stops soon after `limit` bytes. */
  read(limit: number): Promise<Uint8Array>
}

export interface Output {
  readonly isTerminal: boolean
  /** The width of the terminal, if known. */
  readonly columns?: number | undefined
  /** Makes a pipe non-blocking: if nobody reads it, its writes wait, but this thread does not. */
  unblock(): void
  /** Resolves when the data has been written. Rejects with `ReaderGone` if the reader has closed the pipe. */
  write(data: string | Uint8Array): Promise<void>
}

/** The reader has closed the pipe, as `head` does. The program stops; this is not an error. */
export class ReaderGone extends Error {
  override readonly name = 'ReaderGone'
}

/** Compares names, because each bundle of the build has its own copy of the class. */
export const isReaderGone = (error: unknown): boolean => error instanceof Error && error.name === 'ReaderGone'

/** Ctrl-C in a prompt. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
}

/** Returns whether the user can be prompted. Prompts go to stderr, so stdout may be a file. */
export const canAsk = (io: Io): boolean => io.stdin.isTerminal && io.stderr.isTerminal
