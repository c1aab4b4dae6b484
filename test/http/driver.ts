import type { FollowOptions } from '../../src/app/follow/follower.js'
import { serve } from '../../src/app/serve.js'

/** `git-vault serve` as a process that can be killed. Takes its options as JSON, and writes its environment file. */
const { directory, environment, follow } = JSON.parse(process.argv[2]!) as {
  directory: string
  environment: string
  follow?: FollowOptions
}
await serve({
  directory,
  ...(follow ? { follow } : {}),
  host: '127.0.0.1',
  port: 0,
  hosts: [],
  maxConnections: 256,
  envFile: environment,
  printsSecrets: false,
  agentResources: ['*'],
  passphrase: () => Promise.reject(new Error('asked for a passphrase')),
  notice: line => process.stderr.write(`notice ${line}\n`),
  ready: async url => void process.stdout.write(`ready ${url}\n`),
  log: async text => void process.stderr.write(text)
})
process.stdout.write('stopped\n')
