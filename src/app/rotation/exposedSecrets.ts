import { functionName } from '../../core/service/functionName.js'
import { parseArn } from '../../core/service/name.js'
import { AWSCURRENT, AWSPENDING, AWSPREVIOUS } from '../../core/versions/stages.js'
import { nameAndRegion } from '../../vault/documents/place.js'
import type { Exposed } from '../../vault/team/exposure.js'
import type { Vault } from '../../vault/vault.js'

/** A secret with exposed values, and what replaces them. */
export interface ExposedSecret {
  readonly arn: string
  readonly region: string
  /** Its name, with the option of its region, for a command. */
  readonly shown: string
  /** The labels of the exposed versions. */
  readonly labels: readonly string[]
  /** The function that rotates it, if it has one that is registered here, and rotation is on. */
  readonly function?: string
  /** Whether only programs that have not read the newer value yet still use the exposed ones. */
  readonly isPrevious: boolean
  /** The next command to type. */
  readonly command: string
}

/** Returns the secrets of exposed values that no waiver covers, each once, in the same order. */
export async function exposedSecrets(vault: Vault, exposed: readonly Exposed[]): Promise<ExposedSecret[]> {
  const open = exposed.filter(({ waiver }) => !waiver)
  const view = await vault.read()
  const found: ExposedSecret[] = []
  for (const arn of new Set(open.map(one => one.arn))) {
    const labels = open.filter(one => one.arn === arn).flatMap(one => one.labels)
    const { region } = parseArn(arn)
    const secret = await view.inRegion(region).secret(arn)
    const { rotation } = secret.document
    const named = rotation?.enabled === 'yes' ? rotation.function : undefined
    const registered = named === undefined ? undefined : await vault.rotator?.find(named)
    const shown = nameAndRegion(secret.name, secret.place)
    found.push({
      ...{ arn, region, shown, labels },
      ...(registered === undefined ? {} : { function: registered }),
      isPrevious: !labels.includes(AWSCURRENT) && !labels.includes(AWSPENDING),
      command: next(shown, labels, named, registered)
    })
  }
  return found
}

/** The command for an exposed value: it moves the next of its labels to another version, or off. */
function next(
  shown: string,
  labels: readonly string[],
  named: string | undefined,
  registered: string | undefined
): string {
  const other = labels.find(label => ![AWSCURRENT, AWSPENDING, AWSPREVIOUS].includes(label))
  const moves = labels.some(label => label !== other)
  if (moves && registered !== undefined) return `git-vault rotate ${shown}`
  if (moves && named !== undefined) return `git-vault function add ${functionName(named) ?? named}`
  if (labels.includes(AWSCURRENT)) return `git-vault put ${shown}`
  const label = labels.find(one => one !== AWSCURRENT) ?? AWSPREVIOUS
  return `git-vault label ${shown} ${label} --remove`
}
