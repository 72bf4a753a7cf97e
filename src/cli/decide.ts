import { readConfig, type Config } from '../config.js'
import type { DecisionRequest } from '../domain/decision.js'
import { describeAnswer, describeExplanation } from './answer.js'
import { askOver, askWithin, type Ask } from './ask.js'
import type { Command } from './command.js'
import {
  parseOptions,
  readPairs,
  readPlacement,
  STRATEGY_HELP,
  STRATEGY_OPTIONS
} from './options.js'
import { decideList, type ListWords } from './outbound/outbound.js'
import { paintFor } from './paint.js'
import type { Parts } from './parts.js'
import { withService } from './service.js'
import { UsageRefused } from './shell.js'

/** A command has time: connecting takes longer than a decision. */
const TIMEOUT_MS = 2000

const HELP = `Usage: offerd decide CUSTOMER --channel CHANNEL --placement PLACEMENT [OPTIONS]
       offerd decide --input LIST --output FILE [OPTIONS]

Decides what to offer a customer now, with the strategy and the store that the service would use, and shows why.
With --input, decides for every customer of a list, as it would for each alone: limits, consent, records and journal hold.

  --channel CHANNEL    where the offers will be shown, such as web
  --placement ID[:N]   a placement of the channel, and how many offers for it; may be given several times
  --namespace NAME     of the customer's id; the strategy's first unless given
  --context K=V        a fact of this moment, such as device=mobile; may be given several times
  --attribute K=V      a fact about the customer, over what is stored; may be given several times
  --language TAG       of the contents, such as de
  --test               record nothing
  --at TIME            decide at this instant, such as 2027-01-01T00:00:00Z (with --test)
  --seed TEXT          of every random choice (with --test)
  --explain            show what removed the other offers, and the arithmetic of the first
  --json               the answer as JSON
  --url URL            ask a running service instead, with the key in OFFERD_KEY if it wants one
${STRATEGY_HELP}

Lists:
  --input FILE         .ndjson, .csv or .parquet; - for JSON lines on the standard input. A row names the customer, as
                       "customer": namespace/id or id; what it says besides of channel, placements, context.NAME or
                       attributes.NAME goes before the options above. A JSON line may be a whole request
  --output FILE        .ndjson (a decision a line), .csv or .parquet (an offer a row); - for JSON lines on stdout
  --rejects FILE       rows that cannot be decided, with their lines; FILE.rejects.ndjson beside the output unless given
  --rate N             at most so many decisions a second
  --separator C        between the cells of a CSV file: one character, or the word tab

A list that was interrupted goes on when the same command is run again: nobody is decided for twice, and each limit counts
once. Until it is done, notes beside the output (FILE.run) say how far it is.
Exit code 0: all rows are decided. 1: some were rejected, or it was stopped.
`

const OPTIONS = {
  ...STRATEGY_OPTIONS,
  channel: { type: 'string' },
  placement: { type: 'string', multiple: true },
  namespace: { type: 'string' },
  context: { type: 'string', multiple: true },
  attribute: { type: 'string', multiple: true },
  language: { type: 'string' },
  test: { type: 'boolean' },
  at: { type: 'string' },
  seed: { type: 'string' },
  explain: { type: 'boolean' },
  json: { type: 'boolean' },
  url: { type: 'string' },
  input: { type: 'string' },
  output: { type: 'string' },
  rejects: { type: 'string' },
  rate: { type: 'string' },
  separator: { type: 'string' }
} as const

export const decideCommand: Command = {
  name: 'decide',
  summary: 'decide for one customer and show why, or for a list of them',
  help: HELP,

  async run(shell, words, parts) {
    const { values, positionals } = parseOptions(words, OPTIONS)
    if (values.input !== undefined)
      return await decideList(
        shell,
        listWords({ ...values, input: values.input }, positionals),
        parts
      )
    refuseListOptions(values)
    const request = requestOf(values, positionals)
    const { config } = readConfig(shell.env, values)
    const { body, answer, tookMs } = await withAsk(values.url, config, parts, ask => ask(request))
    if (values.json) {
      shell.stdout.write(`${body}\n`)
      return 0
    }
    const paint = paintFor(shell.stdout, shell.env)
    const why =
      answer.explanation === undefined
        ? []
        : ['', ...describeExplanation(answer.explanation, paint)]
    shell.stdout.write([...describeAnswer(answer, tookMs, paint), ...why, ''].join('\n'))
    return 0
  }
}

const LIST_OPTIONS = ['output', 'rejects', 'rate', 'separator'] as const

function refuseListOptions(values: Values): void {
  const option = LIST_OPTIONS.find(each => values[each] !== undefined)
  if (option !== undefined) throw new UsageRefused(`--${option} is for lists, which --input names`)
}

function listWords(
  values: Values & { readonly input: string },
  positionals: readonly string[]
): ListWords {
  if (positionals.length > 0)
    throw new UsageRefused(`--input names the customers; what is "${positionals.join(' ')}"?`)
  if (values.explain)
    throw new UsageRefused('--explain is for one customer; offerd decide CUSTOMER --explain')
  return { ...values, output: values.output }
}

type Values = ReturnType<typeof parseOptions<typeof OPTIONS>>['values']

function requestOf(values: Values, positionals: readonly string[]): DecisionRequest {
  const [id, ...more] = positionals
  if (id === undefined) throw new UsageRefused('the customer is missing')
  if (more.length > 0)
    throw new UsageRefused(`one customer at a time; what is "${more.join(' ')}"?`)
  if (values.channel === undefined) throw new UsageRefused('--channel is missing')
  if (values.placement === undefined) throw new UsageRefused('--placement is missing')
  return {
    customer: { id, namespace: values.namespace },
    channel: values.channel,
    placements: values.placement.map(readPlacement),
    context: readPairs(values.context ?? [], 'context'),
    attributes: readPairs(values.attribute ?? [], 'attribute'),
    language: values.language,
    options: {
      timeoutMs: TIMEOUT_MS,
      explain: values.explain ? 'full' : 'none',
      mode: values.test ? 'test' : 'live',
      seed: values.seed,
      at: values.at
    }
  }
}

async function withAsk<T>(
  url: string | undefined,
  config: Config,
  parts: Parts,
  work: (ask: Ask) => Promise<T>
): Promise<T> {
  if (url === undefined)
    return withService(config, parts, service => work(askWithin(service, parts.clock)))
  if (!URL.canParse(url))
    throw new UsageRefused(`--url takes an address such as http://127.0.0.1:8484, not "${url}"`)
  return work(askOver(url, config))
}
