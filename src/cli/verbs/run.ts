import { UsageError } from '../arguments/usage.js'
import { planHelp, planOf, planOptions, readPlan } from '../command/plan.js'
import { openCurrentVault, type Verb } from '../command/verb.js'
import { visible } from '../terminal/escape.js'
import { exit } from '../terminal/exit.js'
import { isReaderGone, type Output } from '../terminal/io.js'
import { noticeTo } from '../terminal/report.js'

export const run: Verb = {
  help: `Usage: git-vault run [NAME...] [options] -- PROGRAM [ARGUMENT...]
       git-vault exec [NAME...] [options] -- PROGRAM [ARGUMENT...]

Run a program with secrets. Each field of a JSON secret NAME becomes an
environment variable; later secrets replace fields of earlier ones. Without a
NAME, the secrets are those that .vaultrc lists under run. If a secret cannot
be read, nothing is started. The program runs without a shell, gets signals and
the terminal, and git-vault ends with its exit code.

Options:
${planHelp}  --file VAR=NAME[:FIELD]  write the value to a file in memory, readable by you
                           alone, and put its path into VAR; the file is wiped
                           when the program ends
  --stdin NAME[:FIELD]     give the value as the program's standard input
  --redact                 replace the values in the program's output, which
                           then does not go to the terminal directly

Exit code: the program's own; 128+N if signal N ended it; 127 if there is no
such program; 126 if it cannot be started.

Examples:
  git-vault run dev/app -- npm start
  git-vault run --env PGPASSWORD=prod/db:password -- psql -h db.example.com
  git-vault run --file CA=prod/ca -- sh -c 'curl --cacert "$CA" https://…'
`,
  options: {
    ...planOptions,
    file: { kind: 'repeat' },
    stdin: { kind: 'value' },
    redact: { kind: 'flag' }
  },
  words: ['NAME'],
  required: 0,
  repeats: true,
  takesProgram: true,
  completes: { '--file': 'assignment', '--stdin': 'secret' },

  async run(parsed, world, program) {
    const { io, services } = world
    const [file, ...others] = program ?? []
    if (file === undefined || file === '')
      throw new UsageError(
        'input',
        `run needs a program after --`,
        'git-vault run [NAME...] -- PROGRAM [ARGUMENT...]'
      )
    const { ignoresCase, runWith } = await services.runner()
    const plan = planOf(parsed, { ignoreCase: ignoresCase(), isForShell: false })
    const vault = await openCurrentVault(world, parsed.text('region'))
    const given = await readPlan(plan, vault, parsed, world)
    const ending = await runWith(given, {
      command: [file, ...others],
      env: io.env,
      ...(parsed.has('redact') ? { redacted: { stdout: writer(io.stdout), stderr: writer(io.stderr) } } : {}),
      onShort: names =>
        noticeTo(io)(
          `these values are too short to be replaced in the output (under 8 characters): ${names.join(', ')}`
        )
    })
    if ('code' in ending) return ending.code
    await io.stderr.write(`git-vault: cannot start ${visible(file)}: ${ending.notStarted}\n`)
    return ending.isNotFound ? exit.notFound : exit.notStarted
  }
}

/** Returns a function that writes, and returns false if nobody reads. */
function writer(output: Output): (bytes: Uint8Array) => Promise<boolean> {
  // otherwise a reader that is slow would keep signals from the program
  output.unblock()
  return async bytes => {
    try {
      await output.write(bytes)
      return true
    } catch (error) {
      if (isReaderGone(error)) return false
      throw error
    }
  }
}
