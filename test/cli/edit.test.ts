import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { removeFolder } from '../removeFolder.js'
import { CTRL_C, CTRL_D, ENTER, newPlace, type DriveOptions, type Place, type Step } from './drive.js'

const JSON_TEXT = '{\n  "user": "app",\n  "db": {"port": 5432.0, "hosts": ["a"]}\n}'
let place: Place
let home: string
beforeAll(() => {
  place = newPlace('edit')
  home = place.env['HOME']!
  place.env['GIT_VAULT_MEMORY_DIR'] = MEMORY
  for (const args of [
    ['identity', 'new', '--no-passphrase'],
    ['init', '--yes', '--member', 'ana']
  ]) {
    const { code, stderr } = place.run(args)
    if (code !== 0) throw new Error(stderr)
  }
}, 240_000)
beforeEach(() => store(JSON_TEXT))
afterAll(() => removeFolder(MEMORY))

const store = (value: string) => {
  expect(place.run(['put', 'app', '-', '--create'], { input: value }).code).toBe(0)
}
const stored = () => place.run(['get', 'app']).stdout
const commits = () =>
  execFileSync('git', ['rev-list', '--count', 'HEAD'], { cwd: place.repository, encoding: 'utf8' })
/** The same as a command without a character that a shell would treat. */
const plainEditor = (script: string): string => {
  fs.copyFileSync(editor(script).slice(1, -1), join(home, 'editor'))
  return join(home, 'editor')
}
/** Not the folder that all share: any command wipes there what a killed one has left. */
const MEMORY = fs.mkdtempSync('/dev/shm/git-vault-test-')
const leftovers = () => fs.readdirSync(MEMORY).filter(name => name.startsWith('git-vault-private.'))

/** Writes a script that is the editor. It gets the file as its last argument, in $file. */
function editor(script: string): string {
  const path = join(home, 'an editor.sh')
  fs.writeFileSync(path, `#!/bin/sh\nfor file; do :; done\n${script}\n`, { mode: 0o755 })
  return `'${path}'`
}

const edit = (EDITOR: string, steps: readonly Step[] = [], more: DriveOptions = {}) =>
  place.drive(['edit', 'app'], steps, { ...more, env: { EDITOR, VISUAL: '', ...more.env } })

describe('edit', () => {
  it('stores what was saved, and leaves nothing behind', () => {
    const { shown, code } = edit(editor(`sed -i s/5432.0/5433/ "$file"`))
    expect({ shown, code }).toMatchObject({ code: 0 })
    expect(shown).toMatch(/app {2}[0-9a-f-]{36} {2}AWSCURRENT/)
    expect(stored()).toBe(JSON_TEXT.replace('5432.0', '5433'))
    expect(leftovers()).toEqual([])
  }, 240_000)

  it('gives the editor nothing that holds the identity', () => {
    const seen = join(home, 'environment')
    const env = { GIT_VAULT_PASSPHRASE: 'of the caller', git_vault_x: '1' }
    expect(edit(editor(`env > ${seen}`), [], { env }).code).toBe(0)
    const names = fs.readFileSync(seen, 'utf8')
    expect(names).toContain('EDITOR=')
    expect(names).not.toMatch(/git_vault/i)
  }, 240_000)

  it('gives the editor a private folder in memory, its arguments, and no value in argv or on a disk', () => {
    const seen = join(home, 'seen')
    const command = editor(
      `{ stat -c %a "$(dirname "$file")" "$file"; pwd; echo "$1" "$2"; echo "$TMPDIR"; ` +
        `grep -rl '5432[.]0' ${home} || echo none; cat /proc/[0-9]*/cmdline | tr '\\0' '\\n' | grep -c '5432[.]0' || true; } > ${seen}`
    )
    expect(edit(`${command} --wait 'a b'`).code).toBe(0)
    const [folderMode, fileMode, cwd, words, temporary, onDisk, inArguments] = fs
      .readFileSync(seen, 'utf8')
      .split('\n')
    expect([folderMode, fileMode, words, onDisk, inArguments]).toEqual([
      '700',
      '600',
      '--wait a b',
      'none',
      '0'
    ])
    expect(cwd).toContain(`${MEMORY}/git-vault-private.`)
    expect(temporary).toBe(cwd)
  }, 240_000)

  it('stores nothing and makes no commit if nothing changed, also if the editor ended the last line', () => {
    const before = commits()
    for (const script of ['exit 0', 'echo >> "$file"']) {
      const { shown, code } = edit(editor(script))
      expect(code).toBe(0)
      expect(shown).toContain('app is unchanged')
    }
    expect(commits()).toBe(before)
    expect(stored()).toBe(JSON_TEXT)
  }, 240_000)

  it('stores nothing if the editor fails, or there is none', () => {
    const before = commits()
    const failed = edit(editor('echo x >> "$file"; exit 3'))
    expect(failed).toMatchObject({ code: 255, shown: expect.stringContaining('exit code 3') as string })
    expect(edit('no-such-editor').code).toBe(255)
    expect(commits()).toBe(before)
    expect(leftovers()).toEqual([])
  }, 240_000)

  it('opens broken JSON again, and shows where it is broken but none of it', () => {
    const script = `n=$(cat ${home}/n 2>/dev/null || echo 0); echo $((n + 1)) > ${home}/n
      if [ "$n" = 0 ]; then sed -i 's/"user"/user/' "$file"; else sed -i 's/user:/"name":/' "$file"; fi`
    const { shown, code } = edit(editor(script), [{ wait: 'Open it in the editor again?', type: ENTER }])
    expect(code).toBe(0)
    expect(shown).toContain('the text is not JSON: line 2, column 3')
    expect(shown).not.toContain('user')
    expect(stored()).toBe(JSON_TEXT.replace('user', 'name'))
  }, 240_000)

  it.each([
    ['no', `n${ENTER}`, 252],
    ['Ctrl-C', CTRL_C, 130]
  ])(
    'discards broken JSON after %s',
    (_name, type, exit) => {
      const before = commits()
      const { code } = edit(editor('echo } >> "$file"'), [{ wait: 'Open it in the editor again?', type }])
      expect(code).toBe(exit)
      expect(commits()).toBe(before)
      expect(leftovers()).toEqual([])
    },
    240_000
  )

  it('keeps a text that is not JSON exact, and an empty one is not stored', () => {
    store('one\ntwo\n')
    expect(edit(editor('printf "%s" "{ not JSON" > "$file"')).code).toBe(0)
    expect(stored()).toBe('{ not JSON')
    const { shown, code } = edit(editor(': > "$file"'), [{ wait: 'again?', type: `n${ENTER}` }])
    expect(shown).toContain('the text is empty')
    expect(code).toBe(252)
  }, 240_000)

  it('asks before it puts its text over a version that somebody stored meanwhile', () => {
    const other = `printf '{"theirs":1}' | '${process.execPath}' '${process.cwd()}/bin/git-vault.js' -C ${place.repository} put app - > /dev/null; echo '{"mine":1}' > "$file"`
    const { shown, code } = edit(editor(other), [{ wait: 'Store yours as the newest?', type: `n${ENTER}` }])
    expect({ shown, code }).toMatchObject({ code: 252 })
    expect(stored()).toBe('{"theirs":1}')
  }, 240_000)

  it('that was killed leaves nothing after the next command', () => {
    const { code } = edit(editor('kill -9 $(basename "$(dirname "$file")" | cut -d. -f2); sleep 1'))
    expect(code).toBe(-9)
    expect(leftovers()).toHaveLength(1)
    expect(place.run(['ls']).code).toBe(0)
    expect(leftovers()).toEqual([])
  }, 240_000)

  it.each(['TERM', 'HUP'])(
    'ends with its editor at SIG%s, and leaves nothing',
    signal => {
      const pid = join(home, 'pid')
      const { code } = edit(
        plainEditor(
          `echo $$ > ${pid}; kill -${signal} $(basename "$(dirname "$file")" | cut -d. -f2); while :; do sleep 0.1; done`
        )
      )
      expect(code).toBe(signal === 'TERM' ? -15 : -1)
      expect(leftovers()).toEqual([])
      expect(() => process.kill(Number(fs.readFileSync(pid, 'utf8')), 0)).toThrow('ESRCH')
    },
    240_000
  )

  it('lets the editor have Ctrl-C', () => {
    const { code } = edit(
      editor(`trap 'sed -i s/app/caught/ "$file"; exit 0' INT; echo ready; while :; do sleep 0.1; done`),
      [{ wait: 'ready', type: CTRL_C }]
    )
    expect(code).toBe(0)
    expect(stored()).toBe(JSON_TEXT.replace('app', 'caught'))
  }, 240_000)

  it('turns off what vim keeps on disk, whatever its settings say', () => {
    for (const folder of ['undo', 'backup', 'swap']) fs.mkdirSync(join(home, folder), { recursive: true })
    fs.writeFileSync(
      join(home, '.vimrc'),
      [
        'set nocompatible',
        `set directory=${home}/swap backupdir=${home}/backup backup writebackup swapfile updatecount=1`,
        `set viminfo='20,<1000,n${home}/.viminfo`,
        `silent! set undofile undodir=${home}/undo`
      ].join('\n')
    )
    const { shown, code } = edit('vi', [
      { wait: '5432', type: `:%s/5432.0/5433/${ENTER}:%y${ENTER}:wq${ENTER}` }
    ])
    expect({ shown, code }).toMatchObject({ code: 0 })
    expect(shown).not.toContain('may keep copies')
    expect(stored()).toBe(JSON_TEXT.replace('5432.0', '5433'))
    for (const folder of ['undo', 'backup', 'swap']) expect(fs.readdirSync(join(home, folder))).toEqual([])
    expect(fs.existsSync(join(home, '.viminfo'))).toBe(false)
  }, 240_000)

  it('warns of an editor that it does not know', () => {
    expect(edit(editor('exit 0')).shown.replace(/\s+/g, ' ')).toMatch(
      /the editor "\S.*" may keep copies of what it edits/
    )
  }, 240_000)

  it('without a terminal is refused at once', () => {
    expect(place.run(['edit', 'app'], { env: { EDITOR: 'cat' } })).toMatchObject({
      code: 252,
      stderr: expect.stringContaining('cannot open an editor: no terminal') as string
    })
  })
})

describe('set and get of one field', () => {
  it('asks for the value, hidden, and changes nothing else; one put', () => {
    const before = Number(commits())
    const { shown, code } = place.drive(
      ['set', 'app', 'user'],
      [{ wait: 'Value of user in app', type: `s3cret${ENTER}` }]
    )
    expect(code).toBe(0)
    expect(shown).not.toContain('s3cret')
    expect(stored()).toBe(JSON_TEXT.replace('"app"', '"s3cret"'))
    expect(Number(commits())).toBe(before + 1)
    expect(place.run(['get', 'app', 'user']).stdout).toBe('s3cret')
    expect(place.run(['get', 'app', 'db.port']).stdout).toBe('5432.0')
    expect(place.run(['get', 'app', '--json-key', 'db.hosts.0']).stdout).toBe('a')
  }, 240_000)

  it('takes the value of =- from standard input, exactly, and warns of a newline', () => {
    const { code, stderr } = place.run(['set', 'app', 'db.hosts.0=-'], { input: 'a "quoted"\n' })
    expect(code).toBe(0)
    expect(stderr).toBe('git-vault: warning: the value ends in a newline, which is a part of it\n')
    expect(place.run(['get', 'app', 'db.hosts.0']).stdout).toBe('a "quoted"\n')
    expect(place.run(['set', 'app', 'db.port=-', '--json'], { input: '1E400' }).code).toBe(0)
    expect(stored()).toContain('"port": 1E400')
  }, 240_000)

  it('changes and commits nothing if the field has that value already', () => {
    const before = commits()
    const { stdout, code } = place.run(['set', 'app', 'user=-'], { input: 'app' })
    expect({ stdout, code }).toEqual({ stdout: 'app is unchanged: user has that value already\n', code: 0 })
    expect(commits()).toBe(before)
  }, 240_000)

  it('adds a field only if asked to', () => {
    expect(place.run(['set', 'app', 'db.prot=-'], { input: 'x' })).toMatchObject({
      code: 252,
      stderr:
        "git-vault: this secret has no key 'db.prot'\ngit-vault: hint: 'db' has the keys port, hosts; pass --create to add another\n"
    })
    expect(place.run(['set', 'app', 'db.name=-', '--create'], { input: 'x' }).code).toBe(0)
    expect(place.run(['get', 'app', 'db']).stdout).toBe('{"port":5432.0,"hosts":["a"],"name":"x"}')
    const no = place.drive(['set', 'app', 'other'], [{ wait: 'Add it?', type: `n${ENTER}` }])
    expect(no.code).toBe(252)
    const stop = place.drive(
      ['set', 'app', 'other', '--multiline'],
      [
        { wait: 'Add it?', type: `y${ENTER}` },
        { wait: 'Value of other', type: `a\rb${CTRL_C}` }
      ]
    )
    expect(stop.code).toBe(130)
    const yes = place.drive(
      ['set', 'app', 'other', '--multiline'],
      [
        { wait: 'Add it?', type: `y${ENTER}` },
        { wait: 'Value of other', type: `a\rb${CTRL_D}` }
      ]
    )
    expect(yes.code).toBe(0)
    expect(place.run(['get', 'app', 'other']).stdout).toBe('a\nb')
  }, 240_000)

  it.each<[string, string[], string, string, string]>([
    [
      'a value in an argument',
      ['set', 'app', 'user=hunter2'],
      '',
      'does not take the value as an argument',
      'hunter2'
    ],
    ['no terminal', ['set', 'app', 'user'], '', 'cannot ask for the value: no terminal', '\0'],
    ['a number as a string', ['set', 'app', 'db.port=-'], '5433', "'db.port' is not a string", '5433'],
    [
      'what is not JSON',
      ['set', 'app', 'db.port=-', '--json'],
      'hunter2',
      'the value is not JSON',
      'hunter2'
    ],
    ['a field of a string', ['set', 'app', 'user.x=-', '--create'], 'x', "has no key 'user.x'", '\0'],
    ['a missing field', ['get', 'app', 'usr'], '', 'it has the keys user, db', 'app"'],
    ['two fields', ['get', 'app', 'user', '--json-key', 'db'], '', 'cannot be combined', '\0']
  ])(
    'refuses %s',
    (_name, args, input, message, never) => {
      const { code, stdout, stderr } = place.run(args, { input })
      expect({ code, stdout }).toEqual({ code: 252, stdout: '' })
      expect(stderr).toContain(message)
      expect(stderr).not.toContain(never)
      expect(stored()).toBe(JSON_TEXT)
    },
    240_000
  )
})
