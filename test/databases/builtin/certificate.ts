import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, statSync } from 'node:fs'
import { join } from 'node:path'

export interface Certificate {
  readonly key: string
  readonly cert: string
}

/** Makes a certificate for the loopback address, signed by itself, in a folder whose owner can read it. */
export function makeCertificate(folder: string): Certificate {
  const [key, cert] = [join(folder, 'server.key'), join(folder, 'server.pem')]
  execFileSync(
    'openssl',
    [
      ...[
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2'
      ],
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
      ...['-keyout', key, '-out', cert]
    ],
    { stdio: 'pipe' }
  )
  const { uid, gid } = statSync(folder)
  for (const file of [key, cert]) chownSync(file, uid, gid)
  chmodSync(key, 0o600)
  chmodSync(cert, 0o644)
  return { key, cert }
}
