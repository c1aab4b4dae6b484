import { serve } from '../../../src/app/serve.js'

/** `git-vault serve --rotate` as a process that can be killed, whose clock may be ahead. Takes its options as JSON. */
const { directory, push, ahead } = JSON.parse(process.argv[2]!) as {
  directory: string
  push: boolean
  ahead: number
}
await serve({
  directory,
  ...(push ? { follow: { remote: 'origin', interval: 300, push } } : {}),
  rotates: true,
  host: '127.0.0.1',
  port: 0,
  hosts: [],
  maxConnections: 256,
  printsSecrets: false,
  passphrase: () => Promise.reject(new Error('asked for a passphrase')),
  notice: line => process.stderr.write(`notice ${line}\n`),
  ready: async url => void process.stdout.write(`ready ${url}\n`),
  log: async text => void process.stderr.write(text),
  clock: { now: () => Date.now() + ahead }
})
process.stdout.write('stopped\n')
