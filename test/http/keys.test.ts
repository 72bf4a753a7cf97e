import { createHash } from 'node:crypto'
import { test } from 'tap'
import { createKeyRing, KeysRefused } from '../../src/http/keys.js'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const clock = () => 0
const server = { id: 'shop', sha256: sha256('server-key'), scopes: ['decide', 'events'] }
const page = {
  id: 'page',
  sha256: sha256('page-key'),
  scopes: ['decide'],
  publishable: true,
  namespaces: ['cookie'],
  channels: ['web'],
  origins: ['https://shop.example']
}

test('a key is found by what was presented, and only as a whole', async t => {
  const ring = createKeyRing({ keys: [server, page] }, clock)
  t.equal(ring.size, 2)
  t.equal(ring.find('server-key')?.caller.id, 'shop')
  t.equal(ring.find('server-key'), ring.find('server-key'))
  t.same([...(ring.find('page-key')?.caller.namespaces ?? [])], ['cookie'])
  for (const guess of ['', 'server-ke', 'server-keys', 'Server-key', server.sha256])
    t.equal(ring.find(guess), undefined)
  t.ok(ring.hasOrigin('https://shop.example'))
  t.notOk(ring.hasOrigin('https://shop.example.evil'))
})

const REFUSED: ReadonlyArray<readonly [what: string, content: unknown, sentence: RegExp]> = [
  ['no list of keys', {}, /^keys: /],
  ['an empty list', { keys: [] }, /^keys: must hold at least one key/],
  ['an unknown member', { keys: [{ ...server, secret: 'x' }] }, /^keys\[0\]: .*secret/],
  ['an unknown scope', { keys: [{ ...server, scopes: ['root'] }] }, /^keys\[0\]\.scopes\[0\]: /],
  [
    'a hash that is none',
    { keys: [{ ...server, sha256: 'ABC' }] },
    /^keys\[0\]\.sha256: must be the key's SHA-256/
  ],
  [
    'the same id twice',
    { keys: [server, { ...page, id: 'shop' }] },
    /^keys\[1\]\.id: another key has the same one/
  ],
  [
    'the same hash twice',
    { keys: [server, { ...page, sha256: server.sha256 }] },
    /^keys\[1\]\.sha256: another key/
  ],
  [
    'a publishable key for all namespaces',
    { keys: [{ ...page, namespaces: undefined }] },
    /^keys\[0\]\.namespaces: must be named/
  ],
  [
    'a publishable key for all channels',
    { keys: [{ ...page, channels: undefined }] },
    /^keys\[0\]\.channels: must be named/
  ],
  [
    'a publishable key for all origins',
    { keys: [{ ...page, origins: undefined }] },
    /^keys\[0\]\.origins: must be named/
  ],
  [
    'a publishable key for customers',
    { keys: [{ ...page, scopes: ['customers'] }] },
    /^keys\[0\]\.scopes: may be decide and events/
  ],
  [
    'an origin with a path',
    { keys: [{ ...page, origins: ['https://shop.example/'] }] },
    /^keys\[0\]\.origins\[0\]: must be an exact origin/
  ],
  [
    'an origin for all',
    { keys: [{ ...page, origins: ['*'] }] },
    /^keys\[0\]\.origins\[0\]: must be an exact origin/
  ],
  [
    'the origin null',
    { keys: [{ ...page, origins: ['null'] }] },
    /^keys\[0\]\.origins\[0\]: must be an exact origin/
  ],
  [
    'origins on a server key',
    { keys: [{ ...server, origins: ['https://shop.example'] }] },
    /^keys\[0\]\.origins: are for publishable keys/
  ],
  [
    'an unknown role',
    { keys: [{ ...server, scopes: undefined, role: 'king' }] },
    /^keys\[0\]\.role: /
  ],
  [
    'neither scopes nor a role',
    { keys: [{ ...server, scopes: undefined }] },
    /^keys\[0\]\.scopes: must be named, or a role instead/
  ],
  [
    'scopes and a role',
    { keys: [{ ...server, role: 'agent' }] },
    /^keys\[0\]\.scopes: must be named, or a role instead/
  ],
  [
    'a role for browsers',
    { keys: [{ ...page, scopes: undefined, role: 'agent' }] },
    /^keys\[0\]\.role: is for a key of somebody who keeps it secret/
  ],
  ['a rate of nothing', { keys: [{ ...server, rate: 0 }] }, /^keys\[0\]\.rate: /]
]

for (const [what, content, sentence] of REFUSED) {
  test(`a key file with ${what} is refused`, async t => {
    try {
      createKeyRing(content, clock)
      t.fail('it was taken')
    } catch (error) {
      t.ok(
        error instanceof KeysRefused && error.problems.some(problem => sentence.test(problem)),
        String(error)
      )
    }
  })
}
