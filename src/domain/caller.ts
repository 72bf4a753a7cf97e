/** What somebody may do; every route asks for one of these, and what no right allows is refused. */
export const RIGHTS = [
  'decide',
  'decide_many',
  'tell',
  'read_words',
  'read_decisions',
  'replay',
  'read_customers',
  'see_personal',
  'export_customers',
  'change_customers',
  'erase_customers',
  'read_strategy',
  'suppose',
  'check_strategy',
  'load_strategy',
  'measure'
] as const
export type Right = (typeof RIGHTS)[number]

/** Rights of systems, in large pieces. */
export const SCOPES = {
  decide: ['decide', 'decide_many', 'read_words', 'read_decisions', 'replay', 'see_personal'],
  events: ['tell'],
  customers: [
    'read_customers',
    'see_personal',
    'export_customers',
    'change_customers',
    'erase_customers'
  ],
  admin: ['read_strategy', 'suppose', 'check_strategy', 'load_strategy', 'measure']
} as const satisfies Readonly<Record<string, readonly Right[]>>
export type Scope = keyof typeof SCOPES

/** Rights of people, by what they are here for. */
export const ROLES = {
  /** Talks with customers, one at a time. */
  agent: ['decide', 'tell', 'read_words', 'read_decisions', 'read_customers'],
  /** Makes offers and rules, and tries them out. */
  marketer: [
    'read_words',
    'read_decisions',
    'replay',
    'read_strategy',
    'suppose',
    'check_strategy'
  ],
  /** Looks at what came of them. */
  analyst: ['read_words', 'read_decisions', 'replay', 'read_strategy', 'measure'],
  /** Keeps the service running and brings strategies into force; sees no customers. */
  operator: ['read_words', 'read_strategy', 'check_strategy', 'load_strategy', 'measure'],
  administrator: RIGHTS,
  /** Reads everything and changes nothing. */
  auditor: [
    'read_words',
    'read_decisions',
    'replay',
    'read_customers',
    'see_personal',
    'export_customers',
    'read_strategy',
    'measure'
  ]
} as const satisfies Readonly<Record<string, readonly Right[]>>
export type Role = keyof typeof ROLES

/** What goes first where a process is asked for more than it can do, the most urgent first. */
export const LOAD_CLASSES = ['agent', 'web', 'batch', 'simulation'] as const
export type LoadClass = (typeof LOAD_CLASSES)[number]

/** Who is asking, as the key said: what it may do and where. */
export interface Caller {
  /** The key's id; the default source of events. */
  readonly id: string
  readonly rights: ReadonlySet<Right>
  /** A key that browsers carry: sees no factors, sends no attributes, tells with tokens only. */
  readonly publishable: boolean
  /** undefined: all. */
  readonly namespaces: ReadonlySet<string> | undefined
  /** undefined: all. */
  readonly channels: ReadonlySet<string> | undefined
  /** How urgent what it asks is; no route is more urgent than its key. */
  readonly loadClass: LoadClass
}

/** Everybody on loopback while there is no key file, and the command line. */
export const LOCAL_CALLER: Caller = Object.freeze({
  id: 'client',
  rights: new Set<Right>(RIGHTS),
  publishable: false,
  namespaces: undefined,
  channels: undefined,
  loadClass: 'web'
})
