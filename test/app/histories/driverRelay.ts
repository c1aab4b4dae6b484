import * as fs from 'node:fs'
import { join } from 'node:path'
import { runMergeDriver } from '../../../src/app/mergeDriver.js'
import { conflictText } from '../../../src/vault/merging/conflictText.js'

/**
 * Lets git run the merge driver of this process: a process of its own for each file would take most of the time of a random
 * test. A shell script leaves git's arguments in a folder and waits for the exit status.
 */
export class DriverRelay {
  /** The command line, for git's configuration. */
  readonly command: string
  /** The conflicts of the last git command, for people. */
  conflicts: string[] = []
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
    const script = join(folder, 'driver.sh')
    fs.writeFileSync(
      script,
      `mkfifo "${folder}/$$.answer"
{ pwd; printf '%s\\n' "$@"; env | grep ^GITHEAD_; } >"${folder}/$$.new"
mv "${folder}/$$.new" "${folder}/$$.request"
read -r status <"${folder}/$$.answer"
exit "$status"
`
    )
    this.command = `sh '${script}' %O %A %B %P %L`
  }

  /** Answers requests until the git command has ended. */
  async during<T>(running: Promise<T>): Promise<T> {
    this.conflicts = []
    let isRunning = true
    const ended = (): void => {
      isRunning = false
    }
    running.then(ended, ended)
    while (isRunning) {
      for (const name of fs.readdirSync(this.#folder)) if (name.endsWith('.request')) await this.#answer(name)
      await new Promise(resolve => setTimeout(resolve, 2))
    }
    return running
  }

  async #answer(name: string): Promise<void> {
    const request = join(this.#folder, name)
    const lines = fs.readFileSync(request, 'utf8').split('\n').slice(0, -1)
    const [directory = '', base, ours, theirs, path = '', marker, ...environment] = lines
    const pairs = environment.map(line => line.split(/=(.*)/s) as [string, string])
    for (const [key, value] of pairs) process.env[key] = value
    const files = [base, ours, theirs].map(file => join(directory, file ?? '')) as [string, string, string]
    let status = 1
    try {
      const conflict = await runMergeDriver(
        { path, base: files[0], ours: files[1], theirs: files[2] },
        {
          directory,
          markerLength: Number(marker),
          notice: () => undefined,
          passphrase: async () => ''
        }
      )
      if (conflict) this.conflicts.push(conflictText(conflict).message)
      else status = 0
    } catch (error) {
      this.conflicts.push(`${path}: ${String(error)}`)
    }
    for (const [key] of pairs) delete process.env[key]
    const answer = join(this.#folder, name.replace('.request', '.answer'))
    fs.writeFileSync(answer, `${status}\n`)
    fs.rmSync(request)
    fs.rmSync(answer)
  }
}
