import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { operations, type OperationName } from '../../src/core/generated/operations.js'
import { expectRefused, place } from './fact.js'
import { hasAws, Service, type Face } from './faces.js'
import { moves } from './facts/labels.js'
import { lifecycle } from './facts/lifecycle.js'
import { lists } from './facts/lists.js'
import { names } from './facts/names.js'
import { rotation } from './facts/rotation.js'
import { rotationRules } from './facts/rotationRules.js'
import { observedFolder, rotationSteps } from './facts/rotationSteps.js'
import { policies } from './facts/policies.js'
import { values } from './facts/values.js'

/*
 * The known facts of Secrets Manager, one case each, through every client that a program may use. Facts that
 * no client can show are tested elsewhere: those that need another day (test/operations/pruning.test.ts,
 * deleteSecret.test.ts), the bytes on the wire (test/http/wire.ts and its users), the local agent's protocol
 * (test/http/awsAgent.test.ts), and requests without a token, which no client sends (below). What a rotation
 * function may do, and how it fails, is in test/app/rotation.
 */
const facts = [
  ...names,
  ...values,
  ...moves,
  ...lists,
  ...lifecycle,
  ...rotation,
  ...rotationRules,
  ...rotationSteps,
  ...policies
]

let service: Service
let faces: Face[]
const used = new Map<string, Set<OperationName>>()
beforeAll(async () => {
  service = await Service.start()
  const functions = fileURLToPath(new URL('../app/rotation/functions/', import.meta.url))
  for (const [name, ...program] of [
    ['copy', '--node', `${functions}copy.mjs`],
    ['observed', '--node', `${functions}observed.mjs`, '--env', `OBSERVED=${observedFolder}`],
    ['fails', '--command', 'false']
  ])
    expect(await service.gitVault(['function', 'add', name!, ...program])).toMatchObject({ code: 0 })
  faces = service.faces()
})
afterAll(() => service.stop())

describe.each([
  ['@aws-sdk/client-secrets-manager', true],
  ['boto3', hasAws],
  ['aws', hasAws],
  ['git-vault', true]
])('through %s', (name, isThere) => {
  const face = (): Face => {
    const found = faces.find(one => one.name === name)
    if (!found) throw new Error(`there is no face ${name}`)
    return {
      name,
      ask(operation, request) {
        used.set(name, (used.get(name) ?? new Set()).add(operation))
        return found.ask(operation, request)
      }
    }
  }

  it.skipIf(!isThere).each(facts.map(({ source, says, holds }) => [`[${source}] ${says}`, holds] as const))(
    '%s',
    async (_, holds) => holds(place(face()))
  )

  it.skipIf(!isThere)('every operation was called', () => {
    expect([...(used.get(name) ?? [])].sort()).toEqual(Object.keys(operations).sort())
  })
})

describe('a replica, through an SDK of its region', () => {
  it('[USR] cannot be written to; [DOC] stopped, it is a secret of its own', async () => {
    const [{ ask, name }, eu] = [place(faces[0]!), service.client('eu-west-1')]
    await ask.CreateSecret({ Name: name, SecretString: 'x', AddReplicaRegions: [{ Region: 'eu-west-1' }] })
    expect((await eu.getSecretValue({ SecretId: name })).ARN).toContain(':eu-west-1:')
    const refusal = await eu
      .putSecretValue({ SecretId: name, SecretString: 'y' })
      .catch((error: Error) => error)
    expect(refusal).toMatchObject({
      name: 'InvalidParameterException',
      message: "Operation not permitted on a replica secret. Call must be made in primary secret's region."
    })
    await eu.stopReplicationToReplica({ SecretId: name })
    await eu.putSecretValue({ SecretId: name, SecretString: 'y' })
    expect(await ask.GetSecretValue({ SecretId: name })).toMatchObject({ SecretString: 'x' })
    expect((await eu.getSecretValue({ SecretId: name })).SecretString).toBe('y')
  })
})

describe('a request that no client sends', () => {
  const without = (member: string) => {
    const client = service.client()
    client.middlewareStack.add(
      next => args => {
        const request = args.request as { body: string; headers: Record<string, string> }
        const { [member]: _, ...rest } = JSON.parse(request.body) as Record<string, unknown>
        request.body = JSON.stringify(rest)
        request.headers['content-length'] = String(Buffer.byteLength(request.body))
        return next(args)
      },
      { step: 'build', priority: 'low' }
    )
    return client
  }
  const asFace = (work: Promise<unknown>) =>
    work.catch((error: Error) => {
      throw Object.assign(error, { code: error.name })
    })

  it.each([
    ['createSecret', { Name: 'raw' }, 'InvalidRequestException'],
    ['updateSecret', { SecretId: 'raw', Description: 'x' }, 'InvalidRequestException'],
    ['putSecretValue', { SecretId: 'raw', SecretString: 'x' }, 'InvalidRequestException'],
    ['rotateSecret', { SecretId: 'raw' }, 'InvalidParameterException']
  ] as const)(
    '[REC] %s without a token is refused before the secret is looked up',
    async (method, request, code) => {
      const client = without('ClientRequestToken') as unknown as Record<
        string,
        (request: object) => Promise<unknown>
      >
      const error = await asFace(client[method]!(request)).catch((reason: unknown) => reason)
      expect(error).toMatchObject({
        code,
        message: 'You must provide a ClientRequestToken value. We recommend a UUID-type value.'
      })
    }
  )
})

it('each fact can fail: the answers of another service do not pass', async () => {
  const broken: Face = { name: 'broken', ask: async () => ({}) }
  const outcomes = await Promise.allSettled(facts.map(({ holds }) => holds(place(broken))))
  const passed = facts.filter((_, at) => outcomes[at]!.status === 'fulfilled')
  expect(passed.map(({ says }) => says)).toEqual([])
  await expect(expectRefused(Promise.resolve({}), 'x', 'y')).rejects.toThrow('it answered {}')
})
