import type { LogChange } from '../access/accessLog.js'

/** One change of an access log's entry, as a person would say it. */
export function sayChange(change: LogChange): string {
  switch (change.change) {
    case 'vault':
      return `creates the vault in ${change.region}`
    case 'member':
      return `adds ${change.name} as ${change.role === 'admin' ? 'an admin' : 'a member'}`
    case 'role':
      return `makes ${change.member} ${change.role === 'admin' ? 'an admin' : 'a member'}`
    case 'remove':
      return `removes ${change.member}`
    case 'key':
      return `creates key ${change.key} for ${change.names.join(' ')}`
    case 'names':
      return `gives key ${change.key} the names ${change.names.join(' ')}`
    case 'generation':
      return `makes generation ${change.generation} of key ${change.key}`
    case 'grant':
      return `grants ${change.member} ${change.rights.join(', ')} on ${change.key}`
    case 'revoke':
      return `revokes ${change.rights.join(', ')} on ${change.key} from ${change.member}`
    case 'waiver':
      return `waives the exposure of ${change.secret} ${change.version}`
    case 'recovery':
      return `splits the identity of ${change.member} into ${change.shares.length} shares`
    case 'drill':
      return `records a drill for ${change.member}`
    case 'pruning':
      return `keeps ${change.keep} versions, at most ${change.quota}`
  }
}
