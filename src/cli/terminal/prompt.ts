import { visibleLines } from './escape.js'
import { askHidden } from './hiddenPrompt.js'
import { Interrupted } from './io.js'
import { openTerminal } from './ownTerminal.js'
import { UsageError } from '../arguments/usage.js'

// inquirer takes 100 ms to load, so it is loaded only for questions whose answers are shown. Never use its editor prompt:
// it would leave a secret in a temporary file. Its password prompt would end a pasted text at the first line.

export const secret = async (message: string): Promise<string> =>
  oneLine(await askHidden(visibleLines(message), 'line', standard(message)))

/** Asks for an exact text, which may have several lines. With `untilEnd`, Ctrl-D ends it instead of Enter. */
export const value = (message: string, untilEnd: boolean): Promise<string> =>
  askHidden(visibleLines(message), untilEnd ? 'lines' : 'value', standard(message))

/**
 * Asks at the process's own terminal, whatever stdin and stderr are: as a program must that git has started, or one whose
 * input is a pipe. `undefined` if there is none.
 */
export async function secretAtTerminal(message: string, lineBefore?: string): Promise<string | undefined> {
  const terminal = openTerminal()
  if (!terminal) return undefined
  try {
    if (lineBefore !== undefined) terminal.output.write(`${visibleLines(lineBefore)}\n`)
    return oneLine(await askHidden(visibleLines(message), 'line', terminal))
  } finally {
    terminal.close()
  }
}

/** A paste often brings the end of its last line along. */
function oneLine(answer: string): string {
  const line = answer.replace(/\n+$/, '')
  if (!line.includes('\n')) return line
  throw new UsageError('input', 'the answer has several lines, and only one is expected')
}

/** @param problemWith returns why an answer is refused, and then the question is asked again */
export const text = (
  message: string,
  suggestion: string | undefined,
  problemWith?: (answer: string) => string | undefined
): Promise<string> =>
  ask({
    type: 'input',
    name: 'answer',
    message: visibleLines(message),
    ...(suggestion === undefined ? {} : { default: suggestion }),
    validate: (answer: string) => {
      const problem = problemWith?.(answer.trim())
      return problem === undefined || visibleLines(problem)
    }
  })

export const confirm = (message: string, suggestion = false): Promise<boolean> =>
  ask({ type: 'confirm', name: 'answer', message: visibleLines(message), default: suggestion })

export interface Choice {
  readonly value: string
  /** Beside the value. */
  readonly note: string
  readonly isSuggested: boolean
}

/** Asks for at least one of the choices. */
export const choose = (message: string, choices: readonly Choice[]): Promise<string[]> =>
  ask({
    type: 'checkbox',
    name: 'answer',
    message: visibleLines(message),
    choices: choices.map(({ value: each, note, isSuggested }) => ({
      value: each,
      name: visibleLines(`${each}  ${note}`),
      short: visibleLines(each),
      checked: isSuggested
    })),
    required: true
  })

type Question = { readonly type: 'input' | 'confirm' | 'checkbox'; readonly name: 'answer' } & Record<
  string,
  unknown
>

/** Stdout is for data, and may be a file. */
function standard(message: string): { input: NodeJS.ReadStream; output: NodeJS.WriteStream } {
  const { stdin: input, stderr: output } = process
  // a prompt would wait forever, and the terminal would show what is typed
  if (input.readable) return { input, output }
  throw new UsageError(
    'input',
    `cannot ask '${visibleLines(message)}': standard input has ended`,
    'set GIT_VAULT_PASSPHRASE for a passphrase; pass an option for any other answer'
  )
}

async function ask<T>(question: Question): Promise<T> {
  const terminal = standard(String(question['message']))
  const { default: inquirer } = await import('inquirer')
  const prompt = inquirer.createPromptModule(terminal)
  try {
    const { answer } = (await prompt([question as never])) as { answer: T }
    return answer
  } catch (error) {
    const name = error instanceof Error ? error.name : ''
    if (name === 'ExitPromptError' || name === 'AbortPromptError') throw new Interrupted()
    throw error
  }
}
