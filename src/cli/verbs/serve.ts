import type { Parsed } from '../arguments/arguments.js'
import { visible } from '../terminal/escape.js'
import { isReaderGone } from '../terminal/io.js'
import { passphrase } from '../command/passphrase.js'
import { noticeTo } from '../terminal/report.js'
import { UsageError } from '../arguments/usage.js'
import type { Verb } from '../command/verb.js'

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/
const EVERY_SECRET = '*'

export const serve: Verb = {
  help: `Usage: git-vault serve [options]

Answer AWS SDKs, the AWS CLI and whatever else speaks to Secrets Manager, over HTTP, until SIGTERM or Ctrl-C.
Who may do what is said with git-vault credential; where no credential was made, this run has one of its own
that may do everything, and only --environment, --print-secret or a terminal tells its secret.

The first line on stdout has the URL once requests are taken; the environment that clients need follows. On
stderr is one line of JSON for each request.

Options:
  --port N               the port (2773); 0 takes one that is free
  --host ADDRESS         the address to listen at (127.0.0.1); another than this machine's own needs TLS
  --allow-host NAME      a further name by which clients reach it; may come again
  --tls-cert PATH        certificates, PEM
  --tls-key PATH         their private key, PEM
  --insecure-plain-http  listen at any address without TLS: whoever is on the way reads every value
  --environment PATH     write the environment for clients to a file that only you can read
  --print-secret         print secrets of the environment even where stdout is no terminal
  --agent-resource NAME  what the agent's token may read, such as 'prod/*' (everything); may come again
  --no-agent             leave the agent's protocol out
  --max-connections N    connections at a time (256); one more is answered with 429
  --idle-timeout N       stop when nothing was asked for N seconds

Example:
  git-vault serve --environment ~/.vault.env
`,
  options: {
    port: { kind: 'integer' },
    host: { kind: 'value' },
    'allow-host': { kind: 'repeat' },
    'tls-cert': { kind: 'value' },
    'tls-key': { kind: 'value' },
    'insecure-plain-http': { kind: 'flag' },
    // not --env-file: node 20 takes that for its own, wherever it stands
    environment: { kind: 'value' },
    'print-secret': { kind: 'flag' },
    'agent-resource': { kind: 'repeat' },
    'no-agent': { kind: 'flag' },
    'max-connections': { kind: 'integer' },
    'idle-timeout': { kind: 'integer' }
  },
  words: [],
  required: 0,

  async run(parsed, { io, services }) {
    const host = parsed.text('host') ?? '127.0.0.1'
    const tls = tlsOf(parsed)
    if (!tls && !LOOPBACK.test(host) && !parsed.has('insecure-plain-http')) {
      throw new UsageError(
        'input',
        `to listen at ${visible(host)} serve needs --tls-cert and --tls-key`,
        '--insecure-plain-http does without, and lets whoever is on the way read every value'
      )
    }
    if (parsed.has('no-agent') && parsed.has('agent-resource'))
      throw new UsageError('input', '--no-agent and --agent-resource exclude each other')
    const idle = number(parsed, 'idle-timeout', 1, 1_000_000)
    const envFile = parsed.text('environment')
    for (const output of [io.stdout, io.stderr]) output.unblock()
    await services.serve({
      directory: io.cwd,
      host,
      port: number(parsed, 'port', 0, 65_535) ?? 2773,
      hosts: parsed.list('allow-host') ?? [],
      ...(tls ? { tls } : {}),
      maxConnections: number(parsed, 'max-connections', 1, 100_000) ?? 256,
      ...(idle === undefined ? {} : { idleTimeout: idle * 1000 }),
      ...(envFile === undefined ? {} : { envFile }),
      tellsSecrets: io.stdout.isTerminal || parsed.has('print-secret'),
      ...(parsed.has('no-agent') ? {} : { agentResources: parsed.list('agent-resource') ?? [EVERY_SECRET] }),
      passphrase: passphrase(io, services.ask),
      notice: noticeTo(io),
      async ready(url, environment) {
        const lines = [...environment].map(([name, value]) => `${name}=${value}\n`)
        // whoever started it may have gone, or wait for the file alone
        await io.stdout.write(`git-vault serves at ${url}\n${lines.join('')}`).catch((error: unknown) => {
          if (!isReaderGone(error)) throw error
        })
      },
      // nobody need read it for requests to be answered
      log: text => io.stderr.write(text).catch(() => undefined)
    })
  }
}

function tlsOf(parsed: Parsed): { cert: string; key: string } | undefined {
  const [cert, key] = [parsed.text('tls-cert'), parsed.text('tls-key')]
  if (cert === undefined && key === undefined) return undefined
  if (cert !== undefined && key !== undefined) return { cert, key }
  throw new UsageError('input', '--tls-cert and --tls-key go together')
}

function number(parsed: Parsed, name: string, least: number, most: number): number | undefined {
  const value = parsed.integer(name)
  if (value === undefined || (value >= least && value <= most)) return value
  throw new UsageError('input', `--${name} takes a number from ${least} to ${most}`)
}
