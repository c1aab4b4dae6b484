import { readFileSync } from 'node:fs'

const INTERVAL = 1_000

/** Reads the event of a rotation function from standard input. */
export const functionEvent = (): unknown => JSON.parse(readFileSync(0, 'utf8'))

/** Ends this process if the one that started it is gone, even before this one began: nobody else would end it. */
export function endWithParent(parent: number): void {
  const watch = (): void => {
    if (process.ppid !== parent) process.exit(1)
  }
  watch()
  setInterval(watch, INTERVAL).unref()
}
