import type { RotationStatus } from '../../app/rotation/status.js'
import { nameAndRegion } from '../../vault/documents/place.js'
import { isJson, jsonOption } from '../command/json.js'
import { explain } from '../command/explain.js'
import { runAction, type Action } from '../command/subcommand.js'
import { openCurrentVault, regionOption, type Verb } from '../command/verb.js'
import { visible, visibleJson, visibleLines, visibleRows } from '../terminal/escape.js'
import { localTime } from '../terminal/localTime.js'
import { columns } from '../terminal/paint.js'

export const rotation: Verb = {
  help: `Usage: git-vault rotation status NAME [--json]
       git-vault rotation cancel NAME

Show how a secret is rotated and how its last rotation went, or turn rotation
off. Rotation is set up, and started, with git-vault rotate-secret.

  status   show the function, the dates, a rotation that is not complete, and
           which step failed in this clone, with what the function wrote
  cancel   stop a rotation in progress, and rotate this secret no more. A
           version that the rotation left without a value loses AWSPENDING. If
           it has a value, it keeps the label: the value may be in use already

Options:
  --json            print JSON
  --region REGION   the region of the secret (default: the vault's own)

Example:
  git-vault rotation status prod/db
`,
  options: { ...jsonOption, ...regionOption },
  words: ['status or cancel', 'NAME'],
  required: 1,
  get actions() {
    return actions
  },
  run: (parsed, world) => runAction('rotation', actions, parsed, world)
}

const actions: Readonly<Record<string, Action>> = {
  status: {
    words: ['NAME'],
    required: 1,
    options: ['json', 'region'],
    async run([name = ''], parsed, world) {
      const region = parsed.text('region')
      const vault = await openCurrentVault(world, region)
      const status = await world.services.rotationStatus(vault, name, world.io.cwd).catch(async error => {
        throw await explain(error, name, region, world)
      })
      if (isJson(parsed)) return world.io.stdout.write(visibleJson(status))
      const output = status.LastFailure?.output
      await world.io.stdout.write(visibleRows(columns(rowsOf(status, parsed.text('region')))))
      if (output !== undefined)
        await world.io.stdout.write(visibleLines(`\nThe function wrote:\n${output.replace(/^/gm, '  ')}\n`))
    }
  },
  cancel: {
    words: ['NAME'],
    required: 1,
    options: ['region'],
    async run([name = ''], parsed, world) {
      const { io, services } = world
      const vault = await openCurrentVault(world, parsed.text('region'))
      const { VersionId } = await services
        .call(vault, 'CancelRotateSecret', { SecretId: name })
        .catch(async (error: unknown) => {
          throw await explain(error, name, parsed.text('region'), world)
        })
      if (VersionId === undefined) return
      const { PendingHasValue } = await services.rotationStatus(vault, name, io.cwd)
      if (PendingHasValue === false) {
        const label = { VersionStage: 'AWSPENDING', RemoveFromVersionId: VersionId }
        await services.call(vault, 'UpdateSecretVersionStage', { SecretId: name, ...label })
        return
      }
      const shown = visible(name)
      await io.stderr.write(
        `git-vault: AWSPENDING stays on version ${visible(VersionId)}, which may be in use already\n` +
          `git-vault: hint: compare it, then: git-vault label ${shown} AWSPENDING --remove\n`
      )
    }
  }
}

function rowsOf(status: RotationStatus, region: string | undefined): string[][] {
  const { RotationRules: rules, LastFailure: failure, PendingVersionId: pending } = status
  const every =
    rules?.ScheduleExpression ??
    (rules?.AutomaticallyAfterDays !== undefined ? `every ${rules.AutomaticallyAfterDays} days` : undefined)
  const isOn = status.RotationEnabled === true
  const rows: (readonly [string, string | undefined])[] = [
    ['secret', status.Name],
    ['rotation', status.RotationEnabled === undefined ? 'not configured' : isOn ? 'on' : 'off'],
    ['function', status.RotationLambdaARN],
    ['schedule', every],
    ['last rotated', status.LastRotatedDate && localTime(status.LastRotatedDate)],
    ['next rotation', status.NextRotationDate && localTime(status.NextRotationDate)],
    ['in progress', pending && pendingText(pending, status)],
    ['exposed', exposedText(status, region)],
    [
      'failed',
      failure &&
        [localTime(new Date(failure.time)), ...(failure.step === undefined ? [] : [failure.step])].join(' ') +
          `: ${failure.reason}`
    ]
  ]
  return rows.flatMap(([label, text]) => (text === undefined || text === '' ? [] : [[label, text]]))
}

/** A value that a rotation had stored before a member lost the right to it is not finished in silence. */
function exposedText(status: RotationStatus, region: string | undefined): string | undefined {
  const { CurrentExposedTo, PendingExposedTo, Name, RotationLambdaARN } = status
  const found = [
    ...(CurrentExposedTo ? [`${CurrentExposedTo.join(', ')} may know the current value`] : []),
    ...(PendingExposedTo ? [`${PendingExposedTo.join(', ')} may know the new value`] : [])
  ]
  return found.length === 0
    ? undefined
    : `${found.join('; ')}: git-vault rotate ${nameAndRegion(Name, { region })}${RotationLambdaARN === undefined ? ' --generate' : ''}`
}

function pendingText(version: string, { IsRunning, PendingHasValue }: RotationStatus): string {
  const value = PendingHasValue === true ? 'has a new value' : 'has no value yet'
  return `version ${version} ${value}; ${IsRunning ? 'a process is rotating it now' : 'no process of this clone is rotating it'}`
}
