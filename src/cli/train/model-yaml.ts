/** One column of a model's input, as its file lists it. */
export interface ListedColumn {
  /** An expression of the condition language. */
  readonly from: string
  /** Stands in where the expression has no value; absent where it always has one. */
  readonly missing?: number | string
  /** Of a string column: the categories that get a column of their own. */
  readonly categories?: readonly string[]
  /** Of a number: the least and the greatest that there was to learn from. */
  readonly range?: readonly [number, number]
}

interface ListedInput {
  readonly input: string
  readonly columns: readonly ListedColumn[]
}

/** What a model.yaml says. */
export interface ModelText {
  /** The comment on top, one line. */
  readonly heading: string
  readonly name: string
  readonly version: number
  readonly inputs: readonly ListedInput[]
  /** Corner points of an isotonic calibration; none where the output is calibrated already. */
  readonly points: ReadonlyArray<readonly [number, number]> | undefined
  readonly checks: readonly CheckedRow[]
}

/** A row that every load recomputes. */
export interface CheckedRow {
  /** By input, by column. */
  readonly cells: ReadonlyArray<ReadonlyArray<number | string>>
  /** After calibration. */
  readonly probability: number
}

/** Few, since every load recomputes them. */
const CHECKS = 3

/** The text of a model.yaml. */
export function modelYaml({ heading, name, version, inputs, points, checks }: ModelText): string {
  return [
    `# ${heading}`,
    '',
    `model: ${name}`,
    `version: ${version}`,
    'file: model.onnx',
    'inputs:',
    ...inputs.flatMap(inputYaml),
    'output: {name: probabilities, positive: "1"}',
    points === undefined
      ? 'calibration: {method: none}'
      : [
          'calibration:',
          '  method: isotonic',
          '  points:',
          ...points.map(([x, y]) => `    - [${x}, ${y}]`)
        ].join('\n'),
    'check: # run at every load; a difference refuses the model',
    ...checks.map(check => checkYaml(check, inputs)),
    ''
  ].join('\n')
}

/** Positions of rows to check, spread over the whole range of probabilities. */
export function rowsToCheck(probabilities: Float64Array): number[] {
  const order = Array.from(probabilities, (_, i) => i).sort(
    (i, j) => probabilities[i]! - probabilities[j]!
  )
  return Array.from(
    { length: CHECKS },
    (_, i) => order[Math.floor(((i + 0.5) / CHECKS) * order.length)]!
  )
}

/** Points of a calibration as they are written, and computed with: rounded to five digits, those that become one joined. */
export function roundedPoints(
  points: ReadonlyArray<readonly [number, number]>
): Array<[number, number]> {
  const rounded = points.map(([x, y]): [number, number] => [
    Number(x.toFixed(5)),
    Number(y.toFixed(5))
  ])
  return rounded.filter(([x], i) => x !== rounded[i + 1]?.[0])
}

function inputYaml({ input, columns }: ListedInput): string[] {
  const [first] = columns
  if (columns.length === 1 && first !== undefined)
    return [`  - {input: ${yamlText(input)}, ${columnYaml(first)}}`]
  return [
    `  - input: ${yamlText(input)}`,
    '    columns:',
    ...columns.map(column => `      - {${columnYaml(column)}}`)
  ]
}

function columnYaml({ from, missing, categories, range }: ListedColumn): string {
  // Only a bare name is safe inside a flow map without quotes.
  const source = /^[\w.]+$/.test(from) ? from : `'${from.replaceAll("'", "''")}'`
  const standIn = missing === undefined ? '' : `, missing: ${shown(missing)}`
  return `from: ${source}${standIn}${categories === undefined ? '' : `, values: [${categories.map(yamlText).join(', ')}]`}${range === undefined ? '' : `, range: [${range.map(shown).join(', ')}]`}`
}

function checkYaml({ cells, probability }: CheckedRow, inputs: readonly ListedInput[]): string {
  const fed = inputs.map(({ input }, i) => {
    const row = cells[i]!
    return `${yamlText(input)}: ${row.length === 1 ? shown(row[0]!) : `[${row.map(shown).join(', ')}]`}`
  })
  return `  - {inputs: {${fed.join(', ')}}, expect: ${probability.toFixed(7)}, tolerance: 1e-6}`
}

/** A text, or the shortest digits that give the same 32-bit float. */
function shown(cell: number | string): string {
  if (typeof cell === 'string') return yamlText(cell)
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(cell.toPrecision(digits))
    if (Math.fround(short) === cell) return String(short)
  }
  return String(cell)
}

/** Bare where YAML reads the same text, else in double quotes. */
function yamlText(text: string): string {
  const isBare =
    /^[A-Za-z_][\w-]*$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text)
  return isBare ? text : JSON.stringify(text)
}
