import type { Time } from '../core/time.js'

/** One run of a rotation. */
export interface RotationRun {
  readonly arn: string
  readonly name: string
  readonly region: string
  /** The token of the request, which names the new version. */
  readonly token: string
  /** The name of the registered function. */
  readonly function: string
  /** RotationLambdaARN, as it is stored. */
  readonly functionArn: string
  /** Runs the testSecret step alone, on the current value. */
  readonly testsOnly: boolean
  /**
   * Whether a new value that a former reader may know is replaced at once by one more rotation, whatever the function. Left out,
   * only a built-in function does that.
   */
  readonly replacesExposed?: boolean
  /** Failures from before this time are not counted with those of this run; in milliseconds since the Unix epoch. */
  readonly since?: number
}

/** Runs the functions that this user has registered for this vault. */
export interface Rotator {
  /** Whether `start` returns when the steps have begun, in a process of their own. */
  readonly isDetached?: boolean
  /** Returns the name of the registered function that RotationLambdaARN names; `undefined` if there is none. */
  find(functionArn: string): Promise<string | undefined>
  /**
   * Runs the steps. In a server it returns at once, and the steps run after it. On the command line it returns after the
   * last step, and throws `RotationFailed` if one failed. Returns false if another process is running this very rotation.
   * Throws `RepositoryBusy` if another process runs a function for this secret, but not for this rotation.
   */
  start(run: RotationRun): Promise<boolean>
  /**
   * As `start`, but in a server, too, it returns after the last step. Returns false also if this process is stopping.
   */
  finish(run: RotationRun): Promise<boolean>
  /**
   * Remembers that this clone puts AWSPENDING on a version, at that time. To be called before the commit, so that a process
   * that is killed continues its own rotation.
   */
  claim(arn: string, version: string, moved: Time): Promise<void>
  /**
   * Runs `work` while no function rotates the secret, in any process of this clone. Throws `RepositoryBusy` if one does. The
   * signal, an `AbortSignal`, stops the work; its reason is the name of the signal that this process got. Its type is not named
   * here, because programs that use the library may have no types of Node.
   */
  alone<T>(
    secret: { readonly arn: string; readonly name: string },
    work: (signal: object) => Promise<T>
  ): Promise<T>
  /**
   * Stops the runs of a secret in this process, and forgets how its last rotation failed. A run of another process can
   * write nothing more, and ends before its next step.
   */
  cancel(arn: string): Promise<void>
}
