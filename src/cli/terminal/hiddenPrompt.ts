import { UsageError } from '../arguments/usage.js'
import { HiddenText, type HiddenKind } from './hiddenText.js'
import { Interrupted } from './io.js'
import { textSize } from './textSize.js'

/** Asks the terminal to mark what is pasted. A terminal that cannot ignores it. */
const [MARK_PASTES, DO_NOT_MARK] = ['\u001b[?2004h', '\u001b[?2004l']
/** Milliseconds. A paste that the terminal does not mark comes in parts, of which one may end with a line. */
const PASTE_GAP = 100

/** Asks at a terminal and shows nothing of the answer. Rejects with `Interrupted` on Ctrl-C. */
export async function askHidden(
  message: string,
  kind: HiddenKind,
  { input, output }: { readonly input: NodeJS.ReadStream; readonly output: NodeJS.WriteStream }
): Promise<string> {
  const how = kind === 'lines' ? 'hidden; end it with Ctrl-D' : 'hidden'
  const text = new HiddenText(kind)
  input.setRawMode(true)
  output.write(`${MARK_PASTES}? ${message} (${how}): ${kind === 'lines' ? '\r\n' : ''}`)
  try {
    await read(text, kind, input, output)
  } finally {
    input.setRawMode(false)
    output.write(`${DO_NOT_MARK}${kind === 'lines' ? '' : '\n'}`)
  }
  return text.text
}

function read(
  text: HiddenText,
  kind: HiddenKind,
  input: NodeJS.ReadStream,
  output: NodeJS.WriteStream
): Promise<void> {
  const decoder = new TextDecoder()
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined
    let lines = 0
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
      clearTimeout(timer)
      const progress = text.feed(decoder.decode(keys, { stream: true }))
      if (progress === 'interrupted') end(() => reject(new Interrupted()))
      else if (progress === 'ended' || (progress === 'entered' && kind === 'line')) end(resolve)
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
