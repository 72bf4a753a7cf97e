export type Scope = 'decide' | 'events' | 'customers' | 'admin'

/** Who is asking, as the key said: what it may do and where. */
export interface Caller {
  /** The key's id; the default source of events. */
  readonly id: string
  readonly scopes: ReadonlySet<Scope>
  /** A key that browsers carry: sees no factors, sends no attributes, tells with tokens only. */
  readonly publishable: boolean
  /** undefined: all. */
  readonly namespaces: ReadonlySet<string> | undefined
  /** undefined: all. */
  readonly channels: ReadonlySet<string> | undefined
}

/** Everybody on loopback while there is no key file, and the command line. */
export const LOCAL_CALLER: Caller = Object.freeze({
  id: 'client',
  scopes: new Set<Scope>(['decide', 'events', 'customers', 'admin']),
  publishable: false,
  namespaces: undefined,
  channels: undefined
})
