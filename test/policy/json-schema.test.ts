import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { jsonSchemas } from '../../src/policy/json-schema.js'

const FOLDER = new URL('../../rules/schema/', import.meta.url)

test('the schemas for editors are those that the files are checked with', async t => {
  for (const [name, text] of Object.entries(jsonSchemas())) {
    t.ok(
      readFileSync(new URL(name, FOLDER), 'utf8') === text,
      `rules/schema/${name} is out of date; write jsonSchemas() into it`
    )
  }
})

test('a rules file may hold any part of a strategy and nothing else', async t => {
  const schema = JSON.parse(jsonSchemas()['strategy.schema.json'] ?? '{}') as Record<string, object>
  t.equal(schema['required'], undefined)
  t.equal(schema['additionalProperties'], false)
  t.ok(Object.keys(schema['properties'] ?? {}).includes('contactPolicies'))
})
