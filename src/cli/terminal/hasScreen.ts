import type { Io } from './io.js'

/** Whether the program reads from a terminal, and writes nowhere else. */
export const isAtTerminal = ({ stdin, stdout, stderr }: Io): boolean =>
  stdin.isTerminal && stdout.isTerminal && stderr.isTerminal

/** Whether the user has a terminal that can show a full screen. */
export const hasScreen = (io: Io): boolean => isAtTerminal(io) && (io.env['TERM'] ?? 'dumb') !== 'dumb'
