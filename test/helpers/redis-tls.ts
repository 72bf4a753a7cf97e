import { createAuthority, writeFiles, type Authority } from './certificates.js'
import { startRedis, type Ending, type TestRedis } from './redis.js'
import { freePort } from './redis-node.js'

/** A private Redis that speaks TLS, and what who connects to it needs. */
export interface TlsRedis {
  /** By the name of its host, and by its number. */
  readonly url: string
  readonly numberedUrl: string
  /** For OFFERD_REDIS_CA, …_CERT and …_KEY. */
  readonly files: { readonly ca: string; readonly cert: string; readonly key: string }
  readonly redis: TestRedis
  readonly authority: Authority
}

/**
 * Starts a Redis that takes TLS on a port of loopback, beside its socket.
 * @param asks whether it wants a certificate of its clients
 */
export async function startTlsRedis(t: Ending, asks: 'yes' | 'no' = 'yes'): Promise<TlsRedis> {
  const authority = createAuthority()
  const server = authority.issue()
  const client = authority.issue()
  const files = await writeFiles(t, {
    ca: authority.cert,
    serverCa: authority.cert,
    cert: client.cert,
    key: client.key,
    serverCert: server.cert,
    serverKey: server.key
  })
  const port = await freePort()
  const redis = await startRedis(
    t,
    ...['--bind', '127.0.0.1', '--tls-port', String(port)],
    ...['--tls-cert-file', files.serverCert, '--tls-key-file', files.serverKey],
    ...['--tls-ca-cert-file', files.serverCa, '--tls-auth-clients', asks]
  )
  return {
    url: `rediss://localhost:${port}`,
    numberedUrl: `rediss://127.0.0.1:${port}`,
    files,
    redis,
    authority
  }
}
