/** A browser cannot send headers with a WebSocket, so its key comes as a protocol that the client can speak. */
export const KEY_PROTOCOL = 'offerd.key.'
/** The same for a ticket. */
export const TICKET_PROTOCOL = 'offerd.ticket.'

/** Where a client offers a protocol beside its key or ticket, it is that one, so that these are not sent back. */
export function pickProtocol(offered: ReadonlySet<string>): string | false {
  const [first] = [...offered].filter(
    protocol => !protocol.startsWith(KEY_PROTOCOL) && !protocol.startsWith(TICKET_PROTOCOL)
  )
  return first ?? offered.values().next().value ?? false
}
