import { execFile, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'vitest'

const DRIVER = fileURLToPath(new URL('../terminal.py', import.meta.url))

/** What is typed once a text has appeared. */
export interface Step {
  readonly wait: string
  readonly type: string
  /** The new size of the terminal: columns, and lines. */
  readonly resize?: readonly [number, number]
  /** The number of a signal that the program gets. */
  readonly signal?: number
}

export interface Order {
  readonly argv: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly steps: readonly Step[]
  /** 80 if left out. */
  readonly columns?: number
  /** 24 if left out. */
  readonly rows?: number
  /** The kind of terminal, as TERM has it: xterm if left out. */
  readonly term?: string
  /** The content of a pipe that is the standard input. */
  readonly stdin?: string
}

/** Runs a program in a terminal of its own. Fails if it does not end, or does not ask for all that is to be typed. */
export function inTerminal(order: Order): { shown: string; code: number } {
  const { status, stdout, stderr, error } = spawnSync('python3', [DRIVER, JSON.stringify(order)], {
    encoding: 'utf8',
    timeout: 120_000
  })
  if (error) throw new Error(MISSING, { cause: error })
  if (status !== 0) throw new Error(stderr)
  return endOf(stdout)
}

/** The same, beside other programs. */
export async function inTerminalBeside(order: Order): Promise<{ shown: string; code: number }> {
  const { stdout } = await promisify(execFile)('python3', [DRIVER, JSON.stringify(order)], {
    timeout: 120_000
  })
  return endOf(stdout)
}

const MISSING = 'missing: python3, which gives the program a terminal'

function endOf(report: string): { shown: string; code: number } {
  const { shown, code, late, left } = JSON.parse(report) as {
    shown: string
    code: number
    late: boolean
    left: number
  }
  expect({ late, left, shown }).toEqual({ late: false, left: 0, shown })
  return { shown, code }
}
