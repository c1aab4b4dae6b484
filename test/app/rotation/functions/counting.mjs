// The same as plain.mjs. Each step first adds a line to the file COUNT.
import { appendFileSync } from 'node:fs'
import { handler as plain } from './plain.mjs'

export async function handler(event, context) {
  const { SecretId, ClientRequestToken, Step } = event
  appendFileSync(process.env.COUNT, `${SecretId} ${ClientRequestToken} ${Step}\n`)
  return plain(event, context)
}
