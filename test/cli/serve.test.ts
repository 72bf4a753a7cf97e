import { request, type IncomingMessage } from 'node:http'
import { writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { join } from 'node:path'
import { createHash } from 'node:crypto'
import { json } from 'node:stream/consumers'
import { test } from 'tap'
import { runOfferd, smallStrategy, startOfferd } from '../helpers/offerd.js'
import { redisMissing, startRedis } from '../helpers/redis.js'

const DECISION = JSON.stringify({
  customer: { id: 'c-1' },
  channel: 'web',
  placements: [{ id: 'home_hero' }],
  options: { timeoutMs: 2000 }
})

function decide(url: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/v1/decisions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: DECISION
  })
}

test('the listening line comes whatever the log level, and SIGTERM ends with 0', async t => {
  const { env } = await smallStrategy(t)
  const offerd = startOfferd(t, ['serve'], { ...env, OFFERD_LOG_LEVEL: 'silent' })
  const url = await offerd.url()
  t.match(url, /^http:\/\/127\.0\.0\.1:\d+$/)
  t.equal((await fetch(`${url}/livez`)).status, 200)
  t.equal((await fetch(`${url}/readyz`)).status, 200)
  t.match(await (await decide(url)).json(), {
    placements: [{ id: 'home_hero', offers: [{ offerId: 'gold-card' }] }],
    degraded: []
  })
  offerd.child.kill('SIGTERM')
  const { code, stdout, stderr } = await offerd.ended()
  t.equal(code, 0)
  t.equal(stdout.trimEnd().split('\n').length, 1)
  t.equal(stderr, '')
})

test('a request in flight finishes after SIGTERM', async t => {
  const { env } = await smallStrategy(t)
  const offerd = startOfferd(t, ['serve'], env)
  const url = await offerd.url()
  const upload = request(`${url}/v1/customers/import`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', expect: '100-continue' }
  })
  upload.flushHeaders()
  await once(upload, 'continue')
  upload.write('{"id": "c-1", "attributes": {"age": 41}}\n')
  offerd.child.kill('SIGTERM')
  await offerd.printed('stopping')
  upload.end('{"id": "c-2", "attributes": {"age": 42}}\n')
  const [response] = (await once(upload, 'response')) as [IncomingMessage]
  t.match(await json(response), { imported: 2, failed: 0 })
  t.equal((await offerd.ended()).code, 0)
})

test('with a key file a caller needs a key, and other machines are listened to', async t => {
  const { env, folder } = await smallStrategy(t)
  const keysFile = join(folder, 'keys.yaml')
  const sha256 = createHash('sha256').update('s3cret').digest('hex')
  await writeFile(keysFile, `keys: [{id: shop, sha256: ${sha256}, scopes: [decide]}]\n`)
  const offerd = startOfferd(t, ['serve'], {
    ...env,
    OFFERD_HOST: '0.0.0.0',
    OFFERD_KEYS: keysFile
  })
  const port = new URL(await offerd.url()).port
  const url = `http://127.0.0.1:${port}`
  t.equal((await decide(url)).status, 401)
  t.equal((await decide(url, { authorization: 'Bearer s3cret' })).status, 200)
})

test('a key file that cannot be used is told with everything wrong in it', async t => {
  const { env, folder } = await smallStrategy(t)
  const keysFile = join(folder, 'keys.yaml')
  await writeFile(keysFile, 'keys: [{id: shop, sha256: nope, scopes: [fly]}]\n')
  const { code, stderr } = await runOfferd(t, ['serve'], { ...env, OFFERD_KEYS: keysFile })
  t.equal(code, 1)
  t.match(stderr, /sha256/)
  t.match(stderr, /scopes/)
})

test('with its Redis away the service starts, serves fallbacks, and recovers by itself', {
  skip: redisMissing
}, async t => {
  const { env } = await smallStrategy(t)
  const redis = await startRedis(t)
  await redis.kill()
  const offerd = startOfferd(t, ['serve'], { ...env, OFFERD_REDIS_URL: redis.url })
  const url = await offerd.url()
  t.equal((await fetch(`${url}/livez`)).status, 200)
  t.equal((await fetch(`${url}/readyz`)).status, 503)
  const away = await decide(url)
  t.equal(away.status, 200)
  t.match(await away.json(), { placements: [{ fallback: true }], degraded: ['profile'] })

  await redis.restart()
  while ((await fetch(`${url}/readyz`)).status !== 200);
  t.match(await (await decide(url)).json(), {
    placements: [{ offers: [{ offerId: 'gold-card' }] }],
    degraded: []
  })
  offerd.child.kill('SIGINT')
  t.equal((await offerd.ended()).code, 0)
})
