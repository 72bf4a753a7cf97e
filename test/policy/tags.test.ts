import { test } from 'tap'
import { carriesTag } from '../../src/policy/tags.js'

test('a tag is carried with everything above it and nothing beside it', t => {
  const tags = ['finance/credit/card']
  for (const path of ['finance', 'finance/credit', 'finance/credit/card'])
    t.equal(carriesTag(tags, path), true, path)
  for (const path of ['finance/credit/card/gold', 'fin', 'finance/cred', 'credit', '', 'finance/'])
    t.equal(carriesTag(tags, path), false, path)
  t.equal(carriesTag([], 'finance'), false)
  t.end()
})
