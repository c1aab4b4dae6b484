import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { rotationStatus, type RotationStatus } from '../../src/app/rotation/status.js'
import { scratch, type TestVault } from '../vault/fixture.js'
import {
  accountOf,
  addFunction,
  createAccount,
  gitVault,
  serve,
  startGitVault,
  until,
  type Ran,
  type RotationFunction,
  type Serving
} from './kit.js'
import type { Account, Postgres } from './postgres.js'

/** The process that SIGKILL ends: the function, or the git-vault that runs it, the function's parent. */
export type Victim = 'function' | 'program'

/** Through RotateSecret at the endpoint of `git-vault serve`, or with `git-vault rotate-secret`. */
export type Way = 'endpoint' | 'command line'

const points = fileURLToPath(new URL('points/', import.meta.url))
/** The variable that loads what notes the points. */
const HOOKS: Readonly<Record<RotationFunction['option'], string>> = {
  '--node': `NODE_OPTIONS=--import=${points}points.mjs`,
  '--python': `PYTHONPATH=${points}`,
  '--builtin': `NODE_OPTIONS=--require=${points}sockets.cjs`
}
const INCOMPLETE = "A previous rotation isn't complete. That rotation will be reattempted."
/** Files of git's and git-vault's writes that none leaves behind when it has ended. */
const LEFT = /\.lock$|\/journal$|\/(?:index|file|probe)-[0-9a-f]{12}|refs\/git-vault/

/** Rotations of one secret, of which processes are killed. */
export class Campaign {
  readonly SecretId: string
  readonly #box: TestVault
  readonly #postgres: Postgres
  readonly #kind: RotationFunction
  readonly #folder: string
  #serving: Serving | undefined
  #run = 0

  private constructor(box: TestVault, postgres: Postgres, kind: RotationFunction, folder: string) {
    this.#box = box
    this.#postgres = postgres
    this.#kind = kind
    this.#folder = folder
    this.SecretId = `killed/${kind.name}`
  }

  /** Creates the secret with its account, and registers the function. */
  static async start(
    box: TestVault,
    postgres: Postgres,
    kind: RotationFunction,
    masterArn: string
  ): Promise<Campaign> {
    const folder = scratch('points')
    await addFunction(box, kind, '--env', HOOKS[kind.option], '--env', `POINTS=${folder}`)
    const campaign = new Campaign(box, postgres, kind, folder)
    await createAccount(box, postgres, campaign.SecretId, kind.name.replace(/\W/g, '_'), masterArn)
    return campaign
  }

  /** The arguments of a rotation on the command line. */
  get #args(): string[] {
    return ['rotate-secret', '--secret-id', this.SecretId, '--rotation-lambda-arn', this.#kind.name]
  }

  /** Rotates without a kill. Returns the points that the function passed. */
  async uninterrupted(): Promise<string[]> {
    this.#order(0, 'function')
    expect(await gitVault(this.#box, ...this.#args)).toMatchObject({ code: 0, stderr: '' })
    return this.#passed()
  }

  /**
   * Kills a process at a point, expects that a password of the secret still works, rotates again, and expects that nothing is
   * left of the first run.
   * @param at the number of the point, from 1
   */
  async killed(at: number, victim: Victim, way: Way): Promise<void> {
    const old = await accountOf(this.#box, this.SecretId)
    this.#order(at, victim)
    if (way === 'endpoint') await this.#killedServing(victim)
    else {
      const { code, signal } = await gitVault(this.#box, ...this.#args)
      expect({ code, signal }).toEqual(
        victim === 'program' ? { code: null, signal: 'SIGKILL' } : { code: 255, signal: null }
      )
    }
    await this.#mended(old, way)
  }

  /** Rotates on the command line, with variables that make the program or a git process of it fail, and then without. */
  async withFault(env: Record<string, string>): Promise<Ran> {
    const old = await accountOf(this.#box, this.SecretId)
    this.#order(0, 'function')
    const ran = await startGitVault(this.#box, this.#args, env).ended
    await this.#mended(old, 'command line')
    return ran
  }

  async stop(): Promise<void> {
    await this.#serving?.stop()
  }

  async #killedServing(victim: Victim): Promise<void> {
    const { client, ended } = await this.#server()
    const asked = client.rotateSecret({ SecretId: this.SecretId, RotationLambdaARN: this.#kind.name })
    const refused = await asked.then(
      () => undefined,
      (error: unknown) => error as Error & { readonly $response?: object }
    )
    // the answer may be lost with the server; if there is one, nothing was begun that could be killed
    if (refused && (victim === 'function' || refused.$response !== undefined)) throw refused
    if (victim === 'function') return until(async () => (await this.#status()).LastFailure !== undefined)
    expect((await ended).signal).toBe('SIGKILL')
    client.destroy()
    this.#serving = undefined
  }

  /** Checks the state after a kill, rotates again, and checks the state after that. */
  async #mended(old: Account, way: Way): Promise<void> {
    const [current, pending] = [await this.#account('AWSCURRENT'), await this.#account('AWSPENDING')]
    const [works, pendingWorks] = [
      await this.#postgres.accepts(current!),
      pending !== undefined && (await this.#postgres.accepts(pending))
    ]
    // one user has one password: it is that of AWSPENDING from setSecret to finishSecret
    expect(works || (!this.#kind.isMultiUser && pendingWorks)).toBe(true)

    this.#order(0, 'function')
    const isNew = await (way === 'endpoint' ? this.#servedAgain() : this.#again())

    const present = await accountOf(this.#box, this.SecretId)
    expect(await this.#postgres.accepts(present)).toBe(true)
    // reads use the work tree, which may be one commit behind until the next write
    const before = isNew ? (pending ?? old) : old
    expect(present.password).not.toBe(before.password)
    expect(await this.#account('AWSPREVIOUS')).toEqual(before)
    // the value that programs may still have works if it is of the other user
    expect(await this.#postgres.accepts(before)).toBe(this.#kind.isMultiUser)
    await this.#expectNothingLeft()
  }

  /** Rotates again. Returns whether that was a new rotation, because the one before was complete or had not begun. */
  async #again(): Promise<boolean> {
    const { code, stderr } = await gitVault(this.#box, ...this.#args)
    if (code === 0) return true
    expect({ code, stderr }).toEqual({ code: 254, stderr: expect.stringContaining(INCOMPLETE) as string })
    expect(stderr).toContain('it was reattempted, and is complete')
    return false
  }

  async #servedAgain(): Promise<boolean> {
    const { client } = await this.#server()
    const asked = client.rotateSecret({ SecretId: this.SecretId, RotationLambdaARN: this.#kind.name })
    const error = await asked.then(
      () => undefined,
      (reason: Error) => reason.message
    )
    expect([undefined, INCOMPLETE]).toContain(error)
    await until(async () => {
      const { IsRunning, PendingVersionId } = await this.#status()
      return !IsRunning && PendingVersionId === undefined
    })
    return error === undefined
  }

  async #expectNothingLeft(): Promise<void> {
    const described = await this.#box.api.describeSecret({ SecretId: this.SecretId })
    const labels = Object.values(described.VersionIdsToStages!).map(one => [...one].sort())
    expect(labels.sort()).toEqual([['AWSCURRENT', 'AWSPENDING'], ['AWSPREVIOUS']])
    const status = await this.#status()
    expect(status.IsRunning).toBe(false)
    for (const field of ['PendingVersionId', 'LastFailure']) expect(status).not.toHaveProperty(field)
    // a server holds no lock between two writes
    expect(this.#box.files('.git').filter(path => LEFT.test(path))).toEqual([])
    this.#box.expectClean()
    const { stdout } = await gitVault(this.#box, 'doctor', '--json')
    const { findings } = JSON.parse(stdout) as { findings: { what: string; state: string }[] }
    expect(findings.filter(({ what, state }) => state !== 'ok' && !OF_SETUP.includes(what))).toEqual([])
  }

  async #account(label: string): Promise<Account | undefined> {
    try {
      return await accountOf(this.#box, this.SecretId, label)
    } catch (error) {
      if ((error as { code?: unknown }).code === 'ResourceNotFoundException') return undefined
      throw error
    }
  }

  #order(at: number, victim: Victim): void {
    writeFileSync(join(this.#folder, 'order'), JSON.stringify({ run: ++this.#run, at, victim }))
  }

  #passed(): string[] {
    const file = join(this.#folder, `passed-${this.#run}`)
    return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : []
  }

  #status = async (): Promise<RotationStatus> =>
    rotationStatus(await this.#box.internal(), this.SecretId, this.#box.root)

  #server = async (): Promise<Serving> => (this.#serving ??= await serve(this.#box))
}

/** The checks of doctor that warn about the set-up of these tests: no passphrase, and no recovery identity. */
const OF_SETUP = ['identity', 'recovery']
