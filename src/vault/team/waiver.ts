import type { LogChange } from '../../core/access/accessLog.js'
import { usage } from '../../core/errors.js'
import { formatTime } from '../../core/time.js'
import { labelledVersions } from '../../core/versions/stages.js'
import type { Vault } from '../vault.js'

/** Records that a secret's labelled versions may stay until a date, though exposed. Returns the versions. */
export async function waive(
  vault: Vault,
  secretId: string,
  { until, reason }: { until: Date; reason: string }
): Promise<string[]> {
  return vault.write('WaiveExposure', async draft => {
    if (until.getTime() <= draft.now) throw usage('a waiver must end in the future')
    if (reason === '' || [...reason].length > 512)
      throw usage('a waiver needs a reason of at most 512 characters')
    const { arn, name, stages } = await draft.secret(secretId)
    const versions = [...labelledVersions(stages.labels)]
    const [first, ...others] = versions.map((version): LogChange => {
      return { change: 'waiver', secret: arn, version, until: formatTime(until.getTime()), reason }
    })
    if (!first) throw usage(`${name} has no version with a label`)
    await draft.amend([first, ...others])
    draft.describe(name, [['Secret-Arn', arn]])
    return versions
  })
}
