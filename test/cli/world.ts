import type { OperationName } from '../../src/core/generated/operations.js'
import type { Io } from '../../src/cli/terminal/io.js'
import { Interrupted, ReaderGone } from '../../src/cli/terminal/io.js'
import { main } from '../../src/cli/main.js'
import type { Services } from '../../src/cli/command/services.js'

export interface Setting {
  stdin?: string | Uint8Array
  files?: Record<string, string | Uint8Array>
  env?: Record<string, string>
  /** The width of the terminal, if stdout is one. */
  columns?: number
  terminal?: { stdin?: boolean; stdout?: boolean; stderr?: boolean } | boolean
  /** Answers to prompts, in order; INTERRUPT for Ctrl-C. */
  answers?: (string | boolean | typeof INTERRUPT)[]
  userName?: string
  readerGone?: boolean
  /** Throws if there is no identity. */
  identity?: () => void
  services?: Partial<Omit<Services, 'call'>>
  /** Returns the response of an operation, or throws. */
  call?: (operation: OperationName, input: Input) => unknown
}

export const INTERRUPT = Symbol('Ctrl-C')

/** A request, with the members that the fakes use. */
export interface Input {
  [member: string]: unknown
  NextToken?: string
  MaxResults?: number
}

export interface Outcome {
  code: number
  stdout: string
  stderr: string
  bytes: Uint8Array
  /** The operations that were called, with their inputs. */
  calls: [OperationName, Input][]
  questions: string[]
  /** The regions in which the vault was opened. */
  regions: (string | undefined)[]
  /** The folders that were entered with `-C`. */
  folders: string[]
}

const bytesOf = (data: string | Uint8Array): Uint8Array =>
  typeof data === 'string' ? new TextEncoder().encode(data) : data

export const TOKEN = '00000000-0000-4000-8000-000000000000'

/** Runs the program in this process, with the input and the fakes of `setting`. */
export async function run(argv: readonly string[], setting: Setting = {}): Promise<Outcome> {
  const { terminal = false, files = {} } = setting
  const isTerminal = (name: 'stdin' | 'stdout' | 'stderr'): boolean =>
    typeof terminal === 'boolean' ? terminal : terminal[name] === true
  const out: Uint8Array[] = []
  const err: Uint8Array[] = []
  const calls: Outcome['calls'] = []
  const questions: string[] = []
  const regions: Outcome['regions'] = []
  const folders: string[] = []
  const answers = [...(setting.answers ?? [])]

  const io: Io = {
    stdin: { isTerminal: isTerminal('stdin'), read: async () => bytesOf(setting.stdin ?? '') },
    stdout: {
      isTerminal: isTerminal('stdout'),
      columns: setting.columns,
      unblock: () => undefined,
      async write(data) {
        if (setting.readerGone) throw new ReaderGone('gone')
        out.push(bytesOf(data))
      }
    },
    stderr: {
      isTerminal: isTerminal('stderr'),
      unblock: () => undefined,
      write: async data => void err.push(bytesOf(data))
    },
    env: setting.env ?? {},
    cwd: '/work',
    home: '/home/ana',
    enter: folder => void folders.push(folder),
    async readFile(path) {
      const content = files[path]
      if (content === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
      return bytesOf(content)
    },
    uuid: () => TOKEN,
    userName: async () => setting.userName
  }
  const answer = async (question: string): Promise<never> => {
    questions.push(question)
    if (answers.length === 0) throw new Error(`nobody expected the question: ${question}`)
    const next = answers.shift()
    if (next === INTERRUPT) throw new Interrupted()
    return next as never
  }
  const missing = (name: string) => async () => {
    throw new Error(`${name} was not expected to be called`)
  }
  const vault = {
    close: async () => undefined,
    identity: async () => setting.identity?.(),
    skipped: [],
    inRegion(region: string | undefined) {
      regions.push(region)
      return vault
    }
  }
  const fakes = {
    open: async () => vault,
    settings: async () => ({}),
    homeRegion: async () => 'local',
    wipeLeftovers: async () => undefined,
    formerUser: async () => undefined,
    formerUserAround: async () => undefined,
    profile: async () => undefined,
    history: missing('history'),
    namesElsewhere: async () => [],
    init: missing('init'),
    initRules: async () => ({
      ...(await import('../../src/app/initRules.js')),
      refuseVault: async () => undefined
    }),
    newIdentity: missing('newIdentity'),
    showIdentity: missing('showIdentity'),
    unlock: missing('unlock'),
    unlocked: missing('unlocked'),
    lock: missing('lock'),
    inspectRoot: missing('inspectRoot'),
    trust: missing('trust'),
    olderThanSeen: missing('olderThanSeen'),
    acceptOlder: missing('acceptOlder'),
    ask: {
      secret: answer,
      secretAtTerminal: answer,
      value: answer,
      text: answer,
      confirm: answer,
      choose: answer
    },
    ...setting.services,
    call: async (_vault: unknown, operation: OperationName, input: Input) => {
      calls.push([operation, input])
      return (await setting.call?.(operation, input)) ?? {}
    }
  } as unknown as Services

  const code = await main(argv, io, fakes)
  const bytes = Buffer.concat(out)
  return {
    code,
    stdout: bytes.toString(),
    stderr: Buffer.concat(err).toString(),
    bytes,
    calls,
    questions,
    regions,
    folders
  }
}
