import type { Parsed } from '../arguments/arguments.js'
import { visible } from '../terminal/escape.js'
import { isReaderGone } from '../terminal/io.js'
import { passphrase } from '../command/passphrase.js'
import { noticeTo } from '../terminal/report.js'
import { UsageError } from '../arguments/usage.js'
import type { Verb } from '../command/verb.js'
import { followOf } from './followOption.js'

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/
const EVERY_SECRET = '*'

export const serve: Verb = {
  help: `Usage: git-vault serve [options]

Serve the vault to AWS SDKs, the AWS CLI and other clients of Secrets Manager
over HTTP, until SIGTERM or Ctrl-C. Create access keys with git-vault
credential. If there are none, this run creates an access key that may do
everything; its secret is written only to --environment, or printed on a
terminal or with --print-secret.

When the server is ready, it prints its URL on the first line of standard
output, and then the environment for clients. It logs one line of JSON per
request, and per rotation by schedule, on standard error.

Options:
  --port N               the port (default: 2773; 0 for any free port)
  --host ADDRESS         the address to listen on (default: 127.0.0.1); an
                         address other than a loopback address needs TLS
  --allow-host NAME      accept another host name in requests; repeatable
  --tls-cert PATH        the certificate chain, PEM
  --tls-key PATH         its private key, PEM
  --insecure-plain-http  listen on any address without TLS: anyone on the
                         network path can read every value
  --environment PATH     write the environment for clients to a file that only
                         you can read
  --print-secret         print secrets even if standard output is not a terminal
  --agent-resource NAME  the secrets that the agent token may read, such as
                         'prod/*' (default: all); repeatable
  --agent-token-file PATH
                         the agent token (default: AWS_TOKEN, as AWS's agent
                         takes it: the token, or file:// and a path; else a
                         new token for each run)
  --allow-key-change     let a KmsKeyId in a request give a name another key of
                         the vault; you must be an admin
  --no-agent             turn off the agent protocol
  --max-connections N    the most connections at a time (default: 256); more
                         are answered with status 429
  --idle-timeout N       stop after N seconds without a request
  --follow REMOTE[=INTERVAL]
                         fetch, verify and merge the remote's branch now and at
                         each interval, such as origin=10s or origin=5m
                         (default: 30s); readers see the new state at once
  --push                 push each write to the remote first. A client gets its
                         answer after the remote has accepted the write, so
                         several servers can share a remote; needs --follow
  --rotate               rotate secrets in the windows of their schedules, with
                         the functions that are registered on this computer;
                         with --follow and --push, only one server does it

Examples:
  git-vault serve --environment ~/.vault.env
  git-vault serve --follow origin=10s --push
`,
  options: {
    port: { kind: 'integer' },
    host: { kind: 'value' },
    'allow-host': { kind: 'repeat' },
    'tls-cert': { kind: 'value' },
    'tls-key': { kind: 'value' },
    'insecure-plain-http': { kind: 'flag' },
    // not --env-file: node 20 takes that option itself, anywhere on the command line
    environment: { kind: 'value' },
    'print-secret': { kind: 'flag' },
    'agent-resource': { kind: 'repeat' },
    'agent-token-file': { kind: 'value' },
    'allow-key-change': { kind: 'flag' },
    'no-agent': { kind: 'flag' },
    'max-connections': { kind: 'integer' },
    'idle-timeout': { kind: 'integer' },
    follow: { kind: 'value' },
    push: { kind: 'flag' },
    rotate: { kind: 'flag' }
  },
  words: [],
  required: 0,

  async run(parsed, { io, services }) {
    const host = parsed.text('host') ?? '127.0.0.1'
    const tls = tlsOf(parsed)
    if (!tls && !LOOPBACK.test(host) && !parsed.has('insecure-plain-http')) {
      throw new UsageError(
        'input',
        `serve needs --tls-cert and --tls-key to listen on ${visible(host)}`,
        'or pass --insecure-plain-http, but then anyone on the network path can read every value'
      )
    }
    if (parsed.has('no-agent') && parsed.has('agent-resource'))
      throw new UsageError('input', '--no-agent and --agent-resource cannot be combined')
    const tokenFile = parsed.text('agent-token-file')
    if (parsed.has('no-agent') && tokenFile !== undefined)
      throw new UsageError('input', '--no-agent and --agent-token-file cannot be combined')
    const idle = rangedInteger(parsed, 'idle-timeout', 1, 1_000_000)
    const follow = followOf(parsed)
    const envFile = parsed.text('environment')
    for (const output of [io.stdout, io.stderr]) output.unblock()
    await services.serve({
      directory: io.cwd,
      host,
      port: rangedInteger(parsed, 'port', 0, 65_535) ?? 2773,
      hosts: parsed.list('allow-host') ?? [],
      ...(tls ? { tls } : {}),
      maxConnections: rangedInteger(parsed, 'max-connections', 1, 100_000) ?? 256,
      ...(idle === undefined ? {} : { idleTimeout: idle * 1000 }),
      ...(envFile === undefined ? {} : { envFile }),
      ...(follow ? { follow } : {}),
      rotates: parsed.has('rotate'),
      printsSecrets: io.stdout.isTerminal || parsed.has('print-secret'),
      ...(parsed.has('no-agent') ? {} : { agentResources: parsed.list('agent-resource') ?? [EVERY_SECRET] }),
      ...(tokenFile === undefined ? {} : { agentTokenFile: tokenFile }),
      allowsKeyChange: parsed.has('allow-key-change'),
      passphrase: passphrase(io, services.ask),
      notice: noticeTo(io),
      async ready(url, environment) {
        const lines = [...environment].map(([name, value]) => `${name}=${value}\n`)
        // the starter may have exited, or may read only the file
        await io.stdout.write(`git-vault serves at ${url}\n${lines.join('')}`).catch((error: unknown) => {
          if (!isReaderGone(error)) throw error
        })
      },
      // requests are answered even if nobody reads the log
      log: text => io.stderr.write(text).catch(() => undefined)
    })
  }
}

function tlsOf(parsed: Parsed): { cert: string; key: string } | undefined {
  const [cert, key] = [parsed.text('tls-cert'), parsed.text('tls-key')]
  if (cert === undefined && key === undefined) return undefined
  if (cert !== undefined && key !== undefined) return { cert, key }
  throw new UsageError('input', '--tls-cert and --tls-key must be used together')
}

function rangedInteger(parsed: Parsed, name: string, least: number, most: number): number | undefined {
  const value = parsed.integer(name)
  if (value === undefined || (value >= least && value <= most)) return value
  throw new UsageError('input', `--${name} must be a number from ${least} to ${most}`)
}
