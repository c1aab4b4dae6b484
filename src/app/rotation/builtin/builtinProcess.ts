// The process of a built-in rotation function, a file of its own in the build: `node builtin.cjs DATABASE single|alternating
// PARENT`. As every function, it gets the event as JSON on standard input, and its endpoint in the environment.
import type { DatabaseKind } from '../../../core/rotation/databaseSecret.js'
import { databaseClient, reason } from '../../../system/database/logIn.js'
import { systemClock } from '../../../system/files/clock.js'
import { endWithParent, functionEvent } from '../../../system/run/functionInput.js'
import { RotatedSecret } from './secret.js'
import { BUILTIN_STEPS } from './steps.js'

async function main([database = '', users = '', parent = '']: readonly string[]): Promise<void> {
  // by default it opens a debugger that other users can connect to
  process.on('SIGUSR1', () => undefined)
  endWithParent(Number(parent))
  const { Step = '', SecretId = '', ClientRequestToken = '' } = functionEvent() as Record<string, string>
  const { env } = process
  const access = {
    url: env['SECRETS_MANAGER_ENDPOINT'] ?? '',
    region: env['AWS_REGION'] ?? '',
    accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? ''
  }
  const kind = database as DatabaseKind
  const client = databaseClient(kind, __filename)
  const secret = new RotatedSecret(access, () => systemClock.now(), SecretId, ClientRequestToken)
  // finishSecret may run again after it has moved AWSCURRENT
  const { isComplete } = await secret.state()
  if (isComplete && Step !== 'finishSecret') return
  await BUILTIN_STEPS[Step]?.({
    ...{ database: kind, isAlternating: users === 'alternating', secret, client, env }
  })
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${reason(error, [])}\n`, () => process.exit(1))
  }
)
