import { Interrupted } from './io.js'
import { UsageError } from '../arguments/usage.js'

// inquirer takes 100 ms to load, so this file is imported only to ask something. Its editor prompt is never
// used: that would leave a secret in a temporary file.

export const secret = (message: string): Promise<string> =>
  asked({ type: 'password', name: 'answer', message, mask: false, toggleMask: false })

export const text = (message: string, suggestion: string | undefined): Promise<string> =>
  asked({
    type: 'input',
    name: 'answer',
    message,
    ...(suggestion === undefined ? {} : { default: suggestion })
  })

export const confirm = (message: string): Promise<boolean> =>
  asked({ type: 'confirm', name: 'answer', message, default: false })

type Question = { readonly type: 'password' | 'input' | 'confirm'; readonly name: 'answer' } & Record<
  string,
  unknown
>

async function asked<T>(question: Question): Promise<T> {
  // inquirer would wait for ever, and what is typed would be shown
  if (!process.stdin.readable) {
    throw new UsageError(
      'input',
      `cannot ask '${String(question['message'])}': standard input was read to its end`,
      'give the answer beforehand: a passphrase in GIT_VAULT_PASSPHRASE, anything else as an option'
    )
  }
  const { default: inquirer } = await import('inquirer')
  // stdout is for data, and may be a file.
  const prompt = inquirer.createPromptModule({ input: process.stdin, output: process.stderr })
  try {
    const { answer } = (await prompt([question as never])) as { answer: T }
    return answer
  } catch (error) {
    const name = error instanceof Error ? error.name : ''
    if (name === 'ExitPromptError' || name === 'AbortPromptError') throw new Interrupted()
    throw error
  }
}
