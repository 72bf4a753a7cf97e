import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Customers } from '../decisioning/customers/customers.js'
import { customerText, type CustomerKey } from '../domain/customer.js'
import { readAsText, textOf } from './body.js'
import { parseJson } from './json.js'
import { customerQuery, historyQuery } from './schemas.js'
import { reader } from './validate.js'

interface OfCustomer {
  Params: CustomerKey
}

const PATH = '/v1/customers/:namespace/:id'

/** /v1/customers/{namespace}/{id} and what is below it. */
export function customerRoutes(
  app: FastifyInstance,
  customers: Customers,
  nowMs: () => number
): void {
  const looksUp = ({ params }: FastifyRequest) => ({
    customer: customerText(params as CustomerKey)
  })
  const config = { right: 'read_customers', looksUp } as const
  const changing = { right: 'change_customers' } as const
  const readCustomerQuery = reader(customerQuery)
  const readHistoryQuery = reader(historyQuery)
  const bodyOf = (body: unknown): unknown => parseJson(textOf(body))
  readAsText(app, ['application/merge-patch+json'])

  app.get<OfCustomer>(PATH, { config }, async ({ params, query, caller }) =>
    customers.get(params, caller, { masked: readCustomerQuery(query).personal === 'masked' })
  )

  app.put<OfCustomer>(PATH, { config: changing }, async ({ params, body, caller }) =>
    customers.put(params, bodyOf(body), caller, nowMs())
  )

  app.patch<OfCustomer>(PATH, { config: changing }, async ({ params, body, caller }) =>
    customers.patch(params, bodyOf(body), caller, nowMs())
  )

  // Erasing what is not there leaves nothing there either: a repeated request must not look like a failure.
  app.delete<OfCustomer>(
    PATH,
    { config: { right: 'erase_customers' } },
    async ({ params, caller }, reply) => {
      await customers.erase(params, caller)
      return reply.code(204).send()
    }
  )

  app.put<OfCustomer>(`${PATH}/consent`, { config: changing }, async ({ params, body, caller }) =>
    customers.putConsent(params, bodyOf(body), caller, nowMs())
  )

  app.get<OfCustomer>(`${PATH}/history`, { config }, async ({ params, query, caller }) =>
    customers.history(params, readHistoryQuery(query).limit, caller)
  )

  app.get<OfCustomer>(`${PATH}/limits`, { config }, async ({ params, caller }) =>
    customers.limits(params, caller, nowMs())
  )

  app.get<OfCustomer>(
    `${PATH}/export`,
    { config: { right: 'export_customers', looksUp } },
    async ({ params, caller }) => customers.export(params, caller)
  )

  app.post('/v1/customers/merge', { config: changing }, async ({ body, caller }) =>
    customers.merge(bodyOf(body), caller)
  )
}
