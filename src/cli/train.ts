import { basename, join } from 'node:path'
import { readConfig } from '../config.js'
import type { Command } from './command.js'
import { readCsv } from './csv.js'
import { piecesOf } from './input.js'
import { STRATEGY_HELP } from './options.js'
import { paintFor } from './paint.js'
import { createProgress } from './progress.js'
import type { Shell } from './shell.js'
import { checkNames, readTrainingRequest, type TrainingRequest } from './train/ask.js'
import { bindColumns } from './train/bind-columns.js'
import { loadNames } from './load-names.js'
import { readJournalTable } from './train/journal-table.js'
import { makeModel } from './train/make-model.js'
import { readTable } from './train/read-table.js'
import { describeTraining } from './train/report.js'
import { nextVersion, writeFolder } from './train/write-folder.js'

const HELP = `Usage: offerd train NAME --from FILE.csv|- --target COLUMN [OPTIONS]
       offerd train NAME --journal [--from TIME] [--to TIME] [OPTIONS]

Learns from a table how likely the positive answer is, and writes a model that the service loads: model.onnx, model.yaml
with the inputs and rows to check, card.md with how good it is and what it looks at, and calibration.svg. Every column stands
for the customer's attribute of its name, with its type; blank cells are missing values. A part of the rows is kept to choose
and calibrate by, another to judge by. The same data, options and release give the same bytes.

From the journal a model learns which of the offers that name it in the strategy get their positive once they are shown. The columns
are what the model was asked when they were decided, or, before there is a model, all that was known then; the newest rows judge.

  --from FILE          comma-separated values with a header; - is the standard input
  --journal            learns from what came of decisions; --from and --to then say of which time (2026-03-01)
  --target COLUMN      what to predict; it has two values
  --positive VALUE     which of them counts; needed where it is not yes, true or 1
  --separator C        between cells (a comma), or tab
  --without A,B        leaves columns out, such as those that are known only after the answer
  --map COLUMN=EXPR    what a column stands for where its name is no attribute: customer.balance, context.device, offer.id…
  --allow A,B          takes columns that tell the answer by themselves
  --method METHOD      logistic, trees, or both and the better one is written (both)
  --folds N            judges by N folds of all rows too, 2 to 20
  --seed N             of everything that is drawn (1)
  --out DIR            where the model goes (NAME in the models folder)
  --replace            puts it in the place of a model that is there, as its next version
  --json               everything as one JSON object
${STRATEGY_HELP}

Exit code 0: the model is written. 1: it is not, and nothing else is.
`

export const trainCommand: Command = {
  name: 'train',
  summary: 'learn a model from a table or the journal',
  help: HELP,

  async run(shell, words, parts) {
    const request = readTrainingRequest(words)
    const { config } = readConfig(shell.env, request.overrides)
    const folder = request.out ?? join(config.modelsDir, request.name)
    const version = await nextVersion(folder, request.replace)
    const names = await loadNames(config, parts, paintFor(shell.stderr, shell.env))
    const progress = createProgress(shell, parts.clock.monotonicMs)
    const file = fileOf(request)
    try {
      const show = (rows: number): void => progress.show(() => `${rows} rows read`)
      const { name, period, without } = request
      const read =
        period === undefined
          ? await readRows(shell, request, file, names, show)
          : await readJournalTable({ config, parts, name, period, without, names, progress: show })
      const { report, files } = await makeModel(read, {
        request,
        version,
        file: basename(file),
        parts,
        progress: (share, what) => progress.show(() => `${bar(share)} ${what}`)
      })
      await writeFolder(folder, files)
      progress.clear()
      const whole = { ...report, folder }
      const lines = request.json
        ? [JSON.stringify(whole)]
        : describeTraining(whole, paintFor(shell.stdout, shell.env))
      for (const line of lines) shell.stdout.write(`${line}\n`)
      return 0
    } finally {
      progress.clear()
    }
  }
}

/** What messages call the data. */
function fileOf({ period, from }: TrainingRequest): string {
  if (period !== undefined) return 'the journal'
  return from === '-' ? 'the standard input' : from
}

async function readRows(
  shell: Shell,
  request: TrainingRequest,
  file: string,
  names: Awaited<ReturnType<typeof loadNames>>,
  progress: (rows: number) => void
) {
  const { from, separator, target, positive } = request
  const csv = await readCsv(piecesOf(from, shell), { name: file, separator })
  checkNames(request, csv.header)
  const bound = bindColumns(file, csv.header, request, names)
  return await readTable(csv, {
    file,
    target: { name: target, at: csv.header.indexOf(target) },
    positive,
    bound,
    progress
  })
}

const BAR_WIDTH = 30

function bar(share: number): string {
  const done = Math.round(share * BAR_WIDTH)
  return `${'█'.repeat(done)}${'░'.repeat(BAR_WIDTH - done)} ${Math.floor(share * 100)} %`
}
