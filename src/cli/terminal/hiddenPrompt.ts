import { UsageError } from '../arguments/usage.js'
import { HiddenText, type HiddenKind } from './hiddenText.js'
import { Interrupted } from './io.js'
import { textSize } from './textSize.js'

/** Asks the terminal to mark what is pasted. A terminal that cannot ignores it. */
const [MARK_PASTES, DO_NOT_MARK] = ['\u001b[?2004h', '\u001b[?2004l']
/** Milliseconds. A paste that the terminal does not mark comes in parts, of which one may end with a line. */
const PASTE_GAP = 100
/**
 * Milliseconds from Ctrl-Z until the question is asked again, if the process then runs: it goes on after a stop, or no shell
 * controls it and it was not stopped.
 */
const STOPPING = 100

interface Terminal {
  readonly input: NodeJS.ReadStream
  readonly output: NodeJS.WriteStream
}

/**
 * Asks at a terminal and shows nothing of the answer. Rejects with `Interrupted` on Ctrl-C. Ctrl-Z stops the process and
 * those that it was started with, as at a prompt of the shell's own; afterwards the question is asked anew.
 */
export async function askHidden(message: string, kind: HiddenKind, terminal: Terminal): Promise<string> {
  const how = kind === 'lines' ? 'hidden; end it with Ctrl-D' : 'hidden'
  const question = `${MARK_PASTES}? ${message} (${how}): ${kind === 'lines' ? '\r\n' : ''}`
  const text = new HiddenText(kind)
  const ask = (): void => {
    terminal.input.setRawMode(true)
    terminal.output.write(question)
  }
  const leave = (newline: boolean): void => {
    terminal.input.setRawMode(false)
    terminal.output.write(`${DO_NOT_MARK}${newline ? '\n' : ''}`)
  }
  ask()
  try {
    await read(text, kind, terminal, {
      stop() {
        leave(true)
        // the whole group, because the shell waits for the program that it started, which may be git
        if (process.platform !== 'win32') process.kill(0, 'SIGTSTP')
      },
      ask
    })
  } finally {
    leave(kind !== 'lines')
  }
  return text.text
}

function read(
  text: HiddenText,
  kind: HiddenKind,
  { input, output }: Terminal,
  on: { readonly stop: () => void; readonly ask: () => void }
): Promise<void> {
  const decoder = new TextDecoder()
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined
    let isStopping = false
    let lines = 0
    const stop = (): void => {
      if (isStopping) return
      isStopping = true
      on.stop()
      timer = setTimeout(() => {
        isStopping = false
        lines = 0
        on.ask()
      }, STOPPING)
    }
    const end = (work: () => void): void => {
      clearTimeout(timer)
      input.pause()
      input.off('data', onData).off('end', onEnd).off('error', onEnd)
      if (text.rest !== '') input.unshift(Buffer.from(text.rest))
      work()
    }
    const onEnd = (): void =>
      end(() => reject(new UsageError('input', 'the terminal was closed before the answer was complete')))
    const onData = (keys: Buffer): void => {
      if (!isStopping) clearTimeout(timer)
      const progress = text.feed(decoder.decode(keys, { stream: true }))
      if (progress === 'interrupted') end(() => reject(new Interrupted()))
      else if (progress === 'ended' || (progress === 'entered' && kind === 'line')) end(resolve)
      else if (progress === 'suspended') stop()
      else if (progress === 'entered') timer = setTimeout(() => end(resolve), PASTE_GAP)
      if (progress !== 'more') return
      if (kind !== 'line' && text.takePasted()) output.write(`[${textSize(text.text)}] `)
      // shows where the user is
      const typed = text.text.split('\n').length - 1
      if (kind === 'lines' && typed > lines) output.write('\r\n')
      lines = typed
    }
    input.on('data', onData).on('end', onEnd).on('error', onEnd)
    input.resume()
  })
}
