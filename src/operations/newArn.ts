import { arnSuffix, formatArn } from '../core/service/name.js'
import type { Draft } from '../vault/draft.js'

/** An ARN for a secret that is about to be made, in the region that was asked. */
export function newArn({ view, random }: Draft, name: string): string {
  const { account } = view.access
  for (;;) {
    const suffix = arnSuffix(random.bytes(32))
    if (suffix !== undefined) return formatArn({ region: view.region, account, name, suffix })
  }
}
