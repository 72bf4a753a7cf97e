/** One thing wrong with a request, found at a JSON pointer (RFC 6901) into its body. */
export interface Fault {
  readonly pointer: string
  readonly detail: string
}

/** Why a caller's request is refused. The wire's table of codes gives each its status and title. */
export type RefusalCode =
  | 'malformed'
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'too_large'
  | 'not_allowed'
  | 'too_many'
  | 'overloaded'
  | 'unavailable'

/** Thrown where a request cannot be served because of what the caller sent or because a part that it needs is away. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: RefusalCode
  readonly faults: readonly Fault[]

  constructor(code: RefusalCode, detail: string, faults: readonly Fault[] = []) {
    super(detail)
    this.code = code
    this.faults = faults
  }
}

/** Thrown by adapters when the store does not answer in time or at all; what was asked may or may not have happened. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
}
