import * as fs from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { CTRL_C, CTRL_Z, ENTER } from '../drive.js'
import { RunSandbox, VALUE } from '../runKit.js'
import { follow } from './fullScreen.js'
import { inTerminal, type Order, type Step } from './inTerminal.js'

const [ESCAPE, DOWN, CTRL_E, CTRL_R, CTRL_Y] = ['\u001b', '\u001b[B', '\u0005', '\u0012', '\u0019']
const SIGTERM = 15
/** An identity whose passphrase is quick to check. */
const VECTORS = JSON.parse(
  fs.readFileSync(new URL('../../../vault-schema/vectors/identity.json', import.meta.url), 'utf8')
) as {
  wrapped: { opened: { passphrase: string; public: string; wrapped: Record<string, string> }[] }
}

let box: RunSandbox
beforeAll(() => {
  box = new RunSandbox()
  box.put('dev/app', JSON.stringify({ DB_USER: 'ana', DB_PASS: `${VALUE} two`, PORT: 5432 }))
  box.must('tag', 'dev/pem', 'team=shop')
}, 120_000)

function drive(steps: readonly Step[], more: Partial<Order> = {}) {
  const env = { ...box.env, LC_ALL: 'C.UTF-8', PS1: 'prompt> ' }
  const { shown, code } = inTerminal({
    argv: ['git-vault', 'browse'],
    cwd: box.repository,
    env,
    steps,
    ...more
  })
  const seen = follow(shown)
  // the terminal is as it was, and has nothing of a value
  expect(seen).toMatchObject({ isAlternate: false, isCursorShown: true, isWrapping: true, hasStyles: false })
  expect(seen.usual).not.toContain(VALUE)
  expect(seen.alternate.at(-1)?.trim()).toBe('')
  return { ...seen, code, shown }
}

const current = () => box.run(['get', 'dev/app', 'DB_PASS']).stdout

describe('browse', () => {
  it('searches, shows a field, and hides it on the next move', () => {
    const { alternate, code } = drive([
      { wait: 'dev/app', type: 'shop' },
      { wait: '1 of 3', type: '\u0015app' },
      { wait: 'Enter shows it', type: ENTER },
      { wait: 'JSON with 3 fields', type: DOWN + ENTER },
      { wait: `${VALUE} two`, type: DOWN },
      { wait: 'DB_PASS  hidden', type: ESCAPE },
      { wait: 'Enter shows it', type: ESCAPE },
      { wait: '3', type: ESCAPE }
    ])
    expect(code).toBe(0)
    expect(alternate.join('\n')).toContain('> dev/pem  team=shop')
    const shows = alternate.map(screen => screen.includes(VALUE))
    expect(shows).toContain(true)
    expect(shows.indexOf(true)).toBeLessThan(shows.lastIndexOf(false))
  }, 60_000)

  it('copies the field that has the cursor, without showing it', () => {
    const copied = join(box.home, 'copied')
    fs.writeFileSync(
      join(box.home, 'bin/xclip'),
      `#!/bin/sh\ncase "$*" in *-o*) cat ${copied};; *) cat > ${copied};; esac\n`,
      {
        mode: 0o755
      }
    )
    const { code, alternate } = drive(
      [
        { wait: 'Enter shows it', type: `app${ENTER}` },
        { wait: 'JSON with 3 fields', type: DOWN + CTRL_Y },
        { wait: 'copied DB_PASS of dev/app', type: CTRL_C }
      ],
      { env: { ...box.env, LC_ALL: 'C.UTF-8', DISPLAY: ':0', WAYLAND_DISPLAY: '' } }
    )
    expect(code).toBe(130)
    expect(fs.readFileSync(copied, 'utf8')).toBe(`${VALUE} two`)
    expect(alternate.some(screen => screen.includes(VALUE))).toBe(false)
  }, 60_000)

  it('edits, goes back once that is confirmed, follows the size of the terminal, and leaves on Ctrl-C', () => {
    const editor = join(box.home, 'editor.sh')
    fs.writeFileSync(editor, '#!/bin/sh\nfor file; do :; done\nsed -i s/two/three/ "$file"\n', {
      mode: 0o755
    })
    const { code, alternate } = drive(
      [
        { wait: 'Enter shows it', type: CTRL_E },
        { wait: '○', type: CTRL_R + CTRL_R, resize: [40, 10] },
        { wait: 'for everyone', type: 'y' },
        { wait: 'rolled dev/app back', type: CTRL_C }
      ],
      { env: { ...box.env, LC_ALL: 'C.UTF-8', EDITOR: editor, VISUAL: '' } }
    )
    expect(code).toBe(130)
    expect(current()).toBe(`${VALUE} two`)
    expect(box.run(['get', 'dev/app', 'DB_PASS', '--previous']).stdout).toBe(`${VALUE} three`)
    // the smaller terminal has as many lines as it can show
    expect(alternate.at(-2)?.split('\n').length).toBe(10)
  }, 60_000)

  it('starts one editor, however often Ctrl-E is pressed before it shows, and none after Ctrl-C', () => {
    const [editor, started] = [join(box.home, 'counting.sh'), join(box.home, 'started')]
    fs.writeFileSync(editor, `#!/bin/sh\necho started >> ${started}\n`, { mode: 0o755 })
    const env = { ...box.env, LC_ALL: 'C.UTF-8', EDITOR: editor, VISUAL: '' }
    const starts = () =>
      fs.existsSync(started) ? fs.readFileSync(started, 'utf8').trim().split('\n').length : 0
    const left = (keys: string) => drive([{ wait: 'Enter shows it', type: keys }], { env })
    expect(left(CTRL_C + CTRL_E)).toMatchObject({ code: 130, isAlternate: false })
    expect(starts()).toBe(0)
    // the editor that was asked for ends before the program does
    const { code, isAlternate, isCursorShown } = left(CTRL_E + CTRL_E + CTRL_E + CTRL_C)
    expect({ code, isAlternate, isCursorShown }).toEqual({
      ...{ code: 130, isAlternate: false, isCursorShown: true }
    })
    expect(starts()).toBe(1)
    const steps = [
      { wait: 'Enter shows it', type: CTRL_E },
      { wait: 'is unchanged', type: CTRL_E + CTRL_C }
    ]
    expect(drive(steps, { env })).toMatchObject({ code: 130 })
    expect(starts()).toBe(3)
  }, 60_000)

  it('does nothing with the keys that follow Ctrl-Z in the same read', () => {
    const { code, alternate } = drive(
      [
        { wait: 'prompt> ', type: `git-vault browse dev/pem${ENTER}` },
        { wait: 'Enter shows it', type: CTRL_Z + ENTER },
        { wait: 'Stopped', type: `fg${ENTER}` },
        { wait: 'Enter shows it', type: ESCAPE },
        { wait: 'prompt> ', type: `exit $?${ENTER}` }
      ],
      { argv: ['bash', '--norc', '-i'] }
    )
    expect(code).toBe(0)
    expect(alternate.some(screen => screen.includes('MIIEvQIBADAN'))).toBe(false)
  }, 60_000)

  it('stops on Ctrl-Z with the value hidden, and goes on', () => {
    const { code, alternate } = drive(
      [
        { wait: 'prompt> ', type: `git-vault browse dev/pem${ENTER}` },
        { wait: 'Enter shows it', type: ENTER },
        { wait: 'MIIEvQIBADAN', type: CTRL_Z },
        { wait: 'Stopped', type: `fg${ENTER}` },
        { wait: 'Enter shows it', type: ESCAPE },
        { wait: 'prompt> ', type: `exit $?${ENTER}` }
      ],
      { argv: ['bash', '--norc', '-i'] }
    )
    expect(code).toBe(0)
    const last = alternate.findLastIndex(screen => screen.includes('MIIEvQIBADAN'))
    expect(alternate.slice(last).some(screen => screen.includes('Enter shows it'))).toBe(true)
  }, 60_000)

  it('gives the terminal back when it is ended', () => {
    const { code } = drive([
      { wait: 'Enter shows it', type: `pem${ENTER}` },
      { wait: 'MIIEvQIBADAN', type: '', signal: SIGTERM }
    ])
    expect(code).toBe(-SIGTERM)
  }, 60_000)

  it('asks for the passphrase on the usual screen, where Ctrl-C only goes back', () => {
    const { passphrase, public: text, wrapped } = VECTORS.wrapped.opened[0]!
    box.must('member', 'add', 'bob', text, '--key', 'default', '--allow', 'decrypt', '--yes')
    const identity = join(box.home, 'locked.yaml')
    const lines = Object.entries(wrapped).map(([name, value]) => `  ${name}: ${value}\n`)
    const head = `kind: git-vault/identity\nformat: "1"\npublic: ${text}\nwrapped:\n`
    fs.writeFileSync(identity, head + lines.join(''), { mode: 0o600 })
    const env = { ...box.env, GIT_VAULT_IDENTITY_FILE: identity, LC_ALL: 'C.UTF-8' }
    const { code, usual } = drive(
      [
        { wait: 'Enter shows it', type: `pem${ENTER}` },
        { wait: 'Passphrase of your identity', type: CTRL_C },
        { wait: 'nothing was', type: ENTER },
        { wait: 'Passphrase of your identity', type: passphrase + ENTER },
        { wait: 'MIIEvQIBADAN', type: ESCAPE + ESCAPE }
      ],
      { env }
    )
    expect({ code, usual }).toMatchObject({ code: 0, usual: expect.stringContaining('Passphrase') as string })
  }, 60_000)
})

describe('without a full screen, browse says what to use instead', () => {
  const hint = 'git-vault: hint: list the secrets with git-vault ls, or search them with git-vault find\n'

  it('without a terminal', () => {
    expect(box.run(['browse'])).toEqual({
      code: 252,
      stdout: '',
      stderr: `git-vault: cannot browse: no terminal\n${hint}`
    })
  })

  it('at a terminal that cannot move its cursor', () => {
    const { shown, code } = inTerminal({
      ...{ argv: ['git-vault', 'browse'], cwd: box.repository, env: box.env, steps: [], term: 'dumb' }
    })
    expect({ shown: shown.replaceAll('\r', ''), code }).toEqual({
      shown: `git-vault: cannot browse: this terminal cannot move its cursor: TERM is dumb\n${hint}`,
      code: 252
    })
  })
})
