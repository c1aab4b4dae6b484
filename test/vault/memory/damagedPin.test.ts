import * as fs from 'node:fs'
import { describe, expect, it } from 'vitest'
import { doctor } from '../../../src/app/doctor/doctor.js'
import { open } from '../../../src/app/open.js'
import { acceptInvitation, inspectRoot, trust } from '../../../src/app/trust.js'
import { formatInvitation } from '../../../src/core/access/invitation.js'
import { openVault } from '../../../src/index.js'
import { run, type Setting } from '../../cli/world.js'
import { failure, makeVault, token, type TestVault } from '../fixture.js'

const PIN = '.git/git-vault/pin'
const damages = ['', 'garbage', '\u0000\u0001', 'format: 1\nentries: []\n']

async function damaged(content: string): Promise<{ box: TestVault; pin: string }> {
  const box = await makeVault()
  await box.api.createSecret({ Name: 'db', SecretString: 'one', ClientRequestToken: token(1) })
  const pin = box.read(PIN)
  fs.writeFileSync(box.path(PIN), content)
  return { box, pin }
}

const get = async (box: TestVault): Promise<string | undefined> =>
  (await (await openVault(box.options)).getSecretValue({ SecretId: 'db' })).SecretString

/** Runs `git-vault trust` on the clone. */
const trusting = (box: TestVault, argv: string[], setting: Setting = {}) =>
  run(['trust', ...argv], {
    services: {
      inspectRoot: () => inspectRoot(box.root),
      trust: (_, root, replace) => trust(box.root, root, replace),
      acceptInvitation: (_, text) => acceptInvitation(box.root, text)
    },
    ...setting
  })

describe.each(damages)('a pin with the content %j', content => {
  it('is refused by reads and writes, with what mends it, and is left alone', async () => {
    const { box } = await damaged(content)
    await expect(get(box)).rejects.toMatchObject({
      code: 'DocumentRefused',
      message: expect.stringMatching(/^this clone's pinned access log/) as string,
      hint: expect.stringMatching(/: git-vault trust$/) as string
    })
    const write = (await openVault(box.options)).putSecretValue({ SecretId: 'db', SecretString: 'two' })
    expect((await failure(write)).code).toBe('DocumentRefused')
    const vault = await open(box.options)
    const { value: first } = (await doctor(box.root, vault)[Symbol.asyncIterator]().next()) as {
      value: unknown
    }
    expect(first).toMatchObject({
      ...{ what: 'root', state: 'problem', hint: 'git-vault trust' },
      text: expect.stringMatching(/^this clone's pinned access log/) as string
    })
    await vault.close()
    expect(box.read(PIN)).toBe(content)
  })

  it('is replaced by each form of trust, which says what was forgotten', async () => {
    const { box, pin } = await damaged(content)
    const { root } = await inspectRoot(box.root)
    const invitation = formatInvitation({ root, entry: 1, head: root })
    const forms: [string[], Setting][] = [
      [['--root', root], {}],
      [['--invitation', invitation], {}],
      [[], { terminal: true, answers: [true] }]
    ]
    for (const [argv, setting] of forms) {
      fs.writeFileSync(box.path(PIN), content)
      const { code, stderr, stdout } = await trusting(box, argv, setting)
      expect([code, stdout]).toEqual([0, expect.stringContaining('this clone now trusts the root')])
      expect(stderr).toContain('this clone has forgotten what it had verified')
      expect(box.read(PIN)).toBe(pin)
      expect(await get(box)).toBe('one')
    }
  })

  it('stays if nobody says which root to trust', async () => {
    const { box } = await damaged(content)
    expect((await trusting(box, [])).code).toBe(252)
    expect((await trusting(box, ['--root', 'other'])).code).toBe(252)
    expect((await trusting(box, [], { terminal: true, answers: [false] })).code).toBe(252)
    expect(box.read(PIN)).toBe(content)
  })
})
