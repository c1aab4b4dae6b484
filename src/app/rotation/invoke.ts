import { folderOf, homeFolder } from '../../system/files/functionFiles.js'
import { withSafePath } from '../../system/files/programs.js'
import { systemToken } from '../../system/files/random.js'
import { runFunctionProcess, type FunctionEnding } from '../../system/run/functionProcess.js'
import type { RegisteredFunction } from './functions.js'
import { NODE_SHIM, PYTHON_SHIM } from '../../system/run/shims.js'

export type { FunctionEnding } from '../../system/run/functionProcess.js'

export const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const
export type Step = (typeof STEPS)[number]

/** What a rotation function gets, with the service's names. */
export interface RotationEvent {
  readonly Step: Step
  readonly SecretId: string
  readonly ClientRequestToken: string
}

/** Where a function reaches Secrets Manager, and as whom. */
export interface Access {
  readonly url: string
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** The variables of the caller that a function gets. None of them is an identity. */
const PASSED =
  /^(?:PATH|HOME|USER|LOGNAME|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|TMP|TEMP|SYSTEMROOT|SYSTEMDRIVE|WINDIR|PATHEXT|COMSPEC|USERPROFILE)$/i

/** Runs a function for one step, in a process of its own. */
export function invoke(
  registered: RegisteredFunction,
  functionArn: string,
  event: RotationEvent,
  access: Access,
  signal: AbortSignal
): Promise<FunctionEnding> {
  const { command, handler, timeout } = registered
  const [program, ...args] = command
  return runFunctionProcess({
    command: handler
      ? [program, ...args, ...shimArguments(registered, handler, functionArn)]
      : [program, ...args],
    env: environment(registered, access),
    cwd: handler ? folderOf(handler.file) : homeFolder(),
    stdin: `${JSON.stringify(event)}\n`,
    timeout,
    signal
  })
}

function shimArguments(
  { name, timeout }: RegisteredFunction,
  { kind, file, name: called }: NonNullable<RegisteredFunction['handler']>,
  functionArn: string
): string[] {
  const own = [file, called, name, functionArn, systemToken(), String(timeout)]
  return kind === 'python' ? ['-c', PYTHON_SHIM, ...own] : ['-e', NODE_SHIM, '--', ...own]
}

function environment({ name, env, handler }: RegisteredFunction, access: Access): Record<string, string> {
  const { url, region, accessKeyId, secretAccessKey } = access
  const passed = Object.entries(withSafePath(process.env)).filter(([variable]) => PASSED.test(variable))
  const none = process.platform === 'win32' ? 'NUL' : '/dev/null'
  return {
    ...(Object.fromEntries(passed) as Record<string, string>),
    ...env,
    ...(handler ? { AWS_LAMBDA_FUNCTION_NAME: name, LAMBDA_TASK_ROOT: folderOf(handler.file) } : {}),
    SECRETS_MANAGER_ENDPOINT: url,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: url,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    // the caller's own AWS configuration, and a machine's role
    AWS_CONFIG_FILE: none,
    AWS_SHARED_CREDENTIALS_FILE: none,
    AWS_EC2_METADATA_DISABLED: 'true'
  }
}
