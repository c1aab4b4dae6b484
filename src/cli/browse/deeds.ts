import { isJsonObject, jsonMembers } from '../../core/format/jsonField.js'
import { VaultError } from '../../core/errors.js'
import { UsageError } from '../arguments/usage.js'
import { explain } from '../command/explain.js'
import { passphrase } from '../command/passphrase.js'
import type { World } from '../command/services.js'
import { runVerb, type Verb } from '../command/verb.js'
import type { Output } from '../terminal/io.js'
import type { Screen } from '../screen/screen.js'
import type { Event } from './reduce.js'
import type { Deeds } from './session.js'
import type { Effect } from './state.js'

/** The commands that the browser runs. Without one, its key does nothing. */
export interface Commands {
  readonly edit?: () => Promise<Verb>
  readonly rollback?: () => Promise<Verb>
  readonly copy?: (() => Promise<Verb>) | undefined
}

/** @param notice receives what a vault tells beside its answers: the screen has no place for it */
export function deedsOf(
  world: World,
  commands: Commands,
  region: string | undefined,
  notice: (line: string) => void
): Deeds {
  const { io, services } = world
  let screen: () => Screen | undefined = () => undefined
  /** Prompts and editors are on the usual screen, as without the browser. */
  const outside = async <T>(work: () => Promise<T>): Promise<T> => {
    const open = screen()
    return open ? open.outside(work) : work()
  }
  return {
    async open(current) {
      screen = current
      const ask = passphrase(io, services.ask)
      const vault = await services.open({
        directory: io.cwd,
        notice,
        passphrase: Object.assign((attempt: number) => outside(() => ask(attempt)), { ...ask })
      })
      return vault.inRegion(region)
    },
    async read(vault, name, versionId) {
      const found = await services.call(vault, 'GetSecretValue', {
        SecretId: name,
        ...(versionId === undefined ? {} : { VersionId: versionId })
      })
      const { SecretString: text, SecretBinary } = found
      const fields = text !== undefined && isJsonObject(text) ? jsonMembers(text) : undefined
      const bytes = SecretBinary?.length ?? 0
      return { kind: 'opened', name, opened: { versionId, text, bytes, fields } } satisfies Event
    },
    async run(vault, effect) {
      const verb = await commands[effect.kind]?.()
      if (!verb) return ''
      const said: string[] = []
      const own: World = {
        io: { ...io, stdout: kept(io.stdout, said), stderr: kept(io.stderr, said, io.stderr) },
        // its identity is unlocked already
        services: { ...services, open: async () => vault }
      }
      await outside(() => runVerb(effect.kind, verb, argumentsOf(effect, region), own))
      return said.join('').trim().replace(/\n+/g, '; ').replaceAll('git-vault: ', '')
    },
    async explain(error, name) {
      const explained = await explain(error, name, region, world)
      if (!(explained instanceof VaultError || explained instanceof UsageError)) throw explained
      const { message, hint } = explained
      return hint === undefined ? message : `${message}; ${hint}`
    }
  }
}

function argumentsOf(
  effect: Effect & { kind: 'copy' | 'edit' | 'rollback' },
  region: string | undefined
): string[] {
  const options = region === undefined ? [] : ['--region', region]
  if (effect.kind === 'edit') return [...options, '--', effect.name]
  if (effect.kind === 'rollback') return [...options, '--', effect.name, effect.versionId]
  const version = effect.versionId === undefined ? [] : ['--version', effect.versionId]
  const field = effect.field === undefined ? [] : [fieldName(effect.field)]
  return [...options, ...version, '--', effect.name, ...field]
}

/** A field as commands take it: a dot in its name is no path. */
const fieldName = (name: string): string => name.replace(/[\\.]/g, '\\$&')

/** An output that keeps what is written, and passes it on if there is another. */
function kept(output: Output, said: string[], to?: Output): Output {
  return {
    ...output,
    isTerminal: output.isTerminal,
    async write(data) {
      said.push(typeof data === 'string' ? data : new TextDecoder().decode(data))
      await to?.write(data)
    }
  }
}
