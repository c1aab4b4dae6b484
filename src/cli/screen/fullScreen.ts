import { DO_NOT_MARK, KeyReader, MARK_PASTES } from './keys.js'
import { toTerminal } from './paintLine.js'
import type { Frame, OpenScreen, Screen, ScreenEvent, Size } from './screen.js'

/**
 * The alternate screen, which has no scrollback, without a cursor. Lines are cut, not wrapped, if the terminal draws a
 * character wider than expected.
 */
const ENTER = `\u001b[?1049h\u001b[?25l\u001b[?7l${MARK_PASTES}`
const LEAVE = `${DO_NOT_MARK}\u001b[?7h\u001b[0m\u001b[?25h\u001b[?1049l`
/** Milliseconds after which an Escape that nothing followed is the key of that name. */
const ESCAPE_WAIT = 50
/** Milliseconds from Ctrl-Z until the screen comes back, if the process then runs: see hiddenPrompt.ts. */
const STOPPING = 100
const FATAL = ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT'] as const

/**
 * Shows frames on the alternate screen of the process's terminal. The terminal is given back however the process ends, but
 * for SIGKILL. Nothing of a frame stays on the alternate screen, which some terminals can show again.
 */
export const openFullScreen =
  (isPlain: boolean): OpenScreen =>
  on =>
    new FullScreen(isPlain, on)

class FullScreen implements Screen {
  readonly #isPlain: boolean
  readonly #on: (event: ScreenEvent) => void
  #keys = new KeyReader()
  #decoder = new TextDecoder()
  #drawn: string[] = []
  #frame: Frame = { lines: [] }
  /** The size that was last announced. */
  #size: Size = this.size
  #isOn = false
  #isClosed = false
  /** How many others use the terminal now: an editor may have been started, and then a prompt. */
  #guests = 0
  #escape: NodeJS.Timeout | undefined
  #stopping: NodeJS.Timeout | undefined

  constructor(isPlain: boolean, on: (event: ScreenEvent) => void) {
    this.#isPlain = isPlain
    this.#on = on
    this.#enter()
  }

  get size(): Size {
    const { columns, rows } = process.stdout
    return { columns: columns || 80, rows: rows || 24 }
  }

  show(frame: Frame): void {
    this.#frame = frame
    if (this.#isOn) this.#draw()
  }

  async outside<T>(work: () => Promise<T>): Promise<T> {
    this.#guests++
    this.#leave()
    try {
      return await work()
    } finally {
      this.#guests--
      this.#enter()
    }
  }

  close(): void {
    this.#isClosed = true
    this.#leave()
  }

  #enter(): void {
    if (this.#isOn || this.#isClosed || this.#guests > 0) return
    this.#isOn = true
    const { stdin, stdout } = process
    stdin.setRawMode(true)
    stdin.on('data', this.#onData).on('end', this.#onEnd).on('error', this.#onEnd)
    stdin.resume()
    stdout.on('resize', this.#onResize)
    for (const signal of FATAL) process.on(signal, this.#onFatal)
    process.on('SIGTSTP', this.#onStop).on('SIGCONT', this.#onContinue)
    process.on('exit', this.#onExit).on('uncaughtExceptionMonitor', this.#onExit)
    stdout.write(ENTER)
    this.#drawn = []
    this.#draw()
    const { size } = this
    if (size.columns !== this.#size.columns || size.rows !== this.#size.rows) this.#onResize()
  }

  #leave(): void {
    if (!this.#isOn) return
    this.#isOn = false
    clearTimeout(this.#escape)
    clearTimeout(this.#stopping)
    const { stdin, stdout } = process
    stdin.off('data', this.#onData).off('end', this.#onEnd).off('error', this.#onEnd)
    stdin.pause()
    stdout.off('resize', this.#onResize)
    for (const signal of FATAL) process.off(signal, this.#onFatal)
    process.off('SIGTSTP', this.#onStop).off('SIGCONT', this.#onContinue)
    process.off('exit', this.#onExit).off('uncaughtExceptionMonitor', this.#onExit)
    this.#restore()
  }

  /** Erases line by line: some terminals copy a screen that is erased as a whole to their scrollback. */
  #restore(): void {
    const erased = this.#drawn.map((_, at) => `\u001b[${at + 1}H\u001b[2K`).join('')
    this.#drawn = []
    try {
      process.stdout.write(`${erased}${LEAVE}`)
      process.stdin.setRawMode(false)
    } catch {
      // the terminal is gone
    }
  }

  #draw(): void {
    const { rows } = this.size
    const lines = this.#frame.lines.slice(0, rows).map(line => toTerminal(line, this.#isPlain))
    let out = ''
    for (let at = 0; at < Math.max(lines.length, this.#drawn.length); at++)
      if (lines[at] !== this.#drawn[at]) out += `\u001b[${at + 1}H\u001b[2K${lines[at] ?? ''}`
    this.#drawn = lines
    const { cursor } = this.#frame
    out += cursor ? `\u001b[${cursor.row + 1};${cursor.column + 1}H\u001b[?25h` : '\u001b[?25l'
    process.stdout.write(out)
  }

  readonly #onData = (bytes: Buffer): void => {
    clearTimeout(this.#escape)
    this.#dispatch(this.#keys.read(this.#decoder.decode(bytes, { stream: true })))
    if (this.#isOn && this.#keys.isOpen)
      this.#escape = setTimeout(() => this.#dispatch(this.#keys.flush()), ESCAPE_WAIT)
  }

  /** Drops the keys after one that left the screen: they were typed for what came next. */
  #dispatch(keys: ReturnType<KeyReader['read']>): void {
    for (const key of keys)
      if (!this.#isOn) return
      else if (key.name === 'ctrl-z') this.#stop(0)
      else this.#on({ kind: 'key', key })
  }

  readonly #onEnd = (): void => this.#on({ kind: 'closed' })

  readonly #onResize = (): void => {
    // a terminal that became smaller has moved the lines
    this.#drawn = this.#drawn.map(() => '\u0000')
    this.#size = this.size
    this.#on({ kind: 'resize', size: this.#size })
  }

  readonly #onExit = (): void => this.#leave()

  readonly #onFatal = (signal: NodeJS.Signals): void => {
    this.close()
    process.kill(process.pid, signal)
  }

  readonly #onStop = (): void => this.#stop(process.pid)

  /** @param who the process to stop, or 0 for the group: the shell waits for the program it started, which may be git */
  #stop(who: number): void {
    if (!this.#isOn || process.platform === 'win32') return
    this.#on({ kind: 'suspend' })
    this.#leave()
    process.kill(who, 'SIGTSTP')
    this.#stopping = setTimeout(() => this.#enter(), STOPPING)
  }

  /** After a stop that was not announced, the shell has changed the terminal. */
  readonly #onContinue = (): void => {
    this.#leave()
    this.#enter()
  }
}
