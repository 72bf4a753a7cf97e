import { readConfig } from '../config.js'
import { createProgress } from './progress.js'
import type { Command } from './command.js'
import { loadNames } from './load-names.js'
import { exchange, type Exchange } from './models/change-roles.js'
import { describeChanges, describeRosters } from './models/describe-models.js'
import { judgeRoster } from './models/judge-models.js'
import { readScores } from './models/read-scores.js'
import { noteChange, readChanges, type RoleChange } from './models/role-log.js'
import { findModel, readRosters, type Roster, type RosterModel } from './models/roster.js'
import { parseOptions, STRATEGY_HELP, STRATEGY_OPTIONS } from './options.js'
import type { Surroundings } from './outlet.js'
import { paintFor } from './paint.js'
import { periodOf } from './period.js'
import { describeProblem } from './problems.js'
import { readOutcomes } from './read-outcomes.js'
import { CommandRefused, UsageRefused, type ExitCode } from './shell.js'

const HELP = `Usage: offerd models [--from TIME] [--to TIME] [--json]
       offerd models promote NAME@VERSION --reason TEXT [--by NAME]
       offerd models demote NAME@VERSION --reason TEXT [--by NAME] [--for NAME@VERSION]
       offerd models history [--json]

The models, and how good they are by the journal: of every name the champion, which decides, and its challengers, which
score beside it ("shadow: true" in their model.yaml).

AUC, log loss, calibration error (mean distance of score and rate over ten bins), mean score and observed rate are of
impressions of offers that the model scored; intervals draw customers, not impressions, anew. What ordering by a model
would earn is told for the first slot, with SNIPS, from decisions that filled one placement with known probabilities:
leave a share of the slots to chance to learn it (exploration). Differences are a challenger's figures less the
champion's, on what both scored; they are put into words only where the 95 % interval leaves no doubt. Look at many
challengers, or every day, and some interval will leave none by chance.

promote   Makes a challenger decide and the champion a challenger: edits "shadow:" in their model.yaml files, both or
          none, if the strategy loads before and would load after. Services go on with what they have until they
          load the strategy again (SIGHUP, or POST /v1/strategy/reload).
demote    The reverse: gives the champion's place to the one before it, or to the one that --for names.
history   Who was promoted and demoted, when, by whom and why: history.jsonl in the models folder.

  --from, --to TIME    of the decisions, such as 2026-03-01 or 2026-03-01T10:00:00Z; without them all
  --reason TEXT        why, for the history
  --by NAME            who, for the history (USER)
  --for NAME@VERSION   which challenger decides instead
  --json               as JSON
${STRATEGY_HELP}

Exit code 0: done. 1: it could not be done; nothing was changed. 2: the command was not understood.
`

const OPTIONS = {
  ...STRATEGY_OPTIONS,
  json: { type: 'boolean' },
  from: { type: 'string' },
  to: { type: 'string' },
  reason: { type: 'string' },
  by: { type: 'string' },
  for: { type: 'string' }
} as const

type Values = ReturnType<typeof parseOptions<typeof OPTIONS>>['values']

export const modelsCommand: Command = {
  name: 'models',
  summary: 'compare models with their challengers, and exchange them',
  help: HELP,

  async run(shell, words, parts) {
    const { values, positionals } = parseOptions(words, OPTIONS)
    const { config } = readConfig(shell.env, values)
    const surroundings = { shell, config, parts }
    const [what, label, ...rest] = positionals
    if (what === undefined) return await show(surroundings, values)
    if (what === 'history') return await history(surroundings, values)
    if (what !== 'promote' && what !== 'demote')
      throw new UsageRefused(`offerd models knows promote, demote and history, not "${what}"`)
    if (label === undefined || rest.length > 0)
      throw new UsageRefused(`offerd models ${what} takes one model, such as cards@4`)
    if (values.reason === undefined || values.reason.trim() === '')
      throw new UsageRefused('say why with --reason; it stands in the history')
    return await change(surroundings, what, label, { ...values, reason: values.reason })
  }
}

async function show(surroundings: Surroundings, { from, to, json }: Values): Promise<ExitCode> {
  const { shell, config, parts } = surroundings
  const period = periodOf({ from, to })
  const { strategy } = await loadNames(config, parts, paintFor(shell.stderr, shell.env))
  const { rosters } = await rostersOf(surroundings)
  const changes = await readChanges(config.modelsDir)
  const progress = createProgress(shell, parts.clock.monotonicMs)
  const { offers, exploration, experiments, positiveWindowMs } = strategy
  const read = await readScores(
    readOutcomes(config, parts, strategy, { period, parts: ['candidates', 'scores'] }),
    rosters,
    {
      mandatory: new Set(offers.filter(offer => offer.mandatory).map(({ id }) => id)),
      drawn:
        exploration.method === 'thompson' || experiments.some(({ touches }) => touches.exploration),
      waitingSinceMs: parts.clock.wallMs() - positiveWindowMs
    },
    decisions => progress.show(() => `${decisions} decisions read`)
  ).finally(progress.clear)
  const judged = rosters.map(roster => judgeRoster(roster, read.get(roster.name)!, changes))
  const text = json
    ? JSON.stringify({ models: judged })
    : describeRosters(judged, paintFor(shell.stdout, shell.env)).join('\n')
  shell.stdout.write(`${text}\n`)
  return 0
}

async function history({ shell, config }: Surroundings, { json }: Values): Promise<ExitCode> {
  const changes = await readChanges(config.modelsDir)
  const text = json ? JSON.stringify({ changes }) : describeChanges(changes).join('\n')
  shell.stdout.write(`${text}\n`)
  return 0
}

async function change(
  surroundings: Surroundings,
  action: RoleChange['action'],
  label: string,
  { reason, by, for: successor }: Values & { readonly reason: string }
): Promise<ExitCode> {
  const { shell, config, parts } = surroundings
  const { rosters, source } = await rostersOf(surroundings)
  // A log that cannot be read could not be shown either.
  const changes = await readChanges(config.modelsDir)
  const { roster, model } = findModel(rosters, label)
  const swap =
    action === 'promote' ? promotion(roster, model) : demotion(roster, model, changes, successor)
  const { champion, former } = swap
  const noted: RoleChange = {
    time: new Date(parts.clock.wallMs()).toISOString(),
    by: by ?? shell.env['USER'] ?? 'unknown',
    reason,
    action,
    name: roster.name,
    champion: champion.spec.version,
    former: former.spec.version
  }
  await exchange(surroundings, source, swap, () => noteChange(config.modelsDir, noted))
  shell.stdout.write(
    `${champion.label} decides and ${former.label} scores beside it as soon as services load the strategy again: SIGHUP, or POST /v1/strategy/reload\n`
  )
  return 0
}

function promotion({ champion }: Roster, model: RosterModel): Exchange {
  if (model === champion) throw new UsageRefused(`${model.label} decides already`)
  return { champion: model, former: champion }
}

function demotion(
  { name, champion, challengers }: Roster,
  model: RosterModel,
  changes: readonly RoleChange[],
  successor: string | undefined
): Exchange {
  if (model !== champion)
    throw new UsageRefused(`${model.label} decides nothing; ${champion.label} does`)
  const before = changes.findLast(
    each => each.name === name && each.champion === champion.spec.version
  )
  const wanted = successor ?? (before === undefined ? undefined : `${name}@${before.former}`)
  const found =
    wanted === undefined && challengers.length === 1
      ? challengers[0]
      : challengers.find(each => each.label === wanted)
  if (found === undefined)
    throw new UsageRefused(
      `name the challenger that decides instead of ${model.label} with --for; there are ${challengers.map(each => each.label).join(', ') || 'none'}`
    )
  return { champion: found, former: champion }
}

async function rostersOf({ shell, config, parts }: Surroundings) {
  const source = await parts
    .createFiles(config)
    .read()
    .catch((error: unknown) => {
      throw new CommandRefused(error instanceof Error ? error.message : String(error))
    })
  const paint = paintFor(shell.stderr, shell.env)
  const rosters = await readRosters(source, problem => describeProblem(problem, paint))
  return { rosters, source }
}
