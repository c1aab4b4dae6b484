import type { Access, Member } from '../access/access.js'
import type { AccessDocument } from '../format/documents.js'
import { sayChange } from './sayChange.js'
import type { Fact } from './facts.js'

/**
 * The facts of an access log: what it amounts to, then each entry.
 * @param access what `document` was folded to
 */
export function accessFacts({ entries }: AccessDocument, access: Access): Fact[] {
  const { region, account, members, keys, pruning, waivers, recoveries } = access
  const nameOf = (keyId: string): string => members.get(keyId)?.name ?? keyId
  const hours = pruning.minimumAgeMs / 3_600_000
  return [
    { topic: 'vault', text: `region ${region}, account ${account}` },
    ...[...members.values()].flatMap(member => memberFacts(member)),
    ...[...keys.values()].map(({ alias, names, generations }) => ({
      topic: 'key',
      name: alias,
      text: `${names.join(' ') || 'no names'}; generation ${generations.at(-1)?.number ?? '?'}`
    })),
    {
      topic: 'pruning',
      text: `keeps ${pruning.keep} versions and those under ${hours} hours, at most ${pruning.quota}`
    },
    ...[...recoveries].map(([keyId, { threshold, shares }]) => ({
      topic: 'recovery',
      name: nameOf(keyId),
      text: `${threshold} of the ${shares.length} shares of ${shares.map(({ holder }) => holder).join(', ')}`
    })),
    ...waivers.map(({ secret, version, until, reason }) => ({
      topic: 'waiver',
      name: `${secret} ${version}`,
      text: `until ${until}: ${reason}`
    })),
    ...entries.map(({ entry, time, by, changes }) => ({
      topic: 'entry',
      name: entry,
      text: `${time} by ${nameOf(by)}: ${changes.map(sayChange).join('; ')}`
    }))
  ]
}

function memberFacts({ name, removed, adminSince, rights }: Member): Fact[] {
  if (removed !== undefined) return [{ topic: 'former member', name, text: '' }]
  return [
    { topic: 'member', name, text: adminSince === undefined ? 'member' : 'admin' },
    ...[...rights].flatMap(([key, held]) =>
      [...held.keys()].length === 0
        ? []
        : [{ topic: 'rights of', name: `${name} on ${key}`, text: [...held.keys()].sort().join(', ') }]
    )
  ]
}
