import { VaultError } from '../../core/errors.js'
import { deedsOf } from '../browse/deeds.js'
import { Session } from '../browse/session.js'
import { actionSummaries, commandSummaries } from '../command/summaries.js'
import type { World } from '../command/services.js'
import type { Verb } from '../command/verb.js'
import { openFullScreen } from '../screen/fullScreen.js'
import { ASCII, UNICODE, type Marks } from '../screen/line.js'
import { visible } from '../terminal/escape.js'
import { exit } from '../terminal/exit.js'
import { Interrupted } from '../terminal/io.js'
import { hasColours, hasUnicode } from '../terminal/paint.js'
import { noticeTo } from '../terminal/report.js'
import { shellWord } from '../terminal/shellWord.js'
import { groupsOf, type Group } from './items.js'
import { menuFrame, pressedInMenu, type Choice, type MenuState } from './menuState.js'
import { argumentsFor } from './questions.js'

/** The program's commands, which this folder does not import. */
export interface Program {
  readonly verbs: Readonly<Record<string, () => Promise<Verb>>>
  readonly help: string
  /** Runs a command and returns its exit code. */
  readonly run: (argv: readonly string[]) => Promise<number>
}

/** Asks what to do, asks for what that needs, and runs the command. Rejects with `Interrupted` on Ctrl-C. */
export async function menu(program: Program, world: World): Promise<number> {
  const { io } = world
  const hasVault = await isVault(world)
  const title = hasVault ? 'git-vault' : 'git-vault: there is no vault here'
  const item = await chosenOf(title, groupsOf(hasVault, commandSummaries(program.help)), world)
  if (item === undefined) return exit.ok
  const argv = item === 'help' ? ['--help'] : await argvOf(item, await program.verbs[item]!(), world)
  if (argv === undefined) return exit.ok
  // so that the user can type it the next time
  await io.stderr.write(
    `git-vault: running: git-vault ${argv.map(word => visible(shellWord(word))).join(' ')}\n`
  )
  return program.run(argv)
}

/** Whether there is a vault, which may be damaged or not trusted yet: then the command that is chosen says so. */
async function isVault({ io, services }: World): Promise<boolean> {
  try {
    await services.settings(await services.open({ directory: io.cwd }))
    return true
  } catch (error) {
    return !(error instanceof VaultError && error.code === 'VaultNotFound')
  }
}

async function argvOf(command: string, verb: Verb, world: World): Promise<string[] | undefined> {
  const { io, services } = world
  const actions = Object.keys(verb.actions ?? {})
  let action: string | undefined
  if (actions.length > 0) {
    const summaries = actionSummaries(verb.help, actions)
    const items = actions.map(each => ({ command: each, text: summaries.get(each) ?? '' }))
    action = await chosenOf(`git-vault ${command}`, [{ title: 'Actions', items }], world)
    if (action === undefined) return undefined
  }
  const given = await argumentsFor(command, verb, action, {
    ask: services.ask,
    pickSecret: () => pick(world),
    hasRunList: async () =>
      (await services.settings(await services.open({ directory: io.cwd }))).run !== undefined
  })
  return given && [command, ...given]
}

/** Lets the user choose a secret; `undefined` if they leave. */
async function pick(world: World): Promise<string | undefined> {
  const { io } = world
  const notices = new Set<string>()
  const deeds = deedsOf(world, {}, undefined, line => void notices.add(line))
  const session = new Session(world, deeds, {
    prefix: '',
    marks: marksFor(world),
    use: { canCopy: false, isPicking: true },
    openScreen: openFullScreen(!hasColours(io)),
    hideAfter: 0
  })
  try {
    return await session.run()
  } finally {
    for (const line of notices) noticeTo(io)(line)
  }
}

/** Shows a menu and returns the chosen command; `undefined` if the user leaves. */
async function chosenOf(title: string, groups: readonly Group[], world: World): Promise<string | undefined> {
  const marks = marksFor(world)
  let choose!: (choice: Choice) => void
  const chosen = new Promise<Choice>(resolve => (choose = resolve))
  let state: MenuState = { size: { columns: 80, rows: 24 }, title, groups, query: '', at: 0 }
  const screen = openFullScreen(!hasColours(world.io))(event => {
    if (event.kind === 'closed') return choose('interrupted')
    if (event.kind === 'resize') state = { ...state, size: event.size }
    if (event.kind === 'key') {
      const [next, choice] = pressedInMenu(state, event.key)
      state = next
      if (choice !== undefined) choose(choice)
    }
    screen.show(menuFrame(state, marks))
  })
  state = { ...state, size: screen.size }
  screen.show(menuFrame(state, marks))
  try {
    const choice = await chosen
    if (choice === 'interrupted') throw new Interrupted()
    return typeof choice === 'object' ? choice.command : undefined
  } finally {
    screen.close()
  }
}

const marksFor = ({ io }: World): Marks => (hasUnicode(io) ? UNICODE : ASCII)
