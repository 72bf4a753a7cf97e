import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { CustomerKey } from '../domain/customer.js'
import { Refusal } from '../domain/refusal.js'
import { readAsText, textOf } from './body.js'
import { parseJson } from './json.js'
import { customerKey, historyQuery } from './schemas.js'
import type { Customers } from './use-cases.js'
import { reader } from './validate.js'

interface ForCustomer {
  Params: { namespace: string; id: string }
}

const PATH = '/v1/customers/:namespace/:id'

/** /v1/customers/{namespace}/{id} and what is below it. */
export function customerRoutes(
  app: FastifyInstance,
  customers: Customers,
  nowMs: () => number
): void {
  const config = { scope: 'customers' } as const
  readAsText(app, ['application/merge-patch+json'])

  app.get<ForCustomer>(PATH, { config }, async request =>
    customers.get(keyOf(request), request.caller)
  )

  app.put<ForCustomer>(PATH, { config }, async request =>
    customers.put(keyOf(request), bodyOf(request), request.caller, nowMs())
  )

  app.patch<ForCustomer>(PATH, { config }, async request =>
    customers.patch(keyOf(request), bodyOf(request), request.caller, nowMs())
  )

  app.delete<ForCustomer>(PATH, { config }, async (request, reply) => {
    await customers.erase(keyOf(request), request.caller)
    return reply.code(204).send()
  })

  app.put<ForCustomer>(`${PATH}/consent`, { config }, async request =>
    customers.putConsent(keyOf(request), bodyOf(request), request.caller, nowMs())
  )

  app.get<ForCustomer>(`${PATH}/history`, { config }, async request =>
    customers.history(keyOf(request), readHistoryQuery(request.query).limit, request.caller)
  )

  app.get<ForCustomer>(`${PATH}/limits`, { config }, async request =>
    customers.limits(keyOf(request), request.caller)
  )

  app.get<ForCustomer>(`${PATH}/export`, { config }, async request =>
    customers.export(keyOf(request), request.caller)
  )
}

const readKey = reader(customerKey)
const readHistoryQuery = reader(historyQuery)

/** The customer that the path names, if the caller's key reaches that namespace. */
function keyOf(request: FastifyRequest): CustomerKey {
  const key = readKey(request.params)
  const { namespaces } = request.caller
  if (namespaces?.has(key.namespace) === false) {
    throw new Refusal('forbidden', `This key does not reach the namespace "${key.namespace}".`)
  }
  return key
}

function bodyOf(request: FastifyRequest): unknown {
  return parseJson(textOf(request.body))
}
