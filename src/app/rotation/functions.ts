import { parseJson } from '../../core/format/parseJson.js'
import { VaultError, usage } from '../../core/errors.js'
import { commandWords } from '../../core/run/words.js'
import { functionName, isFunctionName } from '../../core/service/functionName.js'
import type { BuiltinFunction } from '../../core/rotation/databaseSecret.js'
import { resourcePattern } from '../../core/policy/grant.js'
import { PrivateFile } from '../../system/files/credentialFile.js'
import { configFolder } from '../../system/files/keyFile.js'
import { existingFile, existingProgram, isFolder, leadsInto } from '../../system/files/functionFiles.js'
import { isExecutable } from '../../system/files/ownProcess.js'
import { refuseCommittable } from '../../system/git/committable.js'
import { discover } from '../../system/git/discover.js'
import type { Vault } from '../../vault/vault.js'
import { builtinOf, isBuiltin, requireClient } from './builtins.js'
import { folderOfRun, PUSHED, pushedPart } from './pushed.js'

/** What a rotation function is, on this computer. */
export interface RegisteredFunction {
  readonly name: string
  /** The program with its arguments, or the interpreter of `file`. Its first word is an absolute path. */
  readonly command: readonly [string, ...string[]]
  /** A file with a Lambda handler, its language, and the name of the handler. */
  readonly handler?: { readonly kind: 'python' | 'node'; readonly file: string; readonly name: string }
  /** One of git-vault's own functions, which its program runs. */
  readonly builtin?: BuiltinFunction
  readonly env: Readonly<Record<string, string>>
  /** Milliseconds that one step may take. */
  readonly timeout: number
  /** Names or ARNs of other secrets whose values it may read. */
  readonly reads: readonly string[]
}

/** A function with the work tree of the vault that it rotates secrets of: nothing of it may be in there. */
export interface RunnableFunction extends RegisteredFunction {
  readonly root: string
}

export interface NewFunction {
  readonly directory: string
  readonly name: string
  readonly command?: string | undefined
  readonly python?: string | undefined
  readonly node?: string | undefined
  readonly builtin?: string | undefined
  /** Of a built-in function: whether two users alternate. */
  readonly isAlternating?: boolean
  readonly env: readonly string[]
  /** Milliseconds. */
  readonly timeout?: number | undefined
  readonly reads: readonly string[]
}

const FORMAT = '1'
const DEFAULT_TIMEOUT = 300_000
/** A variable of the run itself, or one by which a function could act as its caller. */
const RESERVED = /^(?:AWS_|SECRETS_MANAGER_ENDPOINT$|GIT_VAULT_)/i

/**
 * The functions of a vault: in the user's own configuration, beside the credentials of `serve`. Nothing in a repository adds
 * one, because whoever can push would then choose what runs on this computer.
 */
export function functionFile(vaultId: string, env: NodeJS.ProcessEnv = process.env): PrivateFile {
  return new PrivateFile(`${configFolder(env)}/functions/${vaultId}.json`)
}

/** Returns the functions that are registered for a vault, sorted by name. */
export function readFunctions(vaultId: string): RegisteredFunction[] {
  const file = functionFile(vaultId)
  return parse(file.read(), file.path)
}

/** Returns the function that a RotationLambdaARN names; `undefined` if it is not registered for the vault on this computer. */
export function registeredFunction(vaultId: string, functionArn: string): RegisteredFunction | undefined {
  const name = functionName(functionArn)
  return name === undefined ? undefined : readFunctions(vaultId).find(one => one.name === name)
}

/** Registers a function for the vault. Throws `Usage` for what is not a function, and for a name that is taken. */
export async function addFunction(vault: Vault, added: NewFunction): Promise<RegisteredFunction> {
  const { name } = added
  if (!isFunctionName(name))
    throw usage(`invalid function name ${JSON.stringify(name)}: use 1 to 64 letters, digits, hyphens or _`)
  const { access } = await vault.read()
  for (const secret of added.reads)
    if (resourcePattern(secret, access.account) === undefined)
      throw usage(`${JSON.stringify(secret)} is not the name or ARN of a secret`)
  const env = variables(added.env)
  const made: RegisteredFunction = {
    name,
    ...programOf(added, env),
    env,
    timeout: added.timeout ?? DEFAULT_TIMEOUT,
    reads: added.reads
  }
  const file = functionFile(access.vaultId)
  // a commit of the file could add functions in other clones
  await refuseCommittable(file.path, 'the file of functions')
  await file.update(bytes => {
    const others = parse(bytes, file.path)
    if (others.some(other => other.name === name))
      throw usage(`the function "${name}" is registered already`, `git-vault function rm ${name}`)
    return format([...others, made])
  })
  return made
}

/** Removes a function; secrets that name it stay as they are. Throws `Usage` if there is none. */
export async function removeFunction(vault: Vault, name: string): Promise<void> {
  const { access } = await vault.read()
  const file = functionFile(access.vaultId)
  await file.update(bytes => {
    const all = parse(bytes, file.path)
    const others = all.filter(other => other.name !== name)
    if (others.length === all.length) throw unknown(name)
    return format(others)
  })
}

/** Throws `Usage` if no function has the name. */
export async function showFunction(vault: Vault, name: string): Promise<RegisteredFunction> {
  const { access } = await vault.read()
  const found = readFunctions(access.vaultId).find(one => one.name === name)
  if (!found) throw unknown(name)
  return found
}

/**
 * Returns a function as it runs for this vault. Throws `Usage` if no function has the name, and `RotationFailed` if a built-in
 * function lacks its package.
 */
export async function findFunction(vault: Vault, name: string): Promise<RunnableFunction> {
  const { root } = vault.repository
  const found = await showFunction(vault, name)
  if (found.builtin) requireClient(name, found.builtin, root)
  return { ...found, root }
}

/** Returns the functions of the vault. */
export async function listFunctions(vault: Vault): Promise<RegisteredFunction[]> {
  return readFunctions((await vault.read()).access.vaultId)
}

const unknown = (name: string): VaultError =>
  usage(`no function "${name}" is registered for this vault`, 'list them: git-vault function list')

function programOf(
  added: NewFunction,
  env: Readonly<Record<string, string>>
): Pick<RegisteredFunction, 'command' | 'handler' | 'builtin'> {
  const { root } = discover(added.directory)
  const program = runOf(added, root)
  const pushed = pushedPart({ ...program, env }, root)
  if (pushed === undefined) return program
  if (pushed !== folderOfRun(program)) throw inRepository(pushed)
  throw usage(
    `a command runs in your home folder, ${JSON.stringify(pushed)}, which ${PUSHED}`,
    'register a file that is outside the repository, with --python or --node'
  )
}

function runOf(
  added: NewFunction,
  root: string
): Pick<RegisteredFunction, 'command' | 'handler' | 'builtin'> {
  const { name, command, isAlternating = false } = added
  if (added.builtin === undefined)
    return command === undefined ? handlerOf(added, root) : commandOf(command, root)
  const builtin = builtinOf(added.builtin, isAlternating)
  requireClient(name, builtin, root)
  if (isAlternating && added.reads.length === 0)
    throw usage(
      'alternating users need a master, whose secret the function may read',
      'name the secret with --may-read'
    )
  return { command: [process.execPath], builtin }
}

function commandOf(line: string, root: string): Pick<RegisteredFunction, 'command'> {
  const words = commandWords(line)
  if (!words) throw usage('--command needs a program, and quotes come in pairs')
  const [program, ...args] = words
  return { command: [found(program, root), ...args.map(word => argument(word, root))] }
}

/** A file's absolute path in place of a relative one: the program runs in another folder than the current one. */
function argument(word: string, root: string): string {
  const path = existingFile(word)
  if (path === undefined) return word
  refusePushed(word, root)
  return isFolder(path) ? word : path
}

function handlerOf(
  { python, node }: NewFunction,
  root: string
): Pick<RegisteredFunction, 'command' | 'handler'> {
  const text = python ?? node ?? ''
  const kind = python === undefined ? 'node' : 'python'
  const [, path = text, name = kind === 'python' ? 'lambda_handler' : 'handler'] =
    /^(.+):([A-Za-z_$][\w$]*)$/.exec(text) ?? []
  const file = existingFile(path)
  if (file === undefined) throw usage(`there is no file ${JSON.stringify(path)}`)
  refusePushed(path, root)
  const interpreter =
    kind === 'python' ? found('python3', root) : isExecutable ? found('node', root) : process.execPath
  return { command: [interpreter], handler: { kind, file, name } }
}

/** The program's absolute path, so that a later PATH does not choose another one. */
function found(program: string, root: string): string {
  const path = existingProgram(program)
  if (path === undefined) throw usage(`there is no program ${JSON.stringify(program)}`)
  // an entry of PATH may be in the repository
  refusePushed(path, root)
  return path
}

/** Throws `Usage` if a path, relative to the current folder, is in the repository or leads through it. */
function refusePushed(path: string, root: string): void {
  if (leadsInto(path, root, process.cwd())) throw inRepository(path)
}

const inRepository = (what: string): VaultError =>
  usage(`${JSON.stringify(what)} ${PUSHED}`, 'copy it to a folder of your own, and register it there')

function variables(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map(text => {
      const [, name = '', value = ''] = /^([A-Za-z_]\w*)=([^]*)$/.exec(text) ?? []
      if (name === '') throw usage(`--env ${JSON.stringify(text)}: must be NAME=VALUE`)
      if (RESERVED.test(name)) throw usage(`--env ${name}: a rotation sets or hides this variable itself`)
      return [name, value]
    })
  )
}

function parse(bytes: Uint8Array | undefined, path: string): RegisteredFunction[] {
  if (!bytes) return []
  const { format: version, functions } = Object(parseJson(bytes)) as {
    format?: unknown
    functions?: unknown
  }
  if (version === FORMAT && Array.isArray(functions) && functions.every(isFunction)) return functions
  throw new VaultError('FileFailed', `${path} is damaged: it is not a list of functions`, {
    hint: 'delete it, then register the functions again with git-vault function add'
  })
}

function isFunction(one: unknown): one is RegisteredFunction {
  const { name, command, env, timeout, reads, handler, builtin } = Object(one) as Record<string, unknown>
  const texts = (list: unknown): boolean =>
    Array.isArray(list) && list.every(text => typeof text === 'string')
  const { kind, file, name: called } = Object(handler) as Record<string, unknown>
  const isHandler =
    typeof file === 'string' && typeof called === 'string' && (kind === 'python' || kind === 'node')
  return (
    typeof name === 'string' &&
    texts(command) &&
    (command as string[]).length > 0 &&
    texts(Object.values(Object(env) as object)) &&
    typeof timeout === 'number' &&
    texts(reads) &&
    (handler === undefined || isHandler) &&
    (builtin === undefined || isBuiltin(builtin))
  )
}

function format(functions: readonly RegisteredFunction[]): Uint8Array {
  const sorted = [...functions].sort((a, b) => (a.name < b.name ? -1 : 1))
  return new TextEncoder().encode(`${JSON.stringify({ format: FORMAT, functions: sorted }, null, 2)}\n`)
}
