import type { ChildProcess } from 'node:child_process'
import { isatty } from 'node:tty'
import { processStat } from '../files/processStat.js'

/** A terminal sends these to the program itself, because it is in the same process group. */
const OF_TERMINALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT', 'SIGTSTP']
/** SIGCONT may come twice to the program, which is harmless. */
const OTHERS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGALRM', 'SIGCONT']
/** Windows has no others, and sends them to each process of the console. */
const OF_WINDOWS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGBREAK', 'SIGHUP']

export interface PassedSignals {
  /** The first signal that came before the program had started, and would end it. */
  readonly early: NodeJS.Signals | undefined
  stop(): void
}

/**
 * Passes signals on to a program, which is `undefined` until it has started, so that this process ends only after it. If
 * the program stops (Ctrl-Z), this process stops, too, and the shell has a stopped job.
 */
export function passSignals(program: () => ChildProcess | undefined): PassedSignals {
  let wasAskedToStop = false
  let early: NodeJS.Signals | undefined
  const on: [NodeJS.Signals, () => void][] = []
  const listen = (signal: NodeJS.Signals, listener: () => void): void => {
    process.on(signal, listener)
    on.push([signal, listener])
  }
  const send = (signal: NodeJS.Signals): void => {
    const started = program()
    if (started) started.kill(signal)
    else if (signal !== 'SIGCONT' && signal !== 'SIGTSTP') early ??= signal
  }
  if (process.platform === 'win32') for (const signal of OF_WINDOWS) listen(signal, () => undefined)
  else {
    for (const signal of OF_TERMINALS)
      listen(signal, () => {
        if (program() && isInForeground()) return
        wasAskedToStop ||= signal === 'SIGTSTP'
        send(signal)
      })
    for (const signal of OTHERS) listen(signal, () => send(signal))
    listen('SIGCHLD', () => {
      const pid = program()?.pid
      if (pid === undefined || processStat(pid)?.state !== 'T') return
      if (!wasAskedToStop && !isInForeground()) return
      wasAskedToStop = false
      process.kill(process.pid, 'SIGSTOP')
    })
  }
  return {
    get early() {
      return early
    },
    stop() {
      for (const [signal, listener] of on) process.removeListener(signal, listener)
    }
  }
}

/** Whether the terminal sends its signals to this process's group. Without /proc: whether there is a terminal. */
function isInForeground(): boolean {
  const own = processStat('self')
  if (own === undefined) return [0, 1, 2].some(isatty)
  return own.group === own.foreground
}
