import { folderOf, pathOutside } from '../../system/files/functionFiles.js'
import { withSafePath } from '../../system/files/programs.js'
import { systemToken } from '../../system/files/random.js'
import { runFunctionProcess, type FunctionEnding } from '../../system/run/functionProcess.js'
import { builtinCommand } from './builtins.js'
import type { RegisteredFunction, RunnableFunction } from './functions.js'
import { folderOfRun, PUSHED, pushedPart } from './pushed.js'
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

/** Runs a function for one step, in a process of its own. It fails if a part of it is in the repository by now. */
export async function invoke(
  registered: RunnableFunction,
  functionArn: string,
  event: RotationEvent,
  access: Access,
  signal: AbortSignal
): Promise<FunctionEnding> {
  const { command, handler, builtin, timeout, root } = registered
  const pushed = pushedPart(registered, root)
  if (pushed !== undefined)
    return {
      failure: `${JSON.stringify(pushed)} ${PUSHED}`,
      output: { bytes: new Uint8Array(), isCut: false }
    }
  const [program, ...args] = builtin ? builtinCommand(builtin) : command
  return runFunctionProcess({
    command: handler
      ? [program, ...args, ...shimArguments(registered, handler, functionArn)]
      : [program, ...args],
    env: environment(registered, access),
    cwd: folderOfRun(registered),
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
  const own = [file, called, name, functionArn, systemToken(), String(timeout), String(process.pid)]
  return kind === 'python' ? ['-c', PYTHON_SHIM, ...own] : ['-e', NODE_SHIM, '--', ...own]
}

function environment({ name, env, handler, root }: RunnableFunction, access: Access): Record<string, string> {
  const { url, region, accessKeyId, secretAccessKey } = access
  const passed = Object.entries(withSafePath(process.env)).flatMap(([variable, value = '']) => {
    const given = /^path$/i.test(variable) ? pathOutside(value, root) : value
    return PASSED.test(variable) && given !== '' ? [[variable, given]] : []
  })
  const none = process.platform === 'win32' ? 'NUL' : '/dev/null'
  return {
    ...(Object.fromEntries(passed) as Record<string, string>),
    ...env,
    ...directly(env),
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

/** Keeps requests to the endpoint, and with them values, from a proxy that `--env` names. */
function directly(env: Readonly<Record<string, string>>): Record<string, string> {
  const named = env['no_proxy'] ?? env['NO_PROXY'] ?? ''
  const hosts = named === '' ? '127.0.0.1' : named === '*' ? named : `${named},127.0.0.1`
  return { NO_PROXY: hosts, no_proxy: hosts }
}
