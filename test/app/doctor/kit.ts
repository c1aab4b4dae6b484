import { expect } from 'vitest'
import { applyFixes } from '../../../src/app/doctor/applyFixes.js'
import { doctor } from '../../../src/app/doctor/doctor.js'
import type { Finding } from '../../../src/app/doctor/finding.js'
import type { TestVault } from '../../vault/fixture.js'

/** What `git-vault doctor` finds. */
export async function findings(box: TestVault): Promise<Finding[]> {
  const found: Finding[] = []
  for await (const finding of doctor(box.root, await box.internal())) found.push(finding)
  return found
}

/** Applies all fixes, none of which may fail. */
export async function fix(box: TestVault): Promise<void> {
  const fixes = (await findings(box)).flatMap(({ fix: each }) => each ?? [])
  for await (const { failed } of applyFixes(await box.internal(), fixes)) expect(failed).toBeUndefined()
}
