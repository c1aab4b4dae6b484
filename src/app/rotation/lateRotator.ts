import type { Rotator } from '../../vault/rotator.js'
import type { LocalRotator, RotatorOptions } from './rotator.js'

/** A rotator that is loaded when it is first needed, because hardly any command rotates. */
export function lateRotator(options: RotatorOptions): Rotator & { stop(): Promise<void> } {
  let loaded: Promise<LocalRotator> | undefined
  const load = (): Promise<LocalRotator> =>
    (loaded ??= import('./rotator.js').then(({ LocalRotator }) => new LocalRotator(options)))
  const { detachedIn } = options
  return {
    ...(detachedIn === undefined ? {} : { isDetached: true }),
    find: async functionArn => (await load()).find(functionArn),
    async start(run) {
      // a test has no other result than its end
      if (detachedIn === undefined || run.testsOnly) return (await load()).start(run)
      await (await import('./detachedRun.js')).startDetachedRun(run, detachedIn)
      return true
    },
    finish: async run => (await load()).finish(run),
    claim: async (arn, version, moved) => (await load()).claim(arn, version, moved),
    alone: async (secret, work) => (await load()).alone(secret, work),
    cancel: async arn => (await load()).cancel(arn),
    stop: async () => (await loaded)?.stop()
  }
}
