import { identityFromSeed, formatSecret, type Identity } from '../../../src/core/crypto/identity.js'
import { sodiumReady } from '../../../src/core/sodium.js'
import { open } from '../../../src/app/open.js'
import { systemRandom } from '../../../src/system/files/random.js'
import type { Finding } from '../../../src/vault/verify/findings.js'
import type { CommitReport } from '../../../src/vault/verify/commitReport.js'
import type { Rights } from '../../../src/core/access/access.js'
import { addMember } from '../../../src/vault/team/team.js'
import { verify, type Verified, type VerifyOptions } from '../../../src/vault/verify/verify.js'
import { verifyRange, type RangeVerified } from '../../../src/vault/verify/verifyRange.js'
import type { TestVault } from '../fixture.js'

export interface Outcome extends Verified {
  /** `path: reason` for each problem, sorted. */
  readonly found: string[]
  readonly warned: string[]
  readonly notices: string[]
}

const lines = (findings: readonly Finding[], kind: Finding['kind']): string[] =>
  findings
    .filter(finding => finding.kind === kind)
    .map(({ path, reason }) => `${path}: ${reason}`)
    .sort()

export async function check(box: TestVault, options: Partial<VerifyOptions> = {}): Promise<Outcome> {
  const findings: Finding[] = []
  const notices: string[] = []
  const vault = await open({ ...box.options, notice: line => notices.push(line) })
  try {
    const verified = await verify(vault, {
      reportFinding: async found => void findings.push(found),
      ...options
    })
    return { ...verified, found: lines(findings, 'problem'), warned: lines(findings, 'warning'), notices }
  } finally {
    await vault.close()
  }
}

export interface RangeOutcome extends RangeVerified {
  /** `subject | path: reason` for each problem, with the subject of its commit. */
  readonly found: string[]
  readonly warned: string[]
  readonly reports: CommitReport[]
}

export async function checkRange(box: TestVault, range: string, root?: string): Promise<RangeOutcome> {
  const findings: Finding[] = []
  const reports: CommitReport[] = []
  const vault = await open(box.options)
  const subject = (commit = '') => box.git('log', '-1', '--format=%s', commit).trim()
  try {
    const verified = await verifyRange(vault, {
      range,
      ...(root === undefined ? {} : { root }),
      reportFinding: async found => void findings.push(found),
      reportCommit: async report => void reports.push(report)
    })
    const findingsOf = (kind: Finding['kind']) =>
      findings
        .filter(finding => finding.kind === kind)
        .map(({ path, reason, commit }) => `${subject(commit)} | ${path}: ${reason}`)
    return { ...verified, found: findingsOf('problem'), warned: findingsOf('warning'), reports }
  } finally {
    await vault.close()
  }
}

export interface Newcomer extends Identity {
  /** The value for `GIT_VAULT_IDENTITY`. */
  readonly secret: string
}

export async function newcomer(): Promise<Newcomer> {
  await sodiumReady
  const seed = systemRandom.bytes(32)
  return { ...identityFromSeed(seed), secret: formatSecret(seed) }
}

export async function admit(
  box: TestVault,
  name: string,
  rights: Rights = new Map(),
  admin = false
): Promise<Newcomer> {
  const identity = await newcomer()
  await addMember(await box.internal(), { name, publicKey: identity.public.text, admin, rights })
  return identity
}

/** Runs something with an identity other than that of the test file's user. */
export async function as<T>({ secret }: Newcomer, work: () => Promise<T>): Promise<T> {
  process.env['GIT_VAULT_IDENTITY'] = secret
  try {
    return await work()
  } finally {
    delete process.env['GIT_VAULT_IDENTITY']
  }
}

export function commitAll(box: TestVault, message = 'by hand'): string {
  box.git('add', '-A')
  box.git('commit', '-q', '--allow-empty', '-m', message)
  return box.head()
}
