import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { eventually, PROGRAM, RunSandbox, stateOf, VALUE } from './runKit.js'
import { inTerminal } from './terminal/inTerminal.js'

/*
 * Real small programs take the place of the platform's: each keeps what it is given in a file in memory, and notes its
 * arguments and environment.
 */

let box: RunSandbox
/** What is on the clipboard, and what the programs have seen. */
let board: string
let seen: string
/** The only other programs on PATH. */
let tools: string

const UMLAUTS = 'pässwörd ❤'

beforeAll(() => {
  box = new RunSandbox()
  board = join(box.memory, 'board')
  seen = join(box.memory, 'seen')
  tools = join(box.home, 'tools')
  fs.mkdirSync(tools)
  for (const name of ['git', 'sh', 'cat', 'env', 'tr'])
    fs.symlinkSync(execFileSync('which', [name], { encoding: 'utf8' }).trim(), join(tools, name))
  fs.symlinkSync(process.execPath, join(tools, 'node'))
  box.put('dev/unicode', UMLAUTS)
})

beforeEach(() => {
  for (const file of [board, seen]) fs.writeFileSync(file, '')
})

/** The processes that clear the clipboard later, of this test alone. */
const helpers = (): number[] =>
  fs.readdirSync('/proc').flatMap(name => {
    if (!/^\d+$/.test(name)) return []
    try {
      const isOurs = fs.readFileSync(`/proc/${name}/environ`, 'latin1').includes(`${box.home}/`)
      const isHelper = fs.readFileSync(`/proc/${name}/cmdline`, 'latin1').includes('clipboard.cjs')
      return isOurs && isHelper && stateOf(Number(name)) !== 'Z' ? [Number(name)] : []
    } catch {
      return [] // it has ended
    }
  })

afterAll(() => {
  for (const pid of helpers()) process.kill(pid, 'SIGKILL')
})

/** Asks the helpers to clear the clipboard now, and waits until they have ended. */
async function endHelpers(): Promise<void> {
  for (const pid of helpers()) process.kill(pid, 'SIGTERM')
  await eventually(() => helpers().length === 0)
}

const COPY = 'cat >"$BOARD"'
const NOTE = '{ echo "$0 $*"; env; } >>"$SEEN"'

/** Puts a program on a PATH of its own, and returns that folder. */
function programs(all: Readonly<Record<string, string>>): string {
  const folder = fs.mkdtempSync(join(box.home, 'programs-'))
  for (const [name, script] of Object.entries(all)) {
    const text = `#!${join(tools, 'sh')}\nBOARD='${board}' SEEN='${seen}'\n${NOTE}\n${script}\n`
    fs.writeFileSync(join(folder, name), text, { mode: 0o755 })
  }
  return folder
}

const PASTE = 'cat "$BOARD"'
const XCLIP = `case "$*" in *-out) ${PASTE};; *-in) ${COPY};; *) exit 9;; esac`
const SENSITIVE = 'case "$*" in --help) echo "  -p, --sensitive"; exit;; --clear) : >"$BOARD"; exit;; esac'

interface Kind {
  readonly programs: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string>>
  readonly argv: string
}

const KINDS: Readonly<Record<string, Kind>> = {
  'wl-copy that can tell clipboard managers': {
    programs: { 'wl-copy': `${SENSITIVE}\n${COPY}`, 'wl-paste': PASTE },
    env: { WAYLAND_DISPLAY: 'wayland-1', DISPLAY: ':1' },
    argv: 'wl-copy --sensitive --type text/plain\n'
  },
  'an older wl-copy': {
    programs: {
      'wl-copy': `case "$*" in *--sensitive*) exit 1;; esac\n${SENSITIVE.replace('--sensitive', '--foreground')}\n${COPY}`,
      'wl-paste': PASTE
    },
    env: { WAYLAND_DISPLAY: 'wayland-1' },
    argv: 'wl-copy --type text/plain\n'
  },
  xclip: {
    programs: { xclip: XCLIP, xsel: 'exit 9' },
    env: { DISPLAY: ':1' },
    argv: 'xclip -selection clipboard -in\n'
  },
  xsel: {
    programs: {
      xsel: `case "$*" in *--output) ${PASTE};; *--input) ${COPY};; *--clear) : >"$BOARD";; *) exit 9;; esac`
    },
    // without wl-copy, XWayland's clipboard is used
    env: { DISPLAY: ':1', WAYLAND_DISPLAY: 'wayland-1' },
    argv: 'xsel --clipboard --input\n'
  },
  'clip.exe': {
    programs: { 'clip.exe': COPY, 'powershell.exe': PASTE },
    env: { WSL_DISTRO_NAME: 'Debian' },
    argv: 'clip.exe \n'
  },
  'termux-clipboard-set': {
    programs: { 'termux-clipboard-set': COPY, 'termux-clipboard-get': PASTE },
    env: { TERMUX_VERSION: '0.118' },
    argv: 'termux-clipboard-set \n'
  }
}

const envOf = ({ programs: all, env }: Pick<Kind, 'programs' | 'env'>): Record<string, string> => ({
  PATH: `${programs(all)}:${tools}`,
  ...env
})
const onBoard = () => fs.readFileSync(board, 'utf8')
const copied = (what: string, seconds = '3600 seconds') =>
  `copied ${what} to the clipboard; it is cleared in ${seconds}\n`

describe.each(Object.keys(KINDS))('with %s', name => {
  let kind: Kind
  let env: Record<string, string>
  beforeAll(() => {
    kind = KINDS[name]!
    env = envOf(kind)
  })
  const copy = (...args: string[]) => box.run(['copy', ...args], { env })

  it('copies a field over standard input, and clears it at the end', async () => {
    expect(copy('dev/app', 'DB_PASS', '--clear-after', '1h')).toEqual({
      code: 0,
      stdout: copied('DB_PASS of dev/app'),
      stderr: ''
    })
    expect(onBoard()).toBe(VALUE)
    const noted = fs.readFileSync(seen, 'utf8')
    expect(noted).toContain(`/${kind.argv}`)
    expect(noted).not.toContain(VALUE)
    expect(noted).not.toMatch(/GIT_VAULT_|gvsec1_/)
    expect(helpers()).toHaveLength(1)
    await endHelpers()
    expect(onBoard()).toBe('')
  })

  it('leaves what was copied since as it is', async () => {
    expect(copy('dev/app', 'DB_PASS', '--clear-after', '1h').code).toBe(0)
    fs.writeFileSync(board, `${VALUE} and more`)
    await endHelpers()
    expect(onBoard()).toBe(`${VALUE} and more`)
  })
})

describe('with xclip', () => {
  let env: Record<string, string>
  beforeAll(() => {
    env = envOf(KINDS['xclip']!)
  })
  const copy = (...args: string[]) => box.run(['copy', ...args], { env })

  it('the value is cleared when the time is over', async () => {
    expect(copy('dev/app', 'DB_PASS', '--clear-after', '1s').stdout).toBe(
      copied('DB_PASS of dev/app', '1 second')
    )
    await eventually(() => helpers().length === 0)
    expect(onBoard()).toBe('')
  })

  it('a second copy is not cleared by the process of the first', async () => {
    expect(copy('dev/app', 'DB_PASS', '--clear-after', '1h').code).toBe(0)
    const first = helpers()
    expect(copy('dev/unicode', '--clear-after', '1h').code).toBe(0)
    process.kill(first[0]!, 'SIGTERM')
    await eventually(() => helpers().length === 1)
    expect(onBoard()).toBe(UMLAUTS)
    await endHelpers()
    expect(onBoard()).toBe('')
  })

  it('a value that is copied again is cleared by the process of the last copy', async () => {
    const session = fs.mkdtempSync(join(box.home, 'session-'))
    const copyAgain = () =>
      box.run(['copy', 'dev/app', 'DB_PASS', '--clear-after', '1h'], {
        env: { ...env, XDG_RUNTIME_DIR: session }
      })
    for (let time = 0; time < 2; time++) {
      expect(copyAgain().code).toBe(0)
      const [first] = helpers()
      expect(copyAgain().code).toBe(0)
      process.kill(first!, 'SIGTERM')
      await eventually(() => helpers().length === 1)
      expect(onBoard()).toBe(VALUE)
      await endHelpers()
      expect(onBoard()).toBe('')
    }
    const [name, ...others] = fs.readdirSync(session)
    expect(others).toEqual([])
    expect(fs.readFileSync(join(session, name!), 'latin1')).toMatch(/^[0-9a-f]{12}$/)
  })

  it('--wait clears it when the time is over, and starts no other process', () => {
    const { code, stdout } = copy('dev/app', 'DB_PASS', '--clear-after', '1s', '--wait')
    expect({ code, stdout }).toEqual({ code: 0, stdout: copied('DB_PASS of dev/app', '1 second') })
    expect(helpers()).toEqual([])
    expect(onBoard()).toBe('')
  })

  it('--wait clears it at Ctrl-C', () => {
    const argv = [process.execPath, PROGRAM, 'copy', 'dev/app', 'DB_PASS', '--wait', '--clear-after', '1h']
    const steps = [{ wait: 'copied', type: '\x03' }]
    const { code } = inTerminal({ argv, cwd: box.repository, env: { ...box.env, ...env }, steps })
    expect(code).toBe(130)
    expect(fs.readFileSync(seen, 'utf8').match(/xclip .*-in/g)).toHaveLength(2)
    expect(onBoard()).toBe('')
  })

  it('--json has the facts, and not the value', async () => {
    const { stdout } = copy('dev/app', 'DB_PASS', '--json')
    expect(JSON.parse(stdout)).toEqual({ Name: 'dev/app', Field: 'DB_PASS', ClearedAfterSeconds: 45 })
    await endHelpers()
  })

  it('a program that fails is named, and no process is left', async () => {
    const failing = envOf({ programs: { xclip: 'exit 7' }, env: { DISPLAY: ':1' } })
    for (const more of [[], ['--wait']]) {
      const { code, stdout, stderr } = box.run(['copy', 'dev/app', 'DB_PASS', ...more], { env: failing })
      expect({ code, stdout }).toEqual({ code: 255, stdout: '' })
      expect(stderr).toMatch(/^git-vault: cannot use the clipboard: \/.*\/xclip ended with exit code 7\n$/)
      await eventually(() => helpers().length === 0)
    }
  })

  it.each([
    [['dev/none'], 254, /^git-vault: there is no secret 'dev\/none'\n/],
    [['dev/app', 'NONE'], 252, /NONE/],
    [['dev/bytes'], 252, /^git-vault: this secret is binary, and a clipboard holds text\n/],
    [['dev/app', '--clear-after', '45'], 252, /^git-vault: --clear-after cannot be '45'\n/],
    [['dev/app', '--clear-after', '25h'], 252, /^git-vault: --clear-after cannot be '25h'\n/],
    [['dev/app', '--terminal'], 252, /^git-vault: --terminal needs a terminal\n/]
  ])('refuses %j', (args, code, message) => {
    const { stderr, ...ended } = copy(...args)
    expect(ended).toEqual({ code, stdout: '' })
    expect(stderr).toMatch(message)
    expect(onBoard()).toBe('')
  })
})

it('a value that is not ASCII reaches clip.exe in UTF-16', async () => {
  const env = envOf(KINDS['clip.exe']!)
  expect(box.run(['copy', 'dev/unicode', '--clear-after', '1h'], { env }).code).toBe(0)
  expect(fs.readFileSync(board).toString('utf16le')).toBe(UMLAUTS)
  await endHelpers()
})

it('without a program that reads the clipboard, it says that nothing clears it', () => {
  const env = envOf({ programs: { 'clip.exe': COPY }, env: { WSL_INTEROP: '/run/WSL/1' } })
  const { stdout } = box.run(['copy', 'dev/app', 'DB_PASS'], { env })
  expect(stdout).toBe('copied DB_PASS of dev/app to the clipboard; it is not cleared: no program reads it\n')
  expect(helpers()).toEqual([])
})

describe('without a program', () => {
  it.each([
    [
      { WAYLAND_DISPLAY: 'wayland-1', DISPLAY: ':1' },
      'there is no program for the clipboard: wl-copy',
      'install wl-clipboard'
    ],
    [{ DISPLAY: ':1' }, 'there is no program for the clipboard: xclip or xsel', 'install xclip'],
    [
      { WSL_DISTRO_NAME: 'Debian' },
      'there is no program for the clipboard: clip.exe',
      'add /mnt/c/Windows/System32 to PATH'
    ],
    [
      { TERMUX_VERSION: '0.118' },
      'there is no program for the clipboard: termux-clipboard-set',
      'install termux-api'
    ],
    [
      {},
      'this session has no clipboard: it has no display',
      'to let the terminal copy it, also over ssh: git-vault copy NAME --terminal'
    ]
  ])('%j: says what to do', (env, message, hint) => {
    expect(box.run(['copy', 'dev/app', 'DB_PASS'], { env: { PATH: tools, ...env } })).toEqual({
      code: 255,
      stdout: '',
      stderr: `git-vault: ${message}\ngit-vault: hint: ${hint}\n`
    })
  })

  it('none is taken from the current folder', () => {
    fs.writeFileSync(join(box.repository, 'xclip'), `#!/bin/sh\n${COPY}\n`, { mode: 0o755 })
    const { code } = box.run(['copy', 'dev/app'], { env: { PATH: `:.:${tools}`, DISPLAY: ':1' } })
    fs.rmSync(join(box.repository, 'xclip'))
    expect(code).toBe(255)
    expect(onBoard()).toBe('')
  })
})

describe('--terminal', () => {
  const base64 = Buffer.from(UMLAUTS).toString('base64')
  const argv = [process.execPath, PROGRAM, 'copy', 'dev/unicode', '--terminal']
  const order = () => ({ cwd: box.repository, env: { ...box.env, PATH: tools }, steps: [] })

  it('sends the value to the terminal, and says that it stays there', () => {
    const { shown, code } = inTerminal({ ...order(), argv })
    expect({ shown, code }).toEqual({
      shown: `\x1B]52;c;${base64}\x07copied dev/unicode to the clipboard; it is not cleared\r\n`,
      code: 0
    })
  })

  it('with --wait clears it at Ctrl-C', () => {
    const steps = [{ wait: 'copied', type: '\x03' }]
    const { shown, code } = inTerminal({ ...order(), argv: [...argv, '--wait'], steps })
    expect(code).toBe(130)
    expect(shown.startsWith(`\x1B]52;c;${base64}\x07`)).toBe(true)
    expect(shown.endsWith('\x1B]52;c;\x07')).toBe(true)
  })
})

describe('a watcher', () => {
  const VIEW = `
    const fs = require('node:fs'), path = require('node:path')
    const [value, ...folders] = fs.readFileSync(0, 'utf8').split('\\n'), found = []
    for (const pid of fs.readdirSync('/proc').filter(name => /^\\d+$/.test(name)))
      for (const file of ['cmdline', 'environ'])
        try { if (fs.readFileSync('/proc/' + pid + '/' + file, 'utf8').includes(value)) found.push(file) } catch {}
    for (const folder of folders)
      for (const name of fs.readdirSync(folder, { recursive: true })) {
        const file = path.join(folder, name)
        if (fs.lstatSync(file).isFile() && fs.readFileSync(file).includes(value)) found.push(file)
      }
    console.log(JSON.stringify([...new Set(found)]))`
  const look = () =>
    JSON.parse(
      execFileSync(process.execPath, ['-e', VIEW], { input: [VALUE, box.home].join('\n'), encoding: 'utf8' })
    ) as string[]

  it('sees no value on a disk, in arguments or in the environment while it is copied and until it is cleared', async () => {
    // the program stops while it has the value, and later while it reads the clipboard
    const stop = join(box.memory, 'stop')
    const hold = `while [ -e '${stop}' ]; do sleep 0.05; done`
    fs.symlinkSync(execFileSync('which', ['sleep'], { encoding: 'utf8' }).trim(), join(tools, 'sleep'))
    const env = envOf({ programs: { xclip: `${XCLIP}\n${hold}` }, env: { DISPLAY: ':1' } })
    fs.writeFileSync(stop, '')
    const running = box.launch(['copy', 'dev/app', 'DB_PASS', '--clear-after', '1h'], env)
    await eventually(() => onBoard() === VALUE)
    expect(look()).toEqual([])
    fs.rmSync(stop)
    await running.ended
    expect(look()).toEqual([])
    fs.writeFileSync(stop, '')
    for (const pid of helpers()) process.kill(pid, 'SIGTERM')
    await eventually(() => fs.readFileSync(seen, 'utf8').includes('-out'))
    expect(look()).toEqual([])
    fs.rmSync(stop)
    await eventually(() => helpers().length === 0)
    expect(onBoard()).toBe('')
  })

  it('sees it if it is there', () => {
    const file = join(box.home, 'leak')
    fs.writeFileSync(file, VALUE)
    expect(look()).toEqual([file])
    fs.rmSync(file)
  })
})
