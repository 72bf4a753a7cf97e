import { StoreUnavailable } from '../../domain/refusal.js'

/** One customer's stored bytes cannot be understood; everybody else's can. */
export class UnreadableRecord extends StoreUnavailable {}

/** What is said of a connection about which nothing more is known. */
export const NOT_CONNECTED = 'Connection is closed'

/** What Redis or its client says, and what that means for people. First match wins; Redis 6 puts text before the code of a script's error. */
const SENTENCES: ReadonlyArray<readonly [RegExp, string]> = [
  [
    /^SENTINELS .*(NOMASTER|No such master)/,
    'the sentinels do not know the master: correct the name at the end of the URL'
  ],
  [
    /^SENTINELS .*\b(NOAUTH|WRONGPASS)\b/,
    'the sentinels ask for a password: add ?sentinel_password=… to the URL, and &sentinel_username=… where they have users'
  ],
  [
    /^SENTINELS .*unknown command/,
    'what listens there is no Redis Sentinel: name the addresses of sentinels, or write redis:// for a Redis'
  ],
  [/^SENTINELS (?!.*certificate)/, 'no sentinel answers; they are asked again'],
  [/^Command timed out|^Socket timeout/, 'Redis did not answer in time'],
  [
    /^Stream isn't writeable|^Connection is closed|MaxRetriesPerRequest|max retries per request/i,
    'Redis is not connected; the connection is tried again'
  ],
  [
    /\b(ECONNREFUSED|ENOENT)\b/,
    'Redis is not connected, for nobody listens at its address; the connection is tried again'
  ],
  [
    /\b(ENOTFOUND|EAI_AGAIN)\b/,
    'Redis is not connected, for the name of its host is not found; the connection is tried again'
  ],
  [
    /\b(ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)\b/,
    'Redis is not connected, for nothing answers at its address; where it does not speak TLS, write redis://'
  ],
  [
    /\b(ECONNRESET|EPIPE)\b/,
    'Redis is not connected, for the other side ended the connection; where it speaks TLS, write rediss://, and where it asks for a certificate, name one in OFFERD_REDIS_CERT and OFFERD_REDIS_KEY'
  ],
  [
    /self[- ]signed certificate|unable to (verify the first|get (local )?issuer) certificate/,
    'Redis shows a certificate of an authority that is not trusted: name the file with the certificate of its authority in OFFERD_REDIS_CA'
  ],
  [
    /certificate has expired/,
    'the certificate that Redis shows, or that of its authority, has expired: give Redis a new one'
  ],
  [
    /certificate is not yet valid/,
    'the certificate that Redis shows is not valid yet: set the clock of this machine, or give Redis another one'
  ],
  [
    /does not match certificate's altnames/,
    'Redis shows a certificate of another host: connect to one of the names in it, or give Redis one that has the name or number of its host'
  ],
  [
    /alert (number 116|certificate required|handshake failure)/,
    'Redis asks for a certificate: name the files with one and its key in OFFERD_REDIS_CERT and OFFERD_REDIS_KEY'
  ],
  [
    /alert (unknown ca|bad certificate|certificate (unknown|expired|revoked)|unsupported certificate)/,
    'Redis does not accept the certificate in OFFERD_REDIS_CERT: take a valid one of an authority in its tls-ca-cert-file'
  ],
  [
    /wrong version number|packet length too long/,
    'what listens there does not speak TLS: write redis:// or the port of tls-port'
  ],
  [
    /^SENTINEL\b/,
    'this is a Redis Sentinel, which keeps no data: write redis+sentinel://host:26379,host:26379/name'
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
