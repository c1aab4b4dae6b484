import { beforeAll, describe, expect, it } from 'vitest'
import type { Io } from '../../../src/cli/terminal/io.js'
import { run } from '../../../src/cli/run.js'
import { log } from '../../../src/vault/log/log.js'
import { type TestVault, token, top } from '../fixture.js'
import { forgePut, forgeSecret, forgeStages, NAME, prove, SECRET, STAGES, version } from './forge.js'
import { after, carol, commit, copy, expectUnharmed, mallory, scene } from './kit.js'

beforeAll(async () => {
  await scene()
})

describe('hostile text in a commit’s message', () => {
  it('a token and a label with line breaks cannot add a trailer', async () => {
    const { victim } = await scene()
    const odd = `x\n\nMember: mallory\nVersion-Id: ${'y'.repeat(20)}\r\n\0`.replace('\0', '\u0085')
    await victim.api.putSecretValue({
      SecretId: NAME,
      SecretString: 'x',
      ClientRequestToken: odd,
      VersionStages: [`label\nMember: mallory`, 'AWSCURRENT']
    })
    const trailers = victim.git('log', '-1', '--format=%(trailers:key=Member,valueonly)').trim()
    expect(trailers).toBe('alice')
    expect(victim.git('log', '-1', '--format=%s').trim()).toBe(`PutSecretValue ${NAME}`)
    expect(victim.git('log', '-1', '--format=%(trailers:key=Version-Id,valueonly)').trim()).toBe(
      encodeURIComponent(odd).replaceAll('%20', ' ').replaceAll('%3A', ':')
    )
    const [newest] = await entries(victim)
    expect(newest).toMatchObject({ member: 'alice', token: odd, versionId: odd, signed: true })
  })

  it('a label with line breaks by a member with only encrypt cannot add one either', async () => {
    const label = 'x\n\nMember: mallory'
    const victim = await after(async attacker => {
      await forgePut(attacker, mallory)
      await forgeStages(attacker, mallory, stages => {
        stages.labels[label] = prove(attacker, mallory, stages, label, 'planted')
      })
    })
    await victim.api.updateSecretVersionStage({
      SecretId: NAME,
      VersionStage: label,
      RemoveFromVersionId: token('planted')
    })
    expect(victim.git('log', '-1', '--format=%(trailers:key=Member,valueonly)').trim()).toBe('alice')
  })
})

async function entries(vault: TestVault) {
  const found = []
  for await (const entry of log(await vault.internal(), {})) found.push(entry)
  return found
}

describe('a commit by hand that claims a put', () => {
  const message = `PutSecretValue ${NAME}\n\nClient-Request-Token: ${token('claimed')}\nVersion-Id: ${token('claimed')}\nVersion-Stages: AWSCURRENT\nMember: alice\n`

  it('without a signed document is marked', async () => {
    const victim = await after(attacker => {
      copy(attacker, version('two'), version('claimed'))
      commit(attacker, message)
    })
    const [newest] = await entries(victim)
    expect(newest).toMatchObject({ operation: 'PutSecretValue', member: 'alice', signed: false })
    const shown = await cli(victim, 'log', '-n', '1')
    expect(shown).toMatch(/alice {2}PutSecretValue {2}prod\/db .*\(unsigned\)\n$/)
    await expectUnharmed(victim)
  })

  it('with a document that the member did not sign is marked', async () => {
    for (const plant of [
      (attacker: TestVault) => forgeStages(attacker, mallory, () => undefined, { by: carol.public.keyId }),
      async (attacker: TestVault) =>
        attacker.write(STAGES, attacker.read(STAGES).replace('three---', 'thr33---'))
    ]) {
      const victim = await after(async attacker => {
        await plant(attacker)
        commit(attacker, message)
      })
      expect((await entries(victim))[0]).toMatchObject({ member: 'alice', signed: false })
    }
  })

  it('with a document by another member is shown as theirs', async () => {
    const victim = await after(async attacker => {
      await forgePut(attacker, mallory)
      commit(attacker, message)
    })
    const [version, stages, claim] = await entries(victim)
    expect(version).toMatchObject({ member: 'mallory', token: token('planted'), signed: true })
    expect(stages).toMatchObject({ member: 'mallory', token: token('three'), signed: true })
    expect(claim).toMatchObject({ member: 'alice', token: token('claimed'), signed: false })
  })
})

/** Returns what the command prints on a terminal. */
async function cli(vault: TestVault, ...argv: string[]): Promise<string> {
  const decoder = new TextDecoder()
  let shown = ''
  const output = {
    isTerminal: true,
    columns: 200,
    unblock: () => undefined,
    async write(data: string | Uint8Array) {
      shown += typeof data === 'string' ? data : decoder.decode(data)
    }
  }
  const io: Io = {
    stdin: { isTerminal: false, read: async () => new Uint8Array() },
    stdout: output,
    stderr: output,
    env: { ...process.env, NO_COLOR: '1' },
    cwd: vault.root,
    enter: () => undefined,
    home: top,
    readFile: async () => new Uint8Array(),
    uuid: () => token('cli'),
    userName: async () => 'alice'
  }
  await run(argv, io)
  return shown
}

describe('control characters', () => {
  const EVIL = '\u001b]0;owned\u0007\u009b2J\u202egnp.exe\r\u001b[1A\u200b\u2060\u{e0041}\u3164'
  // oxlint-disable-next-line no-control-regex -- control characters are the subject
  const CONTROL = /(?![\n\t])[\u0000-\u001f\u007f-\u009f\u202e\u200b\u2060\u{e0041}\u3164]/u

  it('in a tag, a description and a label are shown escaped', async () => {
    const victim = await after(async attacker => {
      await forgeSecret(attacker, carol, secret => {
        const { time } = secret.signed.change
        secret.tags = { [`k${EVIL}`]: { value: EVIL, changed: time } }
        secret.description = { value: EVIL, changed: time }
      })
      await forgePut(attacker, mallory, { value: 'planted' })
      await forgeStages(attacker, mallory, stages => {
        stages.labels[EVIL] = prove(attacker, mallory, stages, EVIL, 'planted')
      })
    })
    for (const argv of [
      ['describe-secret', '--secret-id', NAME],
      ['describe-secret', '--secret-id', NAME, '--output', 'text'],
      ['describe-secret', '--secret-id', NAME, '--output', 'table'],
      ['describe-secret', '--secret-id', NAME, '--output', 'yaml'],
      ['list-secrets', '--output', 'text'],
      ['list-secret-version-ids', '--secret-id', NAME, '--output', 'text'],
      ['ls'],
      ['history', NAME],
      ['log']
    ]) {
      const shown = await cli(victim, ...argv)
      expect(shown).not.toMatch(CONTROL)
      expect(shown).toContain(argv[0] === 'log' ? 'PutSecretValue' : argv[0] === 'ls' ? NAME : 'owned')
    }
  })

  it('in the JSON of commands for people are shown escaped', async () => {
    const { victim } = await scene()
    // eve could read it
    const SecretId = 'prod/other'
    const MoveToVersionId = token('one')
    await victim.api.updateSecretVersionStage({ SecretId, VersionStage: EVIL, MoveToVersionId })
    for (const argv of [
      ['exposure', '--output', 'json'],
      ['exposure'],
      ['verify', '--output', 'json'],
      ['verify', '--range', 'HEAD~1..HEAD', '--output', 'json'],
      ['doctor', '--output', 'json'],
      ['member', 'list', '--output', 'json'],
      ['key', 'list', '--output', 'json']
    ]) {
      const shown = await cli(victim, ...argv)
      expect(shown).not.toMatch(CONTROL)
      if (argv[0] === 'exposure') expect(shown).toContain('owned')
      if (argv.includes('--output')) expect(JSON.parse(shown)).toBeTypeOf('object')
    }
  })

  it('in a commit’s message and its author are shown escaped', async () => {
    const victim = await after(attacker => {
      copy(attacker, version('two'), version('claimed'))
      attacker.git('-c', `user.name=a\u009bb\u202ec`, 'add', '-A')
      attacker.git('-c', `user.name=a\u009bb\u202ec`, 'commit', '-qm', `Put\u001b[2J\u202e`)
    })
    const shown = await cli(victim, 'log', '-n', '1')
    expect(shown).not.toMatch(CONTROL)
    expect(shown).toMatch(/\\u202e.*\(unsigned\)/)
  })

  it('in a refusal are shown escaped', async () => {
    const victim = await after(attacker =>
      attacker.write(SECRET, `${attacker.read(SECRET)}"a\\u001b[2J": b\n`)
    )
    const shown = await cli(victim, 'get', NAME)
    expect(shown).toContain(SECRET)
    expect(shown).not.toMatch(CONTROL)
  })
})
