import { enterCode, exportCode, SHELLS } from '../../core/run/shell.js'
import { UsageError } from '../arguments/usage.js'
import { planHelp, planOf, planOptions, readPlan } from '../command/plan.js'
import { openCurrentVault, type Verb } from '../command/verb.js'
import { safeValue } from '../terminal/escape.js'
import { noticeTo } from '../terminal/report.js'

export const env: Verb = {
  help: `Usage: git-vault env [NAME...] [options]

Print shell code that sets the variables that \`run\` would give to a program,
for eval, direnv and start-up files. Every program that the shell starts from
then on gets them: prefer \`run\`, which gives them to one.

Options:
${planHelp}  --shell SHELL            write code for sh (default), bash, dash, zsh or fish
  --hook                   for the code of \`activate\`: ask for nothing, say
                           what is set, and define how it is taken back

Examples:
  vars=$(git-vault env dev/app) && eval "$vars"
  git-vault env dev/app --shell fish | source
`,
  options: {
    ...planOptions,
    shell: { kind: 'value' },
    hook: { kind: 'flag' }
  },
  words: ['NAME'],
  required: 0,
  repeats: true,

  async run(parsed, world) {
    const { io, services } = world
    const isHook = parsed.has('hook')
    const word = parsed.text('shell') ?? 'sh'
    const shell = SHELLS.find(name => name === word)
    if (shell === undefined)
      throw new UsageError('input', `env has no code for '${word}'`, 'name sh, bash, dash, zsh or fish')
    // case matters in every one of these shells
    const plan = planOf(parsed, { ignoreCase: false, isForShell: true })
    const region = parsed.text('region')
    const vault = isHook
      ? (await services.open({ directory: io.cwd, notice: noticeTo(io) })).inRegion(region)
      : await openCurrentVault(world, region)
    const { variables } = await readPlan(plan, vault, parsed, world)
    const text = isHook ? enterCode(variables, shell) : exportCode(variables, shell)
    await io.stdout.write(io.stdout.isTerminal ? safeValue(text) : text)
    if (isHook) noticeTo(io)(`set ${[...variables.keys()].join(', ')}`)
  }
}
