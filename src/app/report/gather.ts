import type { ReportData, ReportedExposure, ReportedVerify } from '../../core/report/data.js'
import { accessMatrix } from '../../core/report/matrix.js'
import { fingerprint } from '../../core/crypto/fingerprint.js'
import { VaultError } from '../../core/errors.js'
import { parseArn } from '../../core/service/name.js'
import { AWSCURRENT } from '../../core/versions/stages.js'
import { rotationPlan, type RotationPlan } from '../../operations/rotationPlan.js'
import { exposure, type Exposed } from '../../vault/team/exposure.js'
import { findRecovery } from '../../vault/team/recovery.js'
import type { Vault } from '../../vault/vault.js'
import { verify } from '../../vault/verify/verify.js'
import { listed } from '../../vault/listedSecret.js'
import type { Secret, View } from '../../vault/view.js'
import { doctor } from '../doctor/doctor.js'
import { publicIdentity } from '../identityFile.js'
import { version } from '../version.js'
import { accessEntries, timelineOf } from './history.js'
import { rotationOf } from './rotation.js'

/**
 * Returns what a report shows of the present state. Decrypts nothing, and needs no identity. The documents of all secrets are
 * verified twice: once for their content, and once with every other file of the vault.
 * @param directory any folder of the repository
 * @param progress called each time that a secret was verified: twice for each
 */
export async function gather(
  directory: string,
  vault: Vault,
  progress: () => void = () => undefined
): Promise<ReportData> {
  const view = await vault.read()
  const { access, place } = view
  const { repository } = vault
  const branch = await repository.branch()
  const secrets: ReportData['secrets'][number][] = []
  const plans: RotationPlan[] = []
  const ledger = await exposure(vault, secret => {
    secrets.push(reported(secret, view))
    const plan = rotationPlan(listed(secret), secret.place.region)
    if (plan) plans.push(plan)
    progress()
  })
  const by = await memberHere(view)
  const recovery = await recoveryOf(vault)
  return {
    made: new Date(vault.clock.now()).toISOString(),
    program: version,
    ...(by === undefined ? {} : { by }),
    vault: {
      ...{ folder: place.folder, root: access.vaultId, words: fingerprint(access.vaultId) },
      ...{ region: access.region, account: access.account, created: access.times[0] ?? '' },
      commit: await repository.commitId('HEAD'),
      ...(branch === undefined ? {} : { branch: branch.replace(/^refs\/heads\//, '') }),
      isShallow: (await repository.shallowCommits()).size > 0
    },
    ...accessMatrix(access),
    secrets: secrets.sort((a, b) => (order(a) < order(b) ? -1 : 1)),
    exposed: ledger.exposed.map(one => exposureOf(one, access.region)),
    rotation: await rotationOf(vault, plans),
    timeline: await timelineOf(vault),
    accessLog: await accessEntries(view),
    verify: await verifyAll(vault, progress),
    doctor: await checks(directory, vault, ledger),
    ...(recovery ? { recovery } : {}),
    left: ledger.skipped
  }
}

const order = ({ name, region = '' }: { name: string; region?: string }): string => `${name}\0${region}`

function reported(secret: Secret, view: View): ReportData['secrets'][number] {
  const { name, arn, document, stages } = secret
  const current = stages.versions.get(stages.labels.get(AWSCURRENT)?.version ?? '')
  const { rotated, deletion } = document
  return {
    name,
    ...regionOf(arn, view.access.region),
    key: secret.key.alias,
    ...(current ? { stored: current.created, by: view.memberName(current.writer) } : {}),
    ...(rotated === undefined ? {} : { rotated }),
    ...(deletion?.date === undefined ? {} : { deletion: deletion.date })
  }
}

function regionOf(arn: string, home: string): { region?: string } {
  const { region } = parseArn(arn)
  return region === home ? {} : { region }
}

function exposureOf({ arn, to, waiver, ...one }: Exposed, home: string): ReportedExposure {
  return {
    ...{ secret: one.secret, ...regionOf(arn, home), versionId: one.versionId, labels: one.labels },
    to: to.map(({ member, how, since }) => ({ member, how, since: since.toISOString() })),
    ...(waiver ? { waiver: { ...waiver, until: waiver.until.toISOString() } } : {})
  }
}

/** Returns the name of the present member whose identity this computer has. */
async function memberHere({ access }: View): Promise<string | undefined> {
  try {
    const { publicKey } = await publicIdentity()
    const members = [...access.members.values()]
    return members.find(({ text, removed }) => text === publicKey && removed === undefined)?.name
  } catch (error) {
    // doctor's check of the identity says why
    if (!(error instanceof VaultError)) throw error
    return undefined
  }
}

async function recoveryOf(vault: Vault): Promise<ReportData['recovery']> {
  const found = await findRecovery(vault)
  if (!found) return undefined
  const { name, recovery, lastDrill } = found
  return {
    ...{ name, threshold: recovery.threshold, holders: recovery.shares.map(({ holder }) => holder) },
    ...(lastDrill ? { lastDrill: lastDrill.toISOString() } : {})
  }
}

async function verifyAll(vault: Vault, progress: () => void): Promise<ReportedVerify> {
  const problems: ReportedVerify['problems'][number][] = []
  const warnings: typeof problems = []
  const { secrets, versions, keys } = await verify(vault, {
    progress,
    async reportFinding({ kind, path, reason }) {
      ;(kind === 'problem' ? problems : warnings).push({ path, reason })
    }
  })
  const sorted = (faults: typeof problems) => faults.sort((a, b) => (a.path < b.path ? -1 : 1))
  return { secrets, versions, keys, problems: sorted(problems), warnings: sorted(warnings) }
}

async function checks(
  directory: string,
  vault: Vault,
  ledger: Awaited<ReturnType<typeof exposure>>
): Promise<ReportData['doctor']> {
  const found: ReportData['doctor'][number][] = []
  // all secrets, so that the text does not depend on what this clone remembers
  for await (const { what, state, text, hint } of doctor(directory, vault, line => vault.notice(line), {
    isAll: true,
    ledger
  }))
    found.push({ what, state, text, ...(hint === undefined ? {} : { hint }) })
  return found
}
