import { writeFile } from 'node:fs/promises'
import type { PeerCertificate } from 'node:tls'
import { Redis } from 'ioredis'
import { test } from 'tap'
import type { Test } from 'tap'
import { openStore } from '../../../src/adapters/redis/open-store.js'
import { createRedisStore } from '../../../src/adapters/redis/redis-store.js'
import { openSecurity } from '../../../src/adapters/redis/security.js'
import type { TlsFiles } from '../../../src/adapters/redis/security.js'
import { readWay } from '../../../src/adapters/redis/way.js'
import type { Store } from '../../../src/decisioning/ports.js'
import { eventually, storeContract } from '../../contracts/store-contract.js'
import { createAuthority, writeFiles, type IssueOptions } from '../../helpers/certificates.js'
import { keptLog } from '../../helpers/logs.js'
import { PATIENT_MS, redisMissing } from '../../helpers/redis.js'
import { startTlsRedis, type TlsRedis } from '../../helpers/redis-tls.js'

const skip = redisMissing
const LIMITS = {
  recordBytes: 1e6,
  journalBytes: 1e6,
  mostLessons: 1,
  commandTimeoutMs: PATIENT_MS,
  log: keptLog()
}
const DAY_MS = 86_400_000

async function open(t: Test, url: string, tls: TlsFiles, log = keptLog()): Promise<Store> {
  const store = await openStore({ url, tls, log, commandTimeoutMs: PATIENT_MS })
  t.teardown(() => store.close())
  return store
}

storeContract('the store in a Redis over TLS', skip, async t => {
  const { url, numberedUrl, files } = await startTlsRedis(t)
  return { store: await open(t, url, files), other: await open(t, numberedUrl, files) }
})

/** Lets a server show another certificate to who connects from now on. */
async function show({ redis }: TlsRedis, paths: { cert: string; key: string }): Promise<void> {
  const client = new Redis({ path: redis.socketPath })
  await client.config('SET', 'tls-cert-file', paths.cert, 'tls-key-file', paths.key)
  await client.call('CLIENT', 'KILL', 'TYPE', 'normal')
  client.disconnect()
}

test('what is wrong with certificates is said with its remedy', { skip }, async t => {
  const server = await startTlsRedis(t)
  const { ca, cert, key } = server.files
  const said = async (tls: TlsFiles, url: string, wanted: RegExp) => {
    // Not by openStore, which waits for a first answer.
    const { store } = createRedisStore({
      ...LIMITS,
      way: readWay(url, openSecurity(tls, keptLog()))
    })
    const trouble = await eventually(
      () => store.trouble(),
      sentence => wanted.test(String(sentence))
    )
    t.match(trouble, wanted)
    await store.close()
  }
  const { authority, url, numberedUrl } = server
  const foreign = await writeFiles(t, createAuthority('stranger').issue())
  await said({ cert, key }, url, /authority that is not trusted: .* OFFERD_REDIS_CA/)
  await said({ ca }, url, /asks for a certificate.* OFFERD_REDIS_CERT and OFFERD_REDIS_KEY/)
  await said({ ca, ...foreign }, url, /OFFERD_REDIS_CERT/)
  await said({}, url.replace('rediss', 'redis'), /where it speaks TLS, write rediss:/)

  const nowMs = Date.now()
  const told: ReadonlyArray<readonly [IssueOptions, RegExp]> = [
    [{ fromMs: nowMs - 2 * DAY_MS, untilMs: nowMs - DAY_MS }, /has expired: give Redis a new one/],
    [{ fromMs: nowMs + DAY_MS }, /is not valid yet: set the clock/],
    [{ hosts: ['other.example', '10.0.0.1'] }, /certificate of another host/]
  ]
  for (const [options, wanted] of told) {
    await show(server, await writeFiles(t, authority.issue(options)))
    await said({ ca, cert, key }, url, wanted)
    await said({ ca, cert, key }, numberedUrl, wanted)
  }
})

test('new files are used without a restart, and broken ones are not', { skip }, async t => {
  const server = await startTlsRedis(t, 'no')
  const { url, files, redis } = server
  const log = keptLog()
  const store = await open(t, url, { ca: files.ca }, log)
  t.equal(await store.trouble(), undefined)
  await writeFile(files.ca, 'half a file')
  await redis.restart()
  await eventually(
    () => store.trouble(),
    trouble => trouble === undefined
  )
  t.match(log.sentences.join('\n'), /cannot be used; the ones before stay in use/)

  const next = createAuthority('next')
  await show(server, await writeFiles(t, next.issue()))
  await eventually(
    () => store.trouble(),
    trouble => /not trusted/.test(String(trouble))
  )
  await writeFile(files.ca, next.cert)
  await eventually(
    () => store.trouble(),
    trouble => trouble === undefined
  )
  t.match(log.sentences.join('\n'), /have changed and are used from now on/)
})

test('files that are of no use are refused at the start, with their variable', async t => {
  const authority = createAuthority()
  const { cert, key } = authority.issue()
  const other = authority.issue()
  const broken = cert.replace(/\n.{40}/, `\n${'A'.repeat(40)}`)
  const files = await writeFiles(t, {
    ca: authority.cert,
    cert,
    key,
    otherKey: other.key,
    broken,
    empty: ''
  })
  const refused = (tls: TlsFiles, wanted: RegExp) =>
    t.throws(() => openSecurity(tls, keptLog()), wanted)
  refused({ ca: '/no/such/file' }, /OFFERD_REDIS_CA: ENOENT/)
  refused({ ca: files.key }, /OFFERD_REDIS_CA: .* must hold certificates in PEM .*has none/)
  refused({ ca: files.empty }, /has none/)
  refused({ ca: files.broken }, /one of them is damaged/)
  refused({ cert: files.cert }, /belong together: set both/)
  refused({ key: files.key }, /belong together: set both/)
  refused({ cert: files.cert, key: files.cert }, /OFFERD_REDIS_KEY: .* private key in PEM/)
  refused({ cert: files.cert, key: files.otherKey }, /is not that of the first certificate/)
  await t.rejects(
    openStore({ url: 'redis://localhost', tls: { ca: files.ca }, log: keptLog() }),
    /OFFERD_REDIS_CA: set, but the connection to Redis is not encrypted/
  )
})

test('certificates that end soon are warned of', async t => {
  const soon = createAuthority().issue({ untilMs: Date.now() + 3 * DAY_MS })
  const late = createAuthority().issue({ fromMs: 0, untilMs: Date.now() - DAY_MS })
  for (const [certified, wanted] of [
    [soon, /a certificate in OFFERD_REDIS_CERT expires in 3 days/],
    [late, /a certificate in OFFERD_REDIS_CERT has expired/]
  ] as const) {
    const log = keptLog()
    openSecurity(await writeFiles(t, certified), log)
    t.match(log.sentences.join('\n'), wanted)
  }
})

test('a host known by number only may show the name of who told of it, and no other', async t => {
  const names = (host: string, foundThrough: string | undefined, shown: string) =>
    openSecurity({}, keptLog())(host, foundThrough).checkServerIdentity?.('', {
      subject: {},
      subjectaltname: shown
    } as PeerCertificate) === undefined
  t.ok(names('10.0.0.7', undefined, 'IP Address:10.0.0.7'))
  t.ok(names('10.0.0.7', 'redis.example', 'IP Address:10.0.0.7'))
  t.ok(names('10.0.0.7', 'redis.example', 'DNS:redis.example'))
  t.notOk(names('10.0.0.7', 'redis.example', 'DNS:other.example'))
  t.notOk(names('10.0.0.7', '10.0.0.8', 'IP Address:10.0.0.8'))
  t.notOk(names('b.example', 'redis.example', 'DNS:redis.example'))
})
