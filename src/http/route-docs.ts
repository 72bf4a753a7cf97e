import type { z } from 'zod'
import type { ANSWERS } from './answers.js'
import type { BODIES } from './bodies.js'
import type { ProblemKind } from './errors.js'
import {
  customerQuery,
  decisionsQuery,
  historyQuery,
  learningReportQuery,
  page
} from './schemas.js'

/** What the document says about one route, beyond what follows from its path and scope. */
export interface RouteDoc {
  readonly tag: 'Decide' | 'Tell' | 'Customers' | 'Strategy' | 'Run'
  readonly summary: string
  readonly description?: string
  readonly query?: z.ZodType
  readonly headers?: Readonly<Record<string, string>>
  /** Content type → body. */
  readonly body?: Readonly<Record<string, keyof typeof BODIES>>
  /** Whether the body may be left out. */
  readonly bodyOptional?: boolean
  /** Status and what is answered with it: a schema's name, a content type, or nothing. */
  readonly status: number
  readonly answer: keyof typeof ANSWERS | { readonly contentType: string } | undefined
  /** Problems beside those that every such route has. */
  readonly problems?: readonly ProblemKind[]
}

const JSON_TYPE = 'application/json'
const IDEMPOTENCY = {
  'Idempotency-Key':
    'The same key and body within ten minutes get the first answer and reserve nothing; another body is a 422.'
}

/** Every route by method and path; the app does not start with a route that is missing here, or one here that is missing there. */
export const ROUTE_DOCS: Readonly<Record<string, RouteDoc>> = {
  'POST /v1/decisions': {
    tag: 'Decide',
    summary: 'Decide what to offer a customer now',
    description:
      'Server-Timing tells what took how long. A traceparent is accepted and passed on. Browsers post JSON as text/plain, which needs no preflight.',
    headers: IDEMPOTENCY,
    body: { [JSON_TYPE]: 'DecisionRequest', 'text/plain': 'DecisionRequest' },
    status: 200,
    answer: 'Decision',
    problems: ['conflict', 'not_allowed']
  },
  'POST /v1/decisions/batch': {
    tag: 'Decide',
    summary: 'Decide for up to 500 requests at once',
    description: 'Answers in order. One bad request does not fail the others. Bodies to 8 MiB.',
    headers: IDEMPOTENCY,
    body: { [JSON_TYPE]: 'DecisionBatch' },
    status: 200,
    answer: 'DecisionBatchAnswer'
  },
  'GET /v1/decisions': {
    tag: 'Decide',
    summary: 'The latest recorded decisions, of everybody or of one customer',
    description:
      'Newest first. Records are kept by id, so at most the newest 1,000 are looked at; for a customer also those that the history names, ' +
      'however old, as long as they are recorded. `searched` tells how far that was.',
    query: decisionsQuery,
    status: 200,
    answer: 'FoundDecisions',
    problems: ['invalid', 'unavailable']
  },
  'GET /v1/decisions/{id}': {
    tag: 'Decide',
    summary: 'A recorded decision: the answer as sent, plus the request',
    status: 200,
    answer: 'RecordedDecision',
    problems: ['not_found', 'unavailable']
  },
  'GET /v1/decisions/{id}/explanation': {
    tag: 'Decide',
    summary: 'What became of every candidate, in pages',
    query: page,
    status: 200,
    answer: 'Explanation',
    problems: ['invalid', 'not_found', 'unavailable']
  },
  'POST /v1/decisions/{id}/replay': {
    tag: 'Decide',
    summary: 'Decide a recorded decision again, and name the first difference',
    description:
      'From the record alone: nothing is recorded, reserved or counted. Everything is computed again by the strategy that made the decision, from the ' +
      "customer as it was loaded, the request, the seed and the models' recorded scores; the models run too, and their scores are compared. " +
      'A decision that was recorded by the release before, or whose strategy is no longer archived, is a 422.',
    body: { [JSON_TYPE]: 'ReplayRequest' },
    bodyOptional: true,
    status: 200,
    answer: 'Replay',
    problems: ['not_found', 'not_allowed', 'unavailable']
  },
  'GET /v1/stream': {
    tag: 'Decide',
    summary: 'Decisions that stay up to date, and events, over a WebSocket',
    description:
      'Send {"type":"decide"}, {"type":"subscribe","ref"} with a decision request beside them, {"type":"event","event":{…}}, ' +
      '{"type":"unsubscribe","ref"}; come back: decision, ack, error, each with the ref. A subscription is answered at once, and again when ' +
      'something told of its customer changes the answer. After a break, subscribe again with "last": the newest decisionId. ' +
      'Browsers offer the protocols "offerd" and "offerd.ticket.TICKET" (see /v1/stream/tickets), or "offerd.key.KEY".',
    status: 101,
    answer: undefined,
    problems: ['unavailable', 'upgrade_required']
  },
  'POST /v1/stream/tickets': {
    tag: 'Decide',
    summary: 'A ticket that opens one stream, within a minute, from the same origin',
    description:
      'So that no page puts a key into a WebSocket: offer the protocols "offerd" and "offerd.ticket.TICKET". A ticket is taken once, by whichever process; ' +
      'null where the service has no keys and streams ask for none.',
    status: 200,
    answer: 'StreamTicket'
  },
  'POST /v1/events': {
    tag: 'Tell',
    summary: 'Tell one event or up to 1,000',
    description:
      'A 202 means that every decision asked for after it sees what was accepted. (source, id) is the duplicate key. ' +
      'A lone event that is rejected is a 422. CloudEvents are read in structured, batch and binary mode; text/plain holding JSON serves navigator.sendBeacon.',
    body: {
      [JSON_TYPE]: 'Events',
      'application/cloudevents+json': 'CloudEvent',
      'application/cloudevents-batch+json': 'CloudEventBatch',
      'text/plain': 'Events'
    },
    status: 202,
    answer: 'EventsReceipt',
    problems: ['not_allowed', 'unavailable']
  },
  'GET /v1/customers/{namespace}/{id}': {
    ...customer('Read a customer', 'Customer', ['not_found']),
    query: customerQuery
  },
  'PUT /v1/customers/{namespace}/{id}': {
    ...customer('Replace a customer', 'Customer'),
    body: { [JSON_TYPE]: 'CustomerBody' }
  },
  'PATCH /v1/customers/{namespace}/{id}': {
    ...customer('Change a customer', 'Customer'),
    body: { 'application/merge-patch+json': 'CustomerPatch', [JSON_TYPE]: 'CustomerPatch' }
  },
  'DELETE /v1/customers/{namespace}/{id}': {
    ...customer('Erase everything about a customer', undefined),
    status: 204
  },
  'PUT /v1/customers/{namespace}/{id}/consent': {
    ...customer('Replace what a customer consented to', 'CustomerConsent'),
    body: { [JSON_TYPE]: 'Consent' }
  },
  'GET /v1/customers/{namespace}/{id}/history': {
    ...customer('Interactions and behaviour, newest first', 'CustomerHistory', ['not_found']),
    query: historyQuery
  },
  'GET /v1/customers/{namespace}/{id}/limits': customer(
    'Which limits apply now, and their counts',
    'CustomerLimits',
    ['not_found']
  ),
  'GET /v1/customers/{namespace}/{id}/export': customer(
    'Everything stored about a customer',
    'CustomerExport',
    ['not_found']
  ),
  'POST /v1/customers/import': {
    ...customer('Replace many customers, one JSON line each', 'ImportReceipt'),
    description:
      'Streamed; lines to 64 KiB, as many as there are. Wrong lines are reported and passed over.',
    body: { 'application/x-ndjson': 'CustomerLine' }
  },
  'POST /v1/customers/merge': {
    ...customer('Make two customers one, for good', 'CustomerIdentity', ['not_allowed']),
    description:
      'For an anonymous customer who turns out to be a known one. Histories and tags are united, the newest write of each attribute wins, ' +
      'the most restrictive consent holds. The canonical key is that of the earliest-declared namespace, then the smaller id, whatever the order of the parties. ' +
      'From then on each key stands for the whole: documents name the canonical key, and erasing one erases all. Repeatable; at most 100 keys.',
    body: { [JSON_TYPE]: 'CustomerMerge' }
  },
  'GET /v1/words': {
    tag: 'Strategy',
    summary: 'The words of the strategy in force, for screens that ask for decisions and show them',
    status: 200,
    answer: 'Words'
  },
  'GET /v1/strategy': {
    tag: 'Strategy',
    summary: 'The strategy in force',
    status: 200,
    answer: 'Strategy'
  },
  'GET /v1/strategy/details': {
    tag: 'Strategy',
    summary: 'The strategy in force as it was written, each part with its file and line',
    status: 200,
    answer: 'StrategyDetails'
  },
  'GET /v1/quotas': {
    tag: 'Strategy',
    summary: 'All quotas of the strategy in force, and how much of each is taken now',
    status: 200,
    answer: 'Quotas',
    problems: ['unavailable']
  },
  'GET /v1/segments': {
    tag: 'Strategy',
    summary: 'How many of the customers who came lately are in each segment',
    description:
      'Counted over the customers of the newest 500 recorded decisions, each as the newest of those decisions met the customer.',
    status: 200,
    answer: 'Segments',
    problems: ['unavailable']
  },
  'POST /v1/strategy/reload': {
    tag: 'Strategy',
    summary: 'Load the files again, on every process; a strategy with errors is refused whole',
    status: 200,
    answer: 'ReloadReport',
    problems: ['not_allowed']
  },
  'POST /v1/strategy/validate': {
    tag: 'Strategy',
    summary: 'Check the files without loading them',
    status: 200,
    answer: 'LoadReport'
  },
  'GET /v1/experiments': {
    tag: 'Strategy',
    summary: 'Whom the experiments have reached, and whether their arms are comparable',
    description:
      'A customer is counted once, with the first decision in which the arm could matter. The numbers are compared with the ' +
      "arms' shares; mismatch (p < 0.001) means that something treats the arms differently before they are counted.",
    status: 200,
    answer: 'Experiments',
    problems: ['unavailable']
  },
  'GET /v1/live': {
    tag: 'Run',
    summary: 'How this process is doing: what decides, whether it can, and what it has counted',
    description:
      'Counts only grow while the process runs; ask twice to know what came between. They are those of /metrics, as numbers.',
    status: 200,
    answer: 'Live'
  },
  'GET /v1/learning': {
    tag: 'Strategy',
    summary: 'What was learnt of every offer in every channel, and how the models do',
    description:
      'As this process knows it, up to a second behind. Figures of models are of this process since it loaded them. Intervals are Wilson’s of 95 %.',
    status: 200,
    answer: 'Learning'
  },
  'GET /v1/learning/offers/{id}': {
    tag: 'Strategy',
    summary: 'How learning about one offer went, by channel',
    description:
      'Points are five minutes apart for half a day, an hour for a week, a day for a year; the newest is now. Past evidence is shown with today’s start propensity.',
    status: 200,
    answer: 'OfferProgress',
    problems: ['not_found', 'unavailable']
  },
  'GET /v1/learning/report': {
    tag: 'Strategy',
    summary: 'What came of the decisions of the last days, by the journal',
    description:
      'What "offerd report --json" prints: rates of offers, AUC and calibration of models, what chance cost, lift against holdout, control and first arms. ' +
      'A process of its own makes it, which takes seconds; who asks again within a minute gets the same.',
    query: learningReportQuery,
    status: 200,
    answer: 'JournalReport',
    problems: ['invalid', 'unavailable']
  },
  'GET /v1/what-if': {
    tag: 'Strategy',
    summary: 'The words that a what-if may use: attributes, context, tags, placements, levers',
    status: 200,
    answer: 'WhatIfWords'
  },
  'POST /v1/what-if': {
    tag: 'Strategy',
    summary: 'Decide twice: as things are, and as they are supposed to be',
    description:
      'Both decisions are about the same customer, loaded once, with the same seed and what was learnt until now, and come with their ' +
      'full explanations (the first 200 outcomes). A customer who is not stored has what the changes give. Nothing is recorded, reserved, counted or learnt.',
    body: { [JSON_TYPE]: 'WhatIfRequest' },
    status: 200,
    answer: 'WhatIf',
    problems: ['unavailable']
  },
  'GET /v1/session': {
    tag: 'Run',
    summary: 'Which key asks, and what it may do',
    status: 200,
    answer: 'Session'
  },
  'POST /v1/session': {
    tag: 'Run',
    summary: 'Sign a browser in: a cookie stands for the key, for eight hours',
    description:
      'Send the key as "Authorization: Bearer KEY". The cookie is HttpOnly, Secure, SameSite=Strict and good for pages of this very origin; a request that comes ' +
      'from another is refused. It ends with its key.',
    status: 200,
    answer: 'Session'
  },
  'DELETE /v1/session': {
    tag: 'Run',
    summary: 'Sign the browser out',
    status: 204,
    answer: undefined
  },
  'GET /livez': { tag: 'Run', summary: 'The process runs', status: 200, answer: 'Alive' },
  'GET /readyz': {
    tag: 'Run',
    summary: 'Strategy compiled, models warm, store reachable, not stopping',
    status: 200,
    answer: 'Ready',
    problems: ['not_ready']
  },
  'GET /metrics': {
    tag: 'Run',
    summary: 'Figures for Prometheus',
    status: 200,
    answer: { contentType: 'text/plain' }
  },
  'GET /openapi.json': {
    tag: 'Run',
    summary: 'This document',
    status: 200,
    answer: { contentType: JSON_TYPE }
  },
  'GET /docs': {
    tag: 'Run',
    summary: 'This document for people',
    status: 200,
    answer: { contentType: 'text/html' }
  },
  'GET /docs/page.js': {
    tag: 'Run',
    summary: 'The script of /docs',
    status: 200,
    answer: { contentType: 'text/javascript' }
  },
  'GET /docs/page.css': {
    tag: 'Run',
    summary: 'The style of /docs',
    status: 200,
    answer: { contentType: 'text/css' }
  },
  'GET /demo': {
    tag: 'Run',
    summary: 'A shop window that the browser client fills',
    status: 200,
    answer: { contentType: 'text/html' },
    problems: ['not_found']
  },
  'GET /demo/page.js': {
    tag: 'Run',
    summary: 'The script of /demo',
    status: 200,
    answer: { contentType: 'text/javascript' },
    problems: ['not_found']
  },
  'GET /demo/page.css': {
    tag: 'Run',
    summary: 'The style of /demo',
    status: 200,
    answer: { contentType: 'text/css' },
    problems: ['not_found']
  },
  'GET /sdk.js': {
    tag: 'Run',
    summary: 'The browser client as an ES module',
    status: 200,
    answer: { contentType: 'text/javascript' },
    problems: ['not_found']
  },
  'GET /sdk.umd.js': {
    tag: 'Run',
    summary: 'The browser client as a script that sets "offerd"',
    status: 200,
    answer: { contentType: 'text/javascript' },
    problems: ['not_found']
  },
  'GET /favicon.ico': {
    tag: 'Run',
    summary: 'The icon of all pages',
    status: 200,
    answer: { contentType: 'image/svg+xml' }
  },
  'GET /console': {
    tag: 'Run',
    summary: 'The console',
    status: 200,
    answer: { contentType: 'text/html' },
    problems: ['not_found']
  },
  'GET /console/{screen}': {
    tag: 'Run',
    summary: 'The console, at one of its screens',
    status: 200,
    answer: { contentType: 'text/html' },
    problems: ['not_found']
  },
  'GET /console/assets/{file}': {
    tag: 'Run',
    summary: 'A script, style sheet or picture of the console',
    status: 200,
    answer: { contentType: 'text/javascript' },
    problems: ['not_found']
  }
}

function customer(
  summary: string,
  answer: RouteDoc['answer'],
  problems: readonly ProblemKind[] = []
): RouteDoc {
  return {
    tag: 'Customers',
    summary,
    status: 200,
    answer,
    problems: ['invalid', ...problems, 'unavailable']
  }
}
