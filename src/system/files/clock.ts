import type { Clock } from '../../core/ports.js'

export const systemClock: Clock = {
  now: () => Date.now(),
  uptime: () => process.getBuiltinModule('node:os').uptime() * 1000
}
