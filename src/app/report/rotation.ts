import type { ReportData, ReportedRotation } from '../../core/report/data.js'
import { functionName } from '../../core/service/functionName.js'
import { nextOf, type RotationPlan } from '../../operations/rotationPlan.js'
import type { Vault } from '../../vault/vault.js'
import { duePlans } from '../rotation/dueSecrets.js'

/** Secrets whose window opens within this time are listed as `soon`. */
const SOON = 30 * 24 * 60 * 60 * 1000

const STATES: readonly ReportedRotation['state'][] = [
  ...(['failed', 'overdue', 'due', 'incomplete', 'never rotated', 'soon', 'in order'] as const)
]

/** Returns the rotation of each secret that is rotated, the most urgent first. */
export async function rotationOf(
  vault: Vault,
  plans: readonly RotationPlan[]
): Promise<ReportData['rotation']> {
  const due = new Map((await duePlans(vault, SOON, plans)).map(({ due: { ARN, State } }) => [ARN, State]))
  const now = vault.clock.now()
  const reported = plans.map((plan): ReportedRotation => {
    const { arn, name, elsewhere, functionArn, rules, state } = plan
    const next = nextOf(plan, now)
    const schedule = rules.ScheduleExpression ?? everyDays(rules.AutomaticallyAfterDays)
    return {
      secret: name,
      ...(elsewhere === undefined ? {} : { region: elsewhere }),
      ...{ state: due.get(arn) ?? 'in order', function: functionName(functionArn) ?? functionArn },
      ...(schedule === undefined ? {} : { schedule }),
      ...(state.lastRotated === undefined ? {} : { rotated: state.lastRotated }),
      ...(next && {
        opens: new Date(next.window.start).toISOString(),
        ends: new Date(next.window.end).toISOString()
      })
    }
  })
  const order = ({ state, secret, region = '' }: ReportedRotation): string =>
    `${STATES.indexOf(state)} ${secret}\0${region}`
  return reported.sort((a, b) => (order(a) < order(b) ? -1 : 1))
}

const everyDays = (days: number | undefined): string | undefined =>
  days === undefined ? undefined : `every ${days === 1 ? 'day' : `${days} days`}`
