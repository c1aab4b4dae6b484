import { createHmac, type Hmac } from 'node:crypto'

/** The name of Signature Version 4 in a signature. */
export const ALGORITHM = 'AWS4-HMAC-SHA256'
export const SERVICE = 'secretsmanager'

/** A time in the form of a signature's date. */
export const basic = (at: number): string => new Date(at).toISOString().replace(/[-:]|\.\d+/g, '')

export function signingKey(secret: string, day: string, region: string, service: string): Buffer {
  return ['aws4_request', service, region, day].reduceRight(
    (key: Buffer | string, part) => hmac(key, part).digest(),
    `AWS4${secret}`
  ) as Buffer
}

export const hmac = (key: Buffer | string, text: string): Hmac => createHmac('sha256', key).update(text)
