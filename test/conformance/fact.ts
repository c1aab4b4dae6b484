import { expect } from 'vitest'
import type { OperationName } from '../../src/core/generated/operations.js'
import { Refused, type Face, type Fields } from './faces.js'

/** Where a fact about the service comes from. */
export type Source = 'REC' | 'VER' | 'USR' | 'MODEL' | 'DOC' | 'EMU' | 'ours'

/** What a fact is checked with: the service through one face, and names that no other fact uses. */
export interface At {
  readonly face: string
  readonly ask: { readonly [name in OperationName]: (request?: Fields) => Promise<Fields> }
  /** A secret name that only this fact uses. */
  readonly name: string
  /** Returns a new token. */
  readonly token: () => string
}

export interface Fact {
  readonly source: Source
  readonly says: string
  readonly holds: (at: At) => Promise<void>
}

export const fact = (source: Source, says: string, holds: Fact['holds']): Fact => ({ source, says, holds })

let count = 0

export function place(face: Face): At {
  const name = `fact/${++count}`
  const ask = new Proxy({} as At['ask'], {
    get:
      (_, operation) =>
      (request: Fields = {}) =>
        face.ask(operation as OperationName, request)
  })
  return { face: face.name, ask, name, token: () => `${name}-${++count}`.padEnd(36, '-') }
}

/** The error that an operation is refused with. Throws if it succeeds. */
export async function refused(work: Promise<unknown>): Promise<{ code: string; message: string }> {
  const [outcome] = await Promise.allSettled([work])
  if (outcome.status === 'fulfilled') throw new Error(`it answered ${JSON.stringify(outcome.value)}`)
  if (!(outcome.reason instanceof Refused)) throw outcome.reason
  return { code: outcome.reason.code, message: outcome.reason.message }
}

export async function expectRefused(work: Promise<unknown>, code: string, message: unknown): Promise<void> {
  expect(await refused(work)).toEqual({ code, message })
}

export const NOT_FOUND = [
  'ResourceNotFoundException',
  "Secrets Manager can't find the specified secret."
] as const

/** The staging labels of a secret's versions. */
export async function labels({ ask, name }: At): Promise<unknown> {
  return (await ask.DescribeSecret({ SecretId: name }))['VersionIdsToStages']
}
