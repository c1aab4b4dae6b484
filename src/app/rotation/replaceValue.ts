import { VaultError } from '../../core/errors.js'
import { EXCLUDED_BY_DEFAULT, type GenerateRule } from '../../core/rotation/generateRule.js'
import { placePassword, placePrinted } from '../../core/rotation/placePassword.js'
import { parseArn } from '../../core/service/name.js'
import { AWSCURRENT, AWSPENDING } from '../../core/versions/stages.js'
import { refuseDeleted } from '../../operations/deletion.js'
import { newPassword } from '../../operations/newPassword.js'
import type { Vault } from '../../vault/vault.js'
import { rememberFailure } from './failures.js'
import { interrupted } from './interrupted.js'
import { onceInput } from './onceInput.js'
import { failedOnce, failureOf, printedValue, type FailedOnce } from './onceResult.js'
import { finishWith, storeNew, tryPrinted, type Replacement, type Stored } from './replaceWrites.js'
import type { Rotated } from './rotate.js'
import { formerReaders, known } from './replacing.js'
import { expectRotationRights } from './rotationRights.js'
import { onceProgram, runOnce, type OnceProgram } from './runOnce.js'

/** How a value is replaced without a rotation function. */
export interface ReplaceOptions {
  /** Names the new version. */
  readonly token: string
  /** Generates the new value, by this rule and by what the secret's own rule adds. Left out: the program prints it. */
  readonly generate?: GenerateRule | undefined
  /** A program that changes the value where it is used, or that prints a new one. */
  readonly command?: string | undefined
  /** Milliseconds that the program may take; 5 minutes if absent. */
  readonly timeout?: number | undefined
  /** The field that a printed value goes into. */
  readonly field?: string | undefined
  /** Called before each step, with what it does. */
  readonly onStep: (name: string, step: string) => void
}

/**
 * Rotates a secret without a function. A generated value that a program sets is stored under AWSPENDING before the program
 * runs, and AWSCURRENT moves after it has succeeded: if either is killed, the next call continues with the same value.
 * If a former reader may know that value, it is replaced in the same way once it is current.
 * Throws `RotationFailed` if the program fails: AWSCURRENT is then as it was.
 */
export async function replaceValue(
  vault: Vault,
  secretId: string,
  options: ReplaceOptions
): Promise<Rotated> {
  const program = options.command === undefined ? undefined : onceProgram(options.command, options.timeout)
  const view = await vault.read()
  const secret = await view.secret(secretId)
  refuseDeleted(secret)
  await expectRotationRights(vault, view, secret.name)
  if (!vault.rotator)
    throw new VaultError('RepositoryState', 'this is no repository, so no secret can be rotated here')
  const { arn, name } = secret
  const replacing = new Replacing(vault, { arn, name }, options)
  const stored = await vault.rotator.alone({ arn, name }, signal =>
    replacing.run(program, signal as AbortSignal)
  )
  await rememberFailure(vault.repository.memory, arn, undefined).catch(() => undefined)
  return { name, ...stored }
}

class Replacing {
  readonly #vault: Vault
  readonly #secret: { readonly arn: string; readonly name: string }
  readonly #options: ReplaceOptions

  constructor(
    vault: Vault,
    secret: { readonly arn: string; readonly name: string },
    options: ReplaceOptions
  ) {
    this.#vault = vault
    this.#secret = secret
    this.#options = options
  }

  async run(
    program: OnceProgram | undefined,
    signal: AbortSignal
  ): Promise<Stored & Pick<Rotated, 'isReplaced'>> {
    const { generate } = this.#options
    if (program && !generate) return this.#printed(program, signal)
    const stored = await this.#replaced(program, generate ?? {}, signal)
    if (!stored.wasLeft) return stored
    const { arn, name } = this.#secret
    const left = { arn, region: parseArn(arn).region, token: stored.versionId }
    const names = await formerReaders(this.#vault, left)
    if (names.length === 0) return stored
    this.#vault.notice(`${known(names, name)}: it is rotated once more`)
    const next = await this.#replaced(program, generate ?? {}, signal)
    return { ...stored, versionId: next.versionId, isReplaced: true }
  }

  /** Stores a new value, or takes the one that was left, and makes it current. */
  async #replaced(
    program: OnceProgram | undefined,
    generate: GenerateRule,
    signal: AbortSignal
  ): Promise<Stored> {
    const stored = await this.#store(program ? AWSPENDING : AWSCURRENT, generate, this.#generated)
    if (program) await this.#execute(program, signal, stored.versionId)
    if (program || stored.wasLeft) await finishWith(this.#vault, this.#secret.arn, stored.versionId)
    return stored
  }

  async #printed(program: OnceProgram, signal: AbortSignal): Promise<Stored> {
    const { arn, name } = this.#secret
    const { field } = this.#options
    // a value that was issued and cannot be stored would be lost
    await tryPrinted(this.#vault, arn, field)
    const printed = await this.#execute(program, signal, undefined)
    return this.#store(AWSCURRENT, {}, current => {
      const text = placePrinted(current, printed, field, name)
      if (text !== current) return text
      throw new VaultError('RotationFailed', `the program printed the value that ${name} has already`)
    })
  }

  readonly #generated: Replacement['make'] = async (current, { field, ...how }, name, ofTag) => {
    const { field: asked, ...askedHow } = this.#options.generate ?? {}
    const exclude = how.exclude ?? EXCLUDED_BY_DEFAULT
    const rule = how.words === undefined ? { ...how, exclude } : how
    const isAsked = Object.keys(askedHow).length > 0 || Object.keys(how).length === 0
    const password = await newPassword(this.#vault, rule).catch((error: unknown) => {
      if (isAsked) throw error
      return ofTag(error)
    })
    try {
      return placePassword(current, password, field, name)
    } catch (error) {
      if (asked !== undefined || field === undefined) throw error
      return ofTag(error)
    }
  }

  #store(label: Replacement['label'], rule: GenerateRule, make: Replacement['make']): Promise<Stored> {
    this.#options.onStep(this.#secret.name, 'storing the new value')
    return storeNew(this.#vault, this.#secret.arn, { token: this.#options.token, label, rule, make })
  }

  /**
   * Runs the program, and returns what it printed.
   * @param versionId of the new value; left out, the program prints it
   */
  async #execute(program: OnceProgram, signal: AbortSignal, versionId: string | undefined): Promise<string> {
    const [vault, { arn, name }] = [this.#vault, this.#secret]
    const { input, values } = await onceInput(vault, arn, versionId)
    this.#options.onStep(name, `running ${program.name}`)
    const ending = await runOnce(program, { input, printsValue: versionId === undefined, signal })
    const printed = versionId === undefined ? printedValue(ending) : { text: '' }
    const why = ending.failure ?? ('fault' in printed ? printed.fault : undefined)
    if (why === undefined) return 'text' in printed ? printed.text : ''
    const failed: FailedOnce = { arn, name, program: program.name, why, versionId }
    const noted = failureOf(ending, values, failed)
    const time = new Date(vault.clock.now()).toISOString()
    await rememberFailure(vault.repository.memory, arn, { ...noted, time }).catch(() => undefined)
    const error = failedOnce(failed, noted.output)
    if (signal.reason !== 'SIGINT') throw error
    const run = { ...this.#secret, region: parseArn(arn).region, token: versionId ?? '', testsOnly: false }
    throw await interrupted(vault, run, error, 'continue it: run the same command again')
  }
}
