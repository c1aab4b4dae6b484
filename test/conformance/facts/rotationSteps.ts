import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { scratch } from '../../vault/fixture.js'
import { expectRefused, fact, type At, type Fact } from '../fact.js'

/** The function that the test registers as `observed`, and the folder in which it writes what it has seen. */
const OBSERVED = 'arn:aws:lambda:us-east-1:000000000000:function:observed:alias'
export const observedFolder = scratch('observed')

interface Seen {
  readonly event: Readonly<Record<string, string>>
  readonly RotationEnabled: boolean
  readonly labels: readonly string[]
  readonly current: string
  readonly pending: unknown
  readonly endpoint: string
}

function seenOf({ name }: At): Seen[] {
  const file = join(observedFolder, name.replaceAll('/', '_'))
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Seen)
}

const stepsOf = (at: At): unknown[] => seenOf(at).map(({ event }) => event['Step'])

/** Waits until the steps have run: the service answers before them. */
async function afterSteps(at: At, count: number, most = 200): Promise<Seen[]> {
  for (let times = 0; times < most && seenOf(at).length < count; times++)
    await new Promise(resolve => setTimeout(resolve, 100))
  return seenOf(at)
}

async function create({ ask, name, token }: At, SecretString = 'old'): Promise<string> {
  const current = token()
  const answer = await ask.CreateSecret({ Name: name, SecretString, ClientRequestToken: current })
  expect(answer).toMatchObject({ VersionId: current })
  return answer['ARN'] as string
}

const ALL = ['createSecret', 'setSecret', 'testSecret', 'finishSecret']
const NOT_COMPLETE = [
  'InvalidRequestException',
  "A previous rotation isn't complete. That rotation will be reattempted."
] as const

/** BEHAVIOUR: RotateSecret, the protocol. */
export const rotationSteps: Fact[] = [
  fact(
    'DOC',
    'the four steps, with the ARN and the token; AWSPENDING is on an empty version first',
    async at => {
      const { ask, name: SecretId, token } = at
      const arn = await create(at)
      const ClientRequestToken = token()
      await ask.RotateSecret({ SecretId, RotationLambdaARN: OBSERVED, ClientRequestToken })
      const seen = await afterSteps(at, 4)
      expect(seen.map(({ event }) => event)).toEqual(
        ALL.map(Step => ({ Step, SecretId: arn, ClientRequestToken }))
      )
      for (const { RotationEnabled, labels, current, endpoint } of seen) {
        expect({ RotationEnabled, labels, current }).toEqual({
          RotationEnabled: true,
          labels: ['AWSPENDING'],
          current: 'old'
        })
        expect(endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
      }
      expect(seen[0]!.pending).toEqual({
        name: 'ResourceNotFoundException',
        message: `Secrets Manager can't find the specified secret value for VersionId: ${ClientRequestToken}`
      })
      const values = new Set(seen.slice(1).map(({ pending }) => pending))
      expect(values.size).toBe(1)
      const [value] = values
      for (let times = 0; times < 200; times++) {
        if ((await ask.GetSecretValue({ SecretId }))['SecretString'] === value) break
        await new Promise(resolve => setTimeout(resolve, 100))
      }
      expect(await ask.GetSecretValue({ SecretId })).toMatchObject({
        SecretString: value,
        VersionId: ClientRequestToken
      })
      expect(await ask.GetSecretValue({ SecretId, VersionStage: 'AWSPREVIOUS' })).toMatchObject({
        SecretString: 'old'
      })
    }
  ),
  fact(
    'DOC',
    'RotateImmediately=false runs testSecret alone, on a version with the current value',
    async at => {
      const { ask, name: SecretId } = at
      await create(at)
      await ask.RotateSecret({ SecretId, RotationLambdaARN: OBSERVED, RotateImmediately: false })
      const seen = await afterSteps(at, 1)
      expect(stepsOf(at)).toEqual(['testSecret'])
      expect(seen[0]).toMatchObject({
        RotationEnabled: true,
        labels: ['AWSPENDING'],
        pending: 'old',
        current: 'old'
      })
      const { VersionIdsToStages } = await ask.DescribeSecret({ SecretId })
      expect(Object.values(VersionIdsToStages as object)).toEqual([['AWSCURRENT']])
    }
  ),
  fact(
    'DOC',
    'a rotation that failed is started over by the next call, with the value that it had',
    async at => {
      const { ask, name: SecretId, token } = at
      await create(at, 'fails once')
      const first = token()
      await ask
        .RotateSecret({ SecretId, RotationLambdaARN: OBSERVED, ClientRequestToken: first })
        .catch((error: Error) => {
          if (!error.message.includes('failed at setSecret')) throw error
        })
      const failed = await afterSteps(at, 2)
      expect(failed).toHaveLength(2)
      const stages = async () => (await ask.DescribeSecret({ SecretId }))['VersionIdsToStages'] as object
      expect(await stages()).toMatchObject({ [first]: ['AWSPENDING'] })
      // the run that fails may not have ended yet, and then no other one begins
      for (let times = 0; times < 20 && seenOf(at).length === 2; times++) {
        await expectRefused(ask.RotateSecret({ SecretId, ClientRequestToken: token() }), ...NOT_COMPLETE)
        await afterSteps(at, 3, 20)
      }
      const seen = await afterSteps(at, 6)
      expect(stepsOf(at)).toEqual(['createSecret', 'setSecret', ...ALL])
      expect(new Set(seen.map(({ event }) => event['ClientRequestToken']))).toEqual(new Set([first]))
      expect(seen[5]!.pending).toBe(failed[1]!.pending)
    }
  )
]
