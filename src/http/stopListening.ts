import type { Server as HttpServer } from 'node:http'
import { Server } from 'node:net'

/** Accepts no more connections. Requests on open ones are still answered. */
export function stopListening(server: HttpServer): void {
  // Not Node's own close for http, which cuts off answers that a slow client is still reading. Bun's waits for them, and its
  // server for http is no server of `net`, although the types say so.
  const isOfNet: boolean = server instanceof Server
  if (isOfNet) Server.prototype.close.call(server)
  else server.close()
}
