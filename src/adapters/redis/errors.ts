import { StoreUnavailable } from '../../domain/refusal.js'

/** One customer's stored bytes cannot be understood; everybody else's can. */
export class UnreadableRecord extends StoreUnavailable {}

/** What Redis or its client says, and what that means for people. First match wins; Redis 6 puts text before the code of a script's error. */
const SENTENCES: ReadonlyArray<readonly [RegExp, string]> = [
  [/^Command timed out/, 'Redis did not answer in time'],
  [
    /^Stream isn't writeable|^Connection is closed|MaxRetriesPerRequest|max retries per request/i,
    'Redis is not connected; the connection is tried again'
  ],
  [/\bLATE\b/, 'Redis got the write after its deadline and left it undone'],
  [
    /\bMISCONF\b/,
    'Redis refuses writes because it cannot persist them (MISCONF): free its disk or see its log'
  ],
  [
    /\bOOM\b/,
    'Redis refuses writes because its maxmemory is reached (OOM): raise maxmemory or lower what is kept'
  ],
  [/\bREADONLY\b/, 'Redis is a read-only replica: connect to the primary'],
  [/\bNOREPLICAS\b/, 'Redis refuses writes because too few replicas are connected (NOREPLICAS)'],
  [
    /\bCLUSTERDOWN\b/,
    'Redis Cluster does not serve all of its keys (CLUSTERDOWN): bring the missing master back or promote its replica'
  ],
  [
    /^(MOVED|ASK|TRYAGAIN)\b/,
    'Redis Cluster holds the key on another server, which did not take it in time'
  ],
  [/\bLOADING\b/, 'Redis is still loading its data'],
  [/\bBUSY\b/, 'Redis is busy with a long script'],
  [
    /\b(NOAUTH|WRONGPASS)\b/,
    'Redis refuses the credentials: correct the user and password in the URL'
  ],
  [/\bNOPERM\b/, 'Redis refuses a command to this user (NOPERM): extend its ACL']
]

/** Turns any failure of the Redis client into the error that ports promise. */
export function unavailable(error: unknown): StoreUnavailable {
  if (error instanceof StoreUnavailable) return error
  const message = error instanceof Error ? error.message : String(error)
  if (/\b(WRONGTYPE|UNREADABLE)\b/.test(message))
    return new UnreadableRecord(`a stored record cannot be read: ${message}`, { cause: error })
  return new StoreUnavailable(explain(message), { cause: error })
}

/** The sentence for a message of Redis or its client. */
export function explain(message: string): string {
  return SENTENCES.find(([pattern]) => pattern.test(message))?.[1] ?? `Redis failed: ${message}`
}
