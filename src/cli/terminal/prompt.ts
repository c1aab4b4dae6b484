import { visibleLines } from './escape.js'
import { Interrupted } from './io.js'
import { UsageError } from '../arguments/usage.js'

// inquirer takes 100 ms to load, so import this file only to ask a question. Never use its editor prompt: it would leave
// a secret in a temporary file.

export const secret = (message: string): Promise<string> => ask(secretQuestion(message))

/** Asks at the process's terminal, as a program must that git has started. `undefined` if it has none. */
export async function secretAtTerminal(message: string, lineBefore: string): Promise<string | undefined> {
  const { openTerminal } = await import('./ownTerminal.js')
  const terminal = openTerminal()
  if (!terminal) return undefined
  try {
    terminal.output.write(`${visibleLines(lineBefore)}\n`)
    return await ask(secretQuestion(message), terminal)
  } finally {
    terminal.close()
  }
}

const secretQuestion = (message: string): Question => ({
  type: 'password',
  name: 'answer',
  message: visibleLines(message),
  mask: false,
  toggleMask: false
})

export const text = (message: string, suggestion: string | undefined): Promise<string> =>
  ask({
    type: 'input',
    name: 'answer',
    message: visibleLines(message),
    ...(suggestion === undefined ? {} : { default: suggestion })
  })

export const confirm = (message: string): Promise<boolean> =>
  ask({ type: 'confirm', name: 'answer', message: visibleLines(message), default: false })

interface Terminal {
  readonly input: NodeJS.ReadStream
  readonly output: NodeJS.WriteStream
}

type Question = { readonly type: 'password' | 'input' | 'confirm'; readonly name: 'answer' } & Record<
  string,
  unknown
>

async function ask<T>(
  question: Question,
  // stdout is for data, and may be a file
  { input, output }: Terminal = { input: process.stdin, output: process.stderr }
): Promise<T> {
  // inquirer would wait forever, and the terminal would show what is typed
  if (!input.readable) {
    throw new UsageError(
      'input',
      `cannot ask '${String(question['message'])}': standard input has ended`,
      'set GIT_VAULT_PASSPHRASE for a passphrase; pass an option for any other answer'
    )
  }
  const { default: inquirer } = await import('inquirer')
  const prompt = inquirer.createPromptModule({ input, output })
  try {
    const { answer } = (await prompt([question as never])) as { answer: T }
    return answer
  } catch (error) {
    const name = error instanceof Error ? error.name : ''
    if (name === 'ExitPromptError' || name === 'AbortPromptError') throw new Interrupted()
    throw error
  }
}
