import * as fs from 'node:fs'
import { delimiter, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { editorOf, runEditor } from '../../../src/system/files/editor.js'
import { scratch } from '../../vault/fixture.js'

let folder: string
beforeAll(() => {
  folder = scratch('editors')
  const program = (name: string, script: string) =>
    fs.writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  program('vi', 'echo nvi 1.81')
  program('arguments', `for word; do echo "[$word]"; done > ${folder}/out`)
})

describe('which editor', () => {
  it.each([
    [{}, 'vi'],
    [{ EDITOR: 'nano' }, 'nano'],
    [{ EDITOR: 'nano', VISUAL: 'code --wait' }, 'code --wait'],
    [{ EDITOR: 'ed', VISUAL: 'code', TERM: 'dumb' }, 'ed'],
    [{ EDITOR: '', VISUAL: '' }, 'vi']
  ])('of %j', (env, command) => {
    expect(editorOf({ PATH: folder, ...env }).command).toBe(command)
  })

  it('is known by its name, whatever its folder and arguments', () => {
    for (const EDITOR of ['vim', '/usr/bin/vim -R', 'nvim', 'nano -w', 'emacs -nw', 'ed'])
      expect(editorOf({ EDITOR }), EDITOR).toMatchObject({ isKnown: true })
    for (const EDITOR of ['code --wait', 'emacsclient', './vimlike'])
      expect(editorOf({ EDITOR }).isKnown).toBe(false)
  })

  it('is vim only if vi says so: another vi would refuse the options', () => {
    expect(editorOf({ PATH: folder })).toEqual({ command: 'vi', options: [], isKnown: false })
    expect(editorOf({ PATH: ['.', folder].join(delimiter) }).isKnown).toBe(false)
  })
})

describe('running it', () => {
  const run = (command: string) =>
    runEditor({ command, options: ['-o', 'a b'], isKnown: true }, `${folder}/it's $(x)`, folder, {
      PATH: `${folder}:/usr/bin:/bin`
    })

  it.each([
    ['arguments --wait', ['--wait']],
    [`arguments 'one word' "$HOME"`, ['one word', '']],
    ['FOO=1 arguments', []]
  ])('%s', async (command, words) => {
    await run(command)
    const expected = [...words, '-o', 'a b', `${folder}/it's $(x)`]
    expect(fs.readFileSync(join(folder, 'out'), 'utf8')).toBe(expected.map(word => `[${word}]\n`).join(''))
  })

  it('fails with its exit code, its signal, or its name', async () => {
    await expect(run('sh -c "exit 4"')).rejects.toThrow('the editor ended with exit code 4')
    await expect(run("sh -c 'kill -9 $$'")).rejects.toThrow(/ended (by SIGKILL|with exit code 137)/)
    await expect(run('no-such-editor')).rejects.toMatchObject({
      message: 'there is no editor no-such-editor',
      hint: 'set VISUAL or EDITOR'
    })
  })
})
