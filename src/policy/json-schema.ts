import { z } from 'zod'
import { ModelSchema } from './model-schema.js'
import { StrategySchema } from './schema.js'

/**
 * JSON Schemas for editors, by the name of their file in rules/schema/. A rules file may hold any part of a strategy,
 * so that no top key is required of it.
 */
export function jsonSchemas(): Readonly<Record<string, string>> {
  return {
    'strategy.schema.json': textOf(StrategySchema.partial(), 'A rules file of offerd'),
    'model.schema.json': textOf(ModelSchema, 'A model.yaml of offerd')
  }
}

function textOf(schema: z.ZodType, title: string): string {
  return `${JSON.stringify({ title, ...z.toJSONSchema(schema, { io: 'input', reused: 'inline', unrepresentable: 'any' }) }, null, 2)}\n`
}
