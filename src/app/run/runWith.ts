import { redaction } from '../../core/run/redaction.js'
import type { Given } from '../../core/run/variables.js'
import { VaultError } from '../../core/errors.js'
import { runProgram, type Ending, type OutputOf, type Program } from '../../system/run/program.js'
import { createPrivateFolder } from '../privateFolder.js'
import { programEnvironment } from '../../core/run/programEnvironment.js'

export type { Ending } from '../../system/run/program.js'

type Environment = Readonly<Record<string, string | undefined>>

export interface RunOptions {
  readonly command: readonly [string, ...string[]]
  /** The caller's environment. Variables that hold the caller's identity are taken out of it. */
  readonly env: Environment
  /** Receive the program's output with the values replaced. By default the program writes its own. */
  readonly redacted?: { readonly stdout: Write; readonly stderr: Write } | undefined
  /** Called, if the output is redacted, with the variables whose values are too short for that. */
  readonly onShort?: (names: readonly string[]) => void
}

/** Returns false if nobody reads it any more. */
type Write = (bytes: Uint8Array) => Promise<boolean>

/** Runs a program with what it is given. Files are in memory, and are wiped when the program has ended. */
export async function runWith(given: Given, options: RunOptions): Promise<Ending> {
  const { command, env } = options
  const wipes: (() => void)[] = []
  try {
    return await runProgram(async () => {
      const variables = new Map(given.variables)
      if (given.files.length > 0) {
        const folder = await createPrivateFolder()
        wipes.push(() => folder.wipe())
        given.files.forEach(({ variable, content }, at) => {
          const name = /^\w{1,100}$/.test(variable) ? variable : `file-${at + 1}`
          variables.set(variable, folder.write(name, content))
        })
      }
      const stdin = given.stdin === undefined ? undefined : await openInput(given.stdin)
      if (stdin && 'close' in stdin) wipes.push(stdin.close)
      return {
        command,
        env: merged(env, variables),
        stdin: stdin && ('close' in stdin ? stdin.handle : stdin),
        outputs: outputs(given, options)
      }
    })
  } finally {
    for (const wipe of wipes) wipe()
  }
}

/**
 * Returns a nameless file in memory, which a program can also open as /dev/stdin. Without storage in memory, returns the
 * bytes, for a pipe.
 */
async function openInput(
  content: string | Uint8Array
): Promise<{ handle: number; close: () => void } | Uint8Array> {
  try {
    const { namelessFile } = await import('../../system/run/namelessFile.js')
    return namelessFile(await createPrivateFolder(), content)
  } catch (error) {
    if (!(error instanceof VaultError)) throw error
    return typeof content === 'string' ? new TextEncoder().encode(content) : content
  }
}

function merged(env: Environment, variables: ReadonlyMap<string, string>): Environment {
  const set = new Set([...variables.keys()].map(fold))
  const kept = Object.entries(programEnvironment(env)).filter(([name]) => !set.has(fold(name)))
  return Object.fromEntries([...kept, ...variables])
}

const fold = (name: string): string => (ignoresCase() ? name.toUpperCase() : name)

/** Whether the system ignores the case of a variable's name. */
export const ignoresCase = (): boolean => process.platform === 'win32'

function outputs(given: Given, { redacted, onShort }: RunOptions): Program['outputs'] {
  if (!redacted) return undefined
  const { redactor, short } = redaction(given)
  if (short.length > 0) onShort?.(short)
  const through = (write: Write): OutputOf => {
    const filter = redactor()
    return async chunk => {
      const bytes = chunk === undefined ? filter.end() : filter.push(chunk)
      return bytes.length === 0 || write(bytes)
    }
  }
  return { stdout: through(redacted.stdout), stderr: through(redacted.stderr) }
}
