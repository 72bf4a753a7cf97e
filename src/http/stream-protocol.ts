/** A browser cannot send headers with a WebSocket, so its key comes as a protocol that the client can speak. */
export const KEY_PROTOCOL = 'offerd.key.'

/** Where a client offers a protocol beside its key, it is that one, so that the key is not sent back. */
export function pickProtocol(offered: ReadonlySet<string>): string | false {
  const [first] = [...offered].filter(protocol => !protocol.startsWith(KEY_PROTOCOL))
  return first ?? offered.values().next().value ?? false
}
