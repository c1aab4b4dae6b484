import { arnSuffix, formatArn } from '../core/service/name.js'
import type { Draft } from '../vault/draft.js'

/** An ARN with a random suffix for a new secret, in the draft's region. */
export function newArn({ view, random }: Draft, name: string): string {
  const { account } = view.access
  for (;;) {
    const suffix = arnSuffix(random.bytes(32))
    if (suffix !== undefined) return formatArn({ region: view.region, account, name, suffix })
  }
}
