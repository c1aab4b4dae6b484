import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { deedsOf } from '../../../src/cli/browse/deeds.js'
import { Session } from '../../../src/cli/browse/session.js'
import { realServices, type World } from '../../../src/cli/command/services.js'
import type { KeyName } from '../../../src/cli/screen/keys.js'
import { ASCII } from '../../../src/cli/screen/line.js'
import type { ScreenEvent } from '../../../src/cli/screen/screen.js'
import { Interrupted } from '../../../src/cli/terminal/io.js'
import { processIo } from '../../../src/cli/process.js'
import { newIdentity } from '../../../src/app/identityFile.js'
import { makeVault, scratch, token, type TestVault } from '../../vault/fixture.js'

const VALUE = 'correct horse battery'

let box: TestVault
beforeAll(async () => {
  box = await makeVault('session')
  for (const Name of ['dev/a', 'dev/b'])
    await box.api.createSecret({ Name, SecretString: `${VALUE} ${Name}`, ClientRequestToken: token(Name) })
  await box.api.createSecret({ Name: 'bytes', SecretBinary: new Uint8Array(12) })
}, 120_000)

/** A person at a screen of text. */
class Desk {
  readonly done: Promise<string | undefined>
  shown = ''
  #send!: (event: ScreenEvent) => void

  constructor(hideAfter = 600_000) {
    const world: World = { io: { ...processIo, cwd: box.root }, services: realServices }
    const deeds = deedsOf(world, {}, undefined, () => undefined)
    const session = new Session(world, deeds, {
      ...{ prefix: '', marks: ASCII, use: { canCopy: false, isPicking: false }, hideAfter },
      openScreen: on => {
        this.#send = on
        return {
          size: { columns: 100, rows: 20 },
          show: ({ lines }) =>
            (this.shown = lines.map(line => line.map(({ text }) => text).join('')).join('\n')),
          outside: work => work(),
          close: () => undefined
        }
      }
    })
    this.done = session.run()
    this.done.catch(() => undefined)
  }

  press(name: KeyName, text = ''): void {
    this.#send({ kind: 'key', key: { name, text } })
  }

  /** Waits until the screen has a text, or no longer has it. */
  async sees(text: string, isThere = true): Promise<void> {
    for (let tries = 0; this.shown.includes(text) !== isThere || this.shown === ''; tries++) {
      if (tries === 2000) throw new Error(`never ${isThere ? 'shown' : 'hidden'}: ${text}\n${this.shown}`)
      await new Promise(resolve => setTimeout(resolve, 5))
    }
  }
}

describe('a session', () => {
  it('hides a value by itself after a while', async () => {
    const desk = new Desk(50)
    await desk.sees('hidden: Enter')
    desk.press('text', 'dev/b')
    desk.press('enter')
    await desk.sees(`${VALUE} dev/b`)
    await desk.sees(VALUE, false)
    desk.press('ctrl-c')
    await expect(desk.done).rejects.toBeInstanceOf(Interrupted)
  })

  it('shows how long a binary value is, and nothing of it', async () => {
    const desk = new Desk()
    await desk.sees('hidden: Enter')
    desk.press('enter')
    await desk.sees('binary, 12 bytes')
    desk.press('escape')
    expect(await desk.done).toBeUndefined()
  })

  it('says what cannot be decrypted and why, and goes on', async () => {
    const path = `${scratch('stranger')}/stranger.yaml`
    await newIdentity({ path })
    process.env['GIT_VAULT_IDENTITY_FILE'] = path
    onTestFinished(() => void delete process.env['GIT_VAULT_IDENTITY_FILE'])
    const desk = new Desk()
    await desk.sees('hidden: Enter')
    desk.press('enter')
    await desk.sees('not a member')
    desk.press('down')
    await desk.sees('> dev/a')
    desk.press('escape')
    await desk.done
  })

  it('reads the vault again on Ctrl-L', async () => {
    const desk = new Desk()
    await desk.sees('hidden: Enter')
    await box.api.createSecret({ Name: 'later', SecretString: 'v' })
    expect(desk.shown).not.toContain('later')
    desk.press('ctrl-l')
    await desk.sees('later')
    desk.press('escape')
    await desk.done
  })

  it('ends with the error if the vault as a whole cannot be read', async () => {
    const before = box.read('vault/access.yaml')
    box.write('vault/access.yaml', 'kind: nothing\n')
    onTestFinished(() => box.write('vault/access.yaml', before))
    await expect(new Desk().done).rejects.toMatchObject({ code: 'DocumentRefused' })
  })
})
