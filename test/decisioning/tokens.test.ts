import { createCipheriv, hkdfSync } from 'node:crypto'
import fc from 'fast-check'
import { test } from 'tap'
import { createTokens, TOKEN_LIFE_MS, type TokenContent } from '../../src/decisioning/tokens.js'

const NOW_MS = Date.UTC(2026, 0, 15, 12)
const SECRET = 'a secret of the test, long enough'

function content(changes: Partial<TokenContent> = {}): TokenContent {
  return {
    decisionId: '0199aa11-2222-7333-8444-555566667777',
    decidedAtMs: NOW_MS,
    channel: 'web',
    customer: { namespace: 'crm', id: 'c-1001' },
    offers: ['gold-card', 'travel-card', 'car-loan'].map(offerId => ({
      offerId,
      treatmentId: `${offerId}.web.tile`,
      placement: 'home_tile'
    })),
    ...changes
  }
}

/** A token's bytes changed and spelled as a token again. */
function altered(token: string, change: (bytes: Buffer) => void): string {
  const bytes = Buffer.from(token, 'base64url')
  change(bytes)
  return bytes.toString('base64url')
}

test('a token says what was sealed and which offer it stands for', async t => {
  const tokens = createTokens([SECRET])
  const sealed = tokens.seal(content())
  t.equal(sealed.length, 3)
  sealed.forEach((token, index) =>
    t.same(tokens.open(token, NOW_MS), { content: content(), index })
  )
})

test('whatever ids an answer holds, all its tokens open again', async t => {
  const tokens = createTokens([SECRET])
  const id = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  const offer = fc.record(
    { offerId: id, treatmentId: id, placement: id },
    { noNullPrototype: true }
  )
  const customer = fc.record(
    { namespace: fc.constantFrom('crm', 'cookie'), id },
    { noNullPrototype: true }
  )
  fc.assert(
    fc.property(customer, fc.array(offer, { maxLength: 10 }), id, (who, offers, channel) => {
      const sealed = content({ customer: who, offers, channel })
      tokens
        .seal(sealed)
        .forEach((token, index) =>
          t.strictSame(tokens.open(token, NOW_MS), { content: sealed, index })
        )
    }),
    { numRuns: 50 }
  )
})

test('an answer without offers has no tokens', async t => {
  t.same(createTokens([SECRET]).seal(content({ offers: [] })), [])
})

test('a token does not show the customer', async t => {
  const customer = { namespace: 'crm', id: 'c-1001-anna' }
  for (const token of createTokens([SECRET]).seal(content({ customer }))) {
    t.notOk(Buffer.from(token, 'base64url').includes('anna'))
  }
})

test('two answers about one customer encrypt it differently', async t => {
  const tokens = createTokens([SECRET])
  t.not(tokens.seal(content())[0], tokens.seal(content())[0])
})

test('no token with a flipped bit opens', async t => {
  const tokens = createTokens([SECRET])
  const [, token = ''] = tokens.seal(content())
  const bits = Buffer.from(token, 'base64url').length * 8
  let opened = 0
  for (let bit = 0; bit < bits; bit++) {
    const forged = altered(token, bytes => {
      bytes[bit >> 3]! ^= 1 << (bit & 7)
    })
    if (tokens.open(forged, NOW_MS) !== 'invalid') opened++
  }
  t.equal(opened, 0)
})

test('no token with a flipped bit in its text opens, spare bits of the last character included', async t => {
  const tokens = createTokens([SECRET])
  for (const id of ['c', 'cc', 'ccc']) {
    const [token = ''] = tokens.seal(content({ customer: { namespace: 'crm', id } }))
    let opened = 0
    for (let bit = 0; bit < token.length * 7; bit++) {
      const at = Math.floor(bit / 7)
      const flipped = String.fromCharCode(token.charCodeAt(at) ^ (1 << (bit % 7)))
      if (tokens.open(token.slice(0, at) + flipped + token.slice(at + 1), NOW_MS) !== 'invalid')
        opened++
    }
    t.equal(opened, 0)
  }
})

test('a token cut short, drawn out or padded does not open', async t => {
  const tokens = createTokens([SECRET])
  const [token = ''] = tokens.seal(content())
  for (let length = 0; length < token.length; length++)
    t.equal(tokens.open(token.slice(0, length), NOW_MS), 'invalid')
  for (const more of ['A', '=', '==', ' ', '\n', 'AAAA'])
    t.equal(tokens.open(token + more, NOW_MS), 'invalid')
})

test('an index moved to another token of the answer does not open, nor one that the answer lacks', async t => {
  const tokens = createTokens([SECRET])
  const [token = ''] = tokens.seal(content())
  for (let index = 1; index < 256; index++) {
    const forged = altered(token, bytes => {
      bytes[bytes.length - 17] = index
    })
    t.equal(tokens.open(forged, NOW_MS), 'invalid')
  }
})

test('a tag moved between tokens of one answer or of two does not open', async t => {
  const tokens = createTokens([SECRET])
  const [mine = '', sibling = ''] = tokens.seal(content())
  const [stranger = ''] = tokens.seal(content())
  const withEndOf = (other: string, endBytes: number): string =>
    altered(mine, bytes => {
      const source = Buffer.from(other, 'base64url')
      source.copy(bytes, bytes.length - endBytes, source.length - endBytes)
    })
  t.equal(tokens.open(withEndOf(sibling, 16), NOW_MS), 'invalid', 'the tag of a sibling')
  t.equal(
    tokens.open(withEndOf(stranger, 16), NOW_MS),
    'invalid',
    'the tag of the same index elsewhere'
  )
  t.equal(tokens.open(withEndOf(stranger, 17), NOW_MS), 'invalid', 'index and tag from elsewhere')
  t.equal(
    tokens.open(withEndOf(stranger, 49), NOW_MS),
    'invalid',
    'signature, index and tag from elsewhere'
  )
  t.same(
    tokens.open(withEndOf(sibling, 17), NOW_MS),
    { content: content(), index: 1 },
    'both together are the sibling itself'
  )
})

test('a token opens for seven days after its decision and not longer', async t => {
  const tokens = createTokens([SECRET])
  const [token = ''] = tokens.seal(content())
  t.type(tokens.open(token, NOW_MS + TOKEN_LIFE_MS), 'object')
  t.equal(tokens.open(token, NOW_MS + TOKEN_LIFE_MS + 1), 'expired')
})

test('while secrets rotate, the newest signs and all open', async t => {
  const before = createTokens(['old'])
  const during = createTokens(['new', 'old'])
  const after = createTokens(['new'])
  const [old = ''] = before.seal(content())
  const [fresh = ''] = during.seal(content())
  t.type(during.open(old, NOW_MS), 'object')
  t.type(after.open(fresh, NOW_MS), 'object')
  t.equal(after.open(old, NOW_MS), 'invalid')
  t.equal(before.open(fresh, NOW_MS), 'invalid')
})

test('a token under a foreign secret does not open, its key id forged or not', async t => {
  const tokens = createTokens([SECRET])
  const [mine = ''] = tokens.seal(content())
  const [foreign = ''] = createTokens(['another secret']).seal(content())
  const forged = altered(foreign, bytes => Buffer.from(mine, 'base64url').copy(bytes, 1, 1, 5))
  t.equal(tokens.open(foreign, NOW_MS), 'invalid')
  t.equal(tokens.open(forged, NOW_MS), 'invalid')
})

test('garbage is invalid and never throws', async t => {
  const tokens = createTokens([SECRET])
  const [token = ''] = tokens.seal(content())
  const head = Buffer.from(token, 'base64url').subarray(0, 17)
  const bytes = fc.uint8Array({ maxLength: 400 })
  const garbage = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    bytes.map(tail => Buffer.from(tail).toString('base64url')),
    bytes.map(tail => Buffer.concat([head, tail]).toString('base64url'))
  )
  fc.assert(
    fc.property(garbage, text => tokens.open(text, NOW_MS) === 'invalid'),
    { numRuns: 10_000 }
  )
  t.pass()
})

test('without a secret no tokens are made', async t => {
  t.throws(() => createTokens([]), /No token secret/)
  t.throws(() => createTokens(['new', '']), /empty token secret/)
})

test('a token of three offers is shorter than 450 characters', async t => {
  const [token = ''] = createTokens([SECRET]).seal(content())
  t.ok(token.length <= 450, `${token.length} characters`)
})

test("what encrypts a token is AES-256-GCM's key stream, bit for bit", async t => {
  const id = 'c'.repeat(100)
  const [token = ''] = createTokens([SECRET]).seal(content({ customer: { namespace: 'crm', id } }))
  const bytes = Buffer.from(token, 'base64url')
  const nonce = bytes.subarray(5, 17)
  const payloadBytes = bytes.readUInt16BE(17)
  const customerBytes = bytes.readUInt16BE(19)
  const customer = bytes.subarray(21 + payloadBytes, 21 + payloadBytes + customerBytes)
  const key = Buffer.from(hkdfSync('sha256', SECRET, '', 'offerd token encryption', 32))
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  t.equal(cipher.update(customer).toString('utf8'), `crm/${id}`)
  t.same(cipher.update(Buffer.alloc(16)), bytes.subarray(-16), 'and the tag is what follows')
})
