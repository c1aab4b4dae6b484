import { describe, expect, it } from 'vitest'
import type { ServeOptions } from '../../src/app/serve.js'
import { run, type Setting } from './world.js'

/** Runs `serve`, and returns the options that the server was started with. */
async function serve(argv: readonly string[], setting: Setting = {}) {
  const started: ServeOptions[] = []
  const environment = new Map([
    ['AWS_REGION', 'local'],
    ['AWS_ACCESS_KEY_ID', 'GVAK']
  ])
  const services = {
    serve: async (options: ServeOptions) => {
      started.push(options)
      await options.ready('http://127.0.0.1:1', environment)
      await options.log('{"status":200}\n')
      options.notice('a notice')
    }
  }
  return { ...(await run(['serve', ...argv], { ...setting, services })), started }
}

describe('serve', () => {
  it('listens on the loopback address by default, and prints no secret unless stdout is a terminal', async () => {
    const { code, stdout, stderr, started } = await serve([])
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: 'git-vault serves at http://127.0.0.1:1\nAWS_REGION=local\nAWS_ACCESS_KEY_ID=GVAK\n',
      stderr: '{"status":200}\ngit-vault: a notice\n'
    })
    expect(started).toMatchObject([
      {
        directory: '/work',
        host: '127.0.0.1',
        port: 2773,
        hosts: [],
        maxConnections: 256,
        printsSecrets: false,
        agentResources: ['*']
      }
    ])
    for (const name of ['tls', 'idleTimeout', 'envFile']) expect(started[0]).not.toHaveProperty(name)
    expect((await serve([], { terminal: { stdout: true } })).started[0]?.printsSecrets).toBe(true)
    expect((await serve(['--print-secret'])).started[0]?.printsSecrets).toBe(true)
  })

  it('passes its options to the server', async () => {
    const { started } = await serve([
      ...['--port', '0', '--host', '::1', '--allow-host', 'a', '--allow-host', 'b', '--environment', 'file'],
      ...['--tls-cert', 'c.pem', '--tls-key', 'k.pem', '--max-connections', '7', '--idle-timeout', '90'],
      ...['--agent-resource', 'prod/*', '--agent-resource', 'test', '--agent-token-file', 'token'],
      '--allow-key-change'
    ])
    expect(started).toMatchObject([
      {
        port: 0,
        host: '::1',
        hosts: ['a', 'b'],
        envFile: 'file',
        tls: { cert: 'c.pem', key: 'k.pem' },
        maxConnections: 7,
        idleTimeout: 90_000,
        agentResources: ['prod/*', 'test'],
        agentTokenFile: 'token',
        allowsKeyChange: true
      }
    ])
    expect((await serve(['--no-agent'])).started[0]).not.toHaveProperty('agentResources')
  })

  it.each([
    [['--follow', 'origin'], { remote: 'origin', interval: 30_000, push: false }],
    [['--follow=origin=10s', '--push'], { remote: 'origin', interval: 10_000, push: true }],
    [['--follow', 'up=stream=5m'], { remote: 'up=stream', interval: 300_000, push: false }],
    [['--follow', 'origin=24h'], { remote: 'origin', interval: 86_400_000, push: false }]
  ])('follows a remote: %j', async (argv, follow) => {
    const { code, started } = await serve(argv)
    expect(code).toBe(0)
    expect(started[0]?.follow).toEqual(follow)
    expect((await serve([])).started[0]).not.toHaveProperty('follow')
  })

  it.each(['0.0.0.0', '192.168.0.2', '::', 'example.com', '127.0.0.1.example.com'])(
    'does not listen on %s without TLS or --insecure-plain-http',
    async host => {
      const { code, stderr, started } = await serve(['--host', host])
      expect({ code, started }).toEqual({ code: 252, started: [] })
      expect(stderr).toContain(`serve needs --tls-cert and --tls-key to listen on ${host}`)
      expect(stderr).toContain('anyone on the network path can read every value')
      expect((await serve(['--host', host, '--insecure-plain-http'])).started).toHaveLength(1)
      expect((await serve(['--host', host, '--tls-cert', 'c', '--tls-key', 'k'])).started).toHaveLength(1)
    }
  )

  it.each<readonly [readonly string[], string]>([
    [['--tls-cert', 'c'], '--tls-cert and --tls-key must be used together'],
    [['--tls-key', 'k'], '--tls-cert and --tls-key must be used together'],
    [['--no-agent', '--agent-resource', 'a'], '--no-agent and --agent-resource cannot be combined'],
    [['--no-agent', '--agent-token-file', 'a'], '--no-agent and --agent-token-file cannot be combined'],
    [['--port', '65536'], '--port must be a number from 0 to 65535'],
    [['--port', '-1'], '--port must be a number from 0 to 65535'],
    [['--max-connections', '0'], '--max-connections must be a number from 1 to 100000'],
    [['--idle-timeout', '0'], '--idle-timeout must be a number from 1 to 1000000'],
    [['prod'], "serve does not take 'prod'"],
    [['--push'], '--push needs --follow'],
    [['--follow', ''], '--follow needs the name of a remote'],
    [['--follow', '=30s'], '--follow needs the name of a remote'],
    ...[
      '',
      '30',
      '0s',
      '-1s',
      '1.5s',
      '30 s',
      '30S',
      '500ms',
      '1d',
      '25h',
      '86401s',
      's',
      '1e3s',
      '9999999s'
    ].map(
      interval =>
        [['--follow', `origin=${interval}`], `--follow does not take the interval '${interval}'`] as const
    ),
    [['--follow', 'origin=\u001b[2J'], '--follow does not take the interval']
  ])('refuses %j', async (argv, message) => {
    const { code, stderr, started } = await serve(argv)
    expect({ code, started }).toEqual({ code: 252, started: [] })
    expect(stderr).toContain(message)
  })
})
