import type { RegisteredFunction } from '../../app/rotation/functions.js'
import { isJson, jsonOption } from '../command/json.js'
import { runAction, type Action } from '../command/subcommand.js'
import { timeoutOf } from '../command/timeout.js'
import { openCurrentVault, regionOption, type Verb } from '../command/verb.js'
import { UsageError } from '../arguments/usage.js'
import { visible, visibleJson, visibleRows } from '../terminal/escape.js'
import { columns, table } from '../terminal/paint.js'

export const functionVerb: Verb = {
  help: `Usage: git-vault function add NAME --command 'PROGRAM ARGS' [options]
       git-vault function add NAME --python FILE[:HANDLER] [options]
       git-vault function add NAME --node FILE[:HANDLER] [options]
       git-vault function add NAME --builtin DATABASE [--alternating] [options]
       git-vault function list [--json]
       git-vault function show NAME [--json]
       git-vault function test NAME SECRET [--region REGION]
       git-vault function rm NAME

Register the functions that rotate secrets. RotateSecret names one, as NAME or
as arn:aws:lambda:REGION:ACCOUNT:function:NAME. What runs is in your own
configuration, for this vault only, and never in a repository. A function runs
once for each step, with an endpoint that allows it this one secret, reads of
those that --may-read names, and random passwords.

  add    register a function
  list   list the functions of this vault
  show   show what a function runs
  test   run the testSecret step on a secret's current value, changing nothing
  rm     remove a function; the secrets that name it stay as they are

Options of add:
  --command LINE    a program and its arguments, split at spaces outside quotes;
                    no shell. It gets the event as JSON on standard input
  --python FILE     a file with a Lambda handler (default: lambda_handler)
  --node FILE       the same for Node.js (default: handler)
  --builtin DATABASE
                    git-vault's own function for postgresql, mysql, mariadb or
                    redis. It needs the package pg, mysql2 or @redis/client
  --alternating     two users of the database in turns, NAME and NAME_clone, so
                    that the one before keeps its password until the next
                    rotation. It needs --may-read for the secret of a master
  --env NAME=VALUE  set a variable for the function; repeatable. Not for
                    secrets: other programs can see the command line
  --timeout TIME    what one step may take, such as 30s or 5m (default: 5m)
  --may-read NAME   another secret that it may read, such as that of an admin
                    of the database; a name or an ARN, * and ? are
                    wildcards; repeatable

Other options:
  --json            print JSON
  --region REGION   the region of SECRET (default: the vault's own)

Examples:
  git-vault function add pg-rotate --builtin postgresql
  git-vault function add mine --python ~/functions/rotate.py
`,
  options: {
    command: { kind: 'value' },
    python: { kind: 'value' },
    node: { kind: 'value' },
    builtin: { kind: 'value', choices: ['postgresql', 'mysql', 'mariadb', 'redis'] },
    alternating: { kind: 'flag' },
    env: { kind: 'repeat' },
    timeout: { kind: 'value' },
    'may-read': { kind: 'repeat' },
    ...jsonOption,
    ...regionOption
  },
  words: ['add, list, show, test or rm', 'NAME', 'SECRET'],
  required: 1,
  get actions() {
    return actions
  },
  completes: {
    NAME: 'none',
    SECRET: 'secret',
    '--env': 'none',
    '--python': 'file',
    '--node': 'file',
    '--command': 'program',
    '--may-read': 'secret'
  },
  run: (parsed, world) => runAction('function', actions, parsed, world)
}

const actions: Readonly<Record<string, Action>> = {
  add: {
    words: ['NAME'],
    required: 1,
    options: ['command', 'python', 'node', 'builtin', 'alternating', 'env', 'timeout', 'may-read'],
    async run([name = ''], parsed, world) {
      const kinds = ['command', 'python', 'node', 'builtin'].filter(kind => parsed.has(kind))
      if (kinds.length !== 1)
        throw new UsageError('input', 'function add needs one of --command, --python, --node and --builtin')
      if (parsed.has('alternating') && !parsed.has('builtin'))
        throw new UsageError('input', '--alternating needs --builtin')
      const added = await (
        await world.services.functions()
      ).addFunction(await openCurrentVault(world), {
        directory: world.io.cwd,
        name,
        command: parsed.text('command'),
        python: parsed.text('python'),
        node: parsed.text('node'),
        builtin: parsed.text('builtin'),
        isAlternating: parsed.has('alternating'),
        env: parsed.list('env') ?? [],
        timeout: timeoutOf(parsed.text('timeout')),
        reads: parsed.list('may-read') ?? []
      })
      await world.io.stdout.write(visibleRows(table([line(added)])))
    }
  },
  list: {
    words: [],
    required: 0,
    options: ['json'],
    async run(_words, parsed, world) {
      const functions = await (await world.services.functions()).listFunctions(await openCurrentVault(world))
      await world.io.stdout.write(
        isJson(parsed) ? visibleJson({ functions }) : visibleRows(table(functions.map(line)))
      )
    }
  },
  show: {
    words: ['NAME'],
    required: 1,
    options: ['json'],
    async run([name = ''], parsed, world) {
      const found = await (await world.services.functions()).showFunction(await openCurrentVault(world), name)
      await world.io.stdout.write(isJson(parsed) ? visibleJson(found) : visibleRows(columns(rowsOf(found))))
    }
  },
  test: {
    words: ['NAME', 'SECRET'],
    required: 2,
    options: ['region'],
    async run([name = '', secret = ''], parsed, world) {
      const vault = await openCurrentVault(world, parsed.text('region'))
      await (await world.services.functions()).testFunction(vault, name, secret)
      await world.io.stderr.write(`git-vault: ${visible(name)} accepted the value of ${visible(secret)}\n`)
    }
  },
  rm: {
    words: ['NAME'],
    required: 1,
    options: [],
    async run([name = ''], _parsed, world) {
      await (await world.services.functions()).removeFunction(await openCurrentVault(world), name)
    }
  }
}

function runs({ command, handler, builtin }: RegisteredFunction): string {
  if (builtin) return `built-in ${builtin.database}${builtin.isAlternating ? ', alternating users' : ''}`
  return handler ? `${handler.kind} ${handler.file}:${handler.name}` : command.join(' ')
}

const line = (one: RegisteredFunction): string[] => [one.name, runs(one)]

function rowsOf(one: RegisteredFunction): string[][] {
  return [
    ['name', one.name],
    ['runs', runs(one)],
    ...(one.handler ? [['interpreter', one.command[0]]] : []),
    ['timeout', `${one.timeout / 1000} s`],
    ...Object.entries(one.env).map(([name, value]) => ['variable', `${name}=${value}`]),
    ...one.reads.map(name => ['may read', name])
  ]
}
