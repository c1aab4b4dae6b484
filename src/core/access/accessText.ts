import { decode, encode } from '../encoding.js'
import type { Access, Generation, Member } from './access.js'
import type { Recovery } from './recovery.js'
import type { Right } from './rights.js'

type MemberText = Omit<Member, 'signKey' | 'boxKey' | 'rights'> & {
  readonly sign: string
  readonly box: string
  readonly rights: readonly (readonly [string, readonly (readonly [Right, number])[]])[]
}

type Kept = Pick<
  Access,
  'vaultId' | 'region' | 'account' | 'bindings' | 'pruning' | 'waivers' | 'entries' | 'times'
>

interface AccessText extends Kept {
  readonly members: readonly MemberText[]
  readonly keys: readonly {
    readonly alias: string
    readonly names: readonly string[]
    readonly generations: readonly (Omit<Generation, 'publicKey'> & { readonly public: string })[]
  }[]
  readonly recoveries: readonly (Omit<Recovery, 'shares'> & {
    readonly shares: readonly { readonly holder: string; readonly public: string }[]
  })[]
}

/** What an access log says, as JSON: for `parseAccess`. */
export function formatAccess(access: Access): string {
  const { vaultId, region, account, bindings, pruning, waivers, entries, times } = access
  const text: AccessText = {
    ...{ vaultId, region, account, bindings, pruning, waivers, entries, times },
    members: [...access.members.values()].map(memberText),
    keys: [...access.keys.values()].map(({ alias, names, generations }) => ({
      ...{ alias, names },
      generations: generations.map(({ publicKey, ...rest }) => ({ ...rest, public: encode(publicKey) }))
    })),
    recoveries: [...access.recoveries.values()].map(({ shares, ...rest }) => ({
      ...rest,
      shares: shares.map(({ holder, publicKey }) => ({ holder, public: encode(publicKey) }))
    }))
  }
  return JSON.stringify(text)
}

/** @param text of `formatAccess`, undamaged */
export function parseAccess(text: string): Access {
  const { members, keys, recoveries, ...kept } = JSON.parse(text) as AccessText
  return {
    ...kept,
    members: new Map(members.map(member => [member.keyId, memberOf(member)])),
    keys: new Map(
      keys.map(({ alias, names, generations }) => [
        alias,
        {
          ...{ alias, names },
          generations: generations.map(({ public: key, ...rest }) => ({ ...rest, publicKey: bytesOf(key) }))
        }
      ])
    ),
    recoveries: new Map(
      recoveries.map(({ shares, ...rest }) => [
        rest.member,
        {
          ...rest,
          shares: shares.map(({ holder, public: key }) => ({ holder, publicKey: bytesOf(key) }))
        }
      ])
    )
  }
}

function memberText(member: Member): MemberText {
  const { text, keyId, name, since, adminSince, removed, tenures, adminTenures } = member
  return {
    ...{ text, keyId, name, since },
    ...(adminSince === undefined ? {} : { adminSince }),
    ...(removed === undefined ? {} : { removed }),
    ...{ tenures, adminTenures },
    sign: encode(member.signKey),
    box: encode(member.boxKey),
    rights: [...member.rights].map(([key, held]) => [key, [...held]])
  }
}

/** Keys are decoded when they are asked for: a command needs those of few members. */
function memberOf({ sign, box, rights, ...rest }: MemberText): Member {
  let [signKey, boxKey]: (Uint8Array | undefined)[] = []
  return {
    ...rest,
    rights: new Map(rights.map(([key, held]) => [key, new Map(held)])),
    get signKey() {
      return (signKey ??= bytesOf(sign))
    },
    get boxKey() {
      return (boxKey ??= bytesOf(box))
    }
  }
}

function bytesOf(text: string): Uint8Array {
  const bytes = decode(text, 32)
  if (!bytes) throw new Error('not a key of 32 bytes')
  return bytes
}
