import type { Right } from '../../core/access/access.js'
import type { StagesDocument } from '../../core/format/documents.js'

/** The operation that gives a secret right dates again (FORMAT.md, "Repairing dates"). */
export const REPAIR_DATES = 'RepairDates'

/** Returns the rights one of which the signer of a stages.yaml needs. Moves may go back in a repair, so it needs `manage`. */
export function stagesRights({ signed }: Pick<StagesDocument, 'signed'>): readonly Right[] {
  return signed.change.operation === REPAIR_DATES ? ['manage'] : ['encrypt', 'manage']
}
