/** Consecutive slots and the master that serves them. */
export interface SlotRange {
  readonly from: number
  readonly to: number
  readonly host: string
  readonly port: number
}

/** Where a server of a cluster sends a call that it did not carry out. */
export type Redirection =
  | {
      readonly kind: 'MOVED' | 'ASK'
      readonly slot: number
      readonly host: string
      readonly port: number
    }
  | { readonly kind: 'TRYAGAIN' }

/**
 * Reads an answer as a redirection; undefined when it is none.
 * @param host of the server that answered: a server that does not know its own address leaves it out
 */
export function readRedirection(answer: unknown, host: string): Redirection | undefined {
  if (!(answer instanceof Error)) return undefined
  if (answer.message.startsWith('TRYAGAIN')) return { kind: 'TRYAGAIN' }
  const found = /^(MOVED|ASK) (\d+) (.*):(\d+)$/.exec(answer.message)
  if (found === null) return undefined
  return {
    kind: found[1] as 'MOVED' | 'ASK',
    slot: Number(found[2]),
    host: found[3] === '' ? host : found[3]!,
    port: Number(found[4])
  }
}

/**
 * The ranges in an answer to CLUSTER SLOTS, in order; ranges whose master is not known are left out.
 * @param host of the server that answered, which may leave its own out
 */
export function readSlots(answer: readonly unknown[], host: string): SlotRange[] {
  const ranges = (answer as Array<[number, number, [Buffer | null, number]]>).map(
    ([from, to, [own, port]]) => ({
      from,
      to,
      host: own === null || own.length === 0 ? host : String(own),
      port
    })
  )
  return ranges.filter(range => range.host !== '?').sort((one, other) => one.from - other.from)
}
