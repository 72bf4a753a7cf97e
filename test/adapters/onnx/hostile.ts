import { deflateRawSync, gzipSync } from 'node:zlib'
import { createWriter, type Writer } from '../../../src/adapters/onnx/protobuf.js'
import {
  attribute,
  FLOAT,
  INT64,
  logistic,
  ml,
  model,
  node,
  odd,
  tensor,
  value,
  type ModelParts
} from './build.js'

/** A model file made to do harm, and what must be said of it. */
export interface HostileModel {
  readonly name: string
  readonly bytes: () => Uint8Array
  readonly says: RegExp
  /** True where it takes seconds until the process that tries models out gives up. */
  readonly slow?: boolean
}

/** The other file that models ask for: beside the model, and the same under three more names. */
export const SECRET_FILES = { plain: 'secret.bin', hardLink: 'hard.bin', symbolicLink: 'soft.bin' }

const x = value('x', FLOAT, ['N', 2])
const p = value('p', FLOAT, ['N', 1])

function one(nodes: readonly Writer[], more: Partial<ModelParts> = {}): Uint8Array {
  return model({ inputs: [x], outputs: [p], nodes, ...more })
}

function weighted(...initializers: Writer[]): Uint8Array {
  return one([node('MatMul', ['x', 'w'], ['p'])], { initializers })
}

function external(file: string): () => Uint8Array {
  return () => weighted(tensor.external('w', [2, 1], file))
}

/** A graph that a loop could run. */
function body(): Writer {
  return createWriter()
    .message(1, node('Identity', ['going'], ['goes']))
    .text(2, 'body')
    .message(11, value('i', INT64, []))
    .message(11, value('going', 9, []))
    .message(12, value('goes', 9, []))
}

function holding(operator: string, name: string): () => Uint8Array {
  return () => one([node(operator, ['x'], ['p'], [attribute.graph(name, body())])])
}

function sized(operator: string): () => Uint8Array {
  return () =>
    one([node(operator, ['x', 'size'], ['p'])], {
      initializers: [tensor.int64s('size', [2], [1e9, 1e9])]
    })
}

/** Doubles the columns with every operator, each of them allowed. */
function doubling(from: string, times: number): Writer[] {
  const steps = Array.from({ length: times }, (_, i) =>
    node('Concat', [`t${i}`, `t${i}`], [`t${i + 1}`], [attribute.int('axis', 1)])
  )
  const last = node('ReduceMax', [`t${times}`], ['p'], [attribute.ints('axes', [1])])
  return [node('Identity', [from], ['t0']), ...steps, last]
}

/** Products of large constants, which the runtime computes while it opens the model. */
function foldedProducts(): Uint8Array {
  const wide = 1_200
  const ones = new Float32Array(wide).fill(1)
  const steps = Array.from({ length: 40 }, (_, i) =>
    node('MatMul', [`t${i}`, 'square'], [`t${i + 1}`])
  )
  return one(
    [
      node('MatMul', ['column', 'row'], ['square']),
      node('Identity', ['square'], ['t0']),
      ...steps,
      node('ReduceMax', ['t40'], ['most'], [attribute.ints('axes', [0, 1])]),
      node('ReduceSum', ['x'], ['sum']),
      node('Mul', ['sum', 'most'], ['p'])
    ],
    {
      initializers: [
        tensor.floats('column', [wide, 1], [...ones]),
        tensor.floats('row', [1, wide], [...ones])
      ]
    }
  )
}

/** Every row by every other: harmless for one, gigabytes for thousands. */
function rowsSquared(): Uint8Array {
  const nodes = [
    node('Transpose', ['x'], ['across']),
    node('MatMul', ['x', 'across'], ['pairs']),
    ...Array.from({ length: 80 }, (_, i) =>
      node('MatMul', [i === 0 ? 'pairs' : `s${i}`, 'pairs'], [`s${i + 1}`])
    ),
    node('ReduceMax', ['s80'], ['p'], [attribute.ints('axes', [1])])
  ]
  return one(nodes)
}

interface TreeParts {
  readonly cells?: readonly number[]
  readonly yes?: readonly number[]
}

/** Two splits and two leaves. */
function trees({ cells = [0, 1, 0, 0], yes = [1, 2, 0, 0] }: TreeParts): Uint8Array {
  const { ints, floats, texts, text } = attribute
  return model({
    inputs: [x],
    outputs: [value('label', INT64, ['N']), value('p', FLOAT, ['N', 2])],
    nodes: [
      ml(
        'TreeEnsembleClassifier',
        ['x'],
        ['label', 'p'],
        [
          ints('nodes_treeids', [0, 0, 0, 0]),
          ints('nodes_nodeids', [0, 1, 2, 3]),
          ints('nodes_featureids', cells),
          floats('nodes_values', [0.5, 0.5, 0, 0]),
          texts('nodes_modes', ['BRANCH_LEQ', 'BRANCH_LEQ', 'LEAF', 'LEAF']),
          ints('nodes_truenodeids', yes),
          ints('nodes_falsenodeids', [3, 3, 0, 0]),
          ints('class_treeids', [0, 0]),
          ints('class_nodeids', [2, 3]),
          ints('class_ids', [0, 1]),
          floats('class_weights', [1, 1]),
          ints('classlabels_int64s', [0, 1]),
          text('post_transform', 'NONE')
        ]
      )
    ]
  })
}

/** A field with a length that says more than is there. */
function fieldOf(tag: number, ...length: number[]): Uint8Array {
  return Uint8Array.from([tag, ...length, 1, 2, 3])
}

/** A graph of one part, twice 2 bytes, over and over. */
function repeated(part: readonly number[], times: number): Uint8Array {
  const parts = new Uint8Array(part.length * times)
  for (let at = 0; at < parts.length; at += part.length) parts.set(part, at)
  return createWriter()
    .varint(1, 8)
    .bytes(7, parts)
    .message(8, createWriter().text(1, '').varint(2, 17))
    .finish()
}

/** Ten million empty texts, two bytes each in the file and seventy in memory. */
function manyTexts(): Uint8Array {
  const count = 1e7
  const texts = new Uint8Array(count * 2)
  for (let at = 0; at < texts.length; at += 2) texts[at] = 6 * 8 + 2
  const many = createWriter().packedVarints(1, [count]).varint(2, 8).raw(texts).text(8, 'many')
  return one(
    [
      node('Gather', ['many', 'first'], ['text']),
      node('Cast', ['text'], ['number'], [attribute.int('to', FLOAT)]),
      node('Add', ['x', 'number'], ['sum']),
      node('ReduceSum', ['sum'], ['p'])
    ],
    { initializers: [many, tensor.int64s('first', [1], [0])] }
  )
}

/** Types within types within types. */
function nestedType(depth: number): Writer {
  let type = createWriter().message(1, createWriter().varint(1, FLOAT))
  for (let i = 0; i < depth; i++) type = createWriter().message(4, createWriter().message(1, type))
  return createWriter().text(1, 'x').message(2, type)
}

const zip = (): Uint8Array => {
  const inside = deflateRawSync(Buffer.alloc(1e7))
  return Buffer.concat([
    Buffer.from('PK\u0003\u0004'),
    Buffer.alloc(22),
    Buffer.from('model.onnx'),
    inside
  ])
}

const COUNTLESS = /more than 200,000 operators, weights, attributes and names/

export const HOSTILE_MODELS: readonly HostileModel[] = [
  // Another file of the machine.
  {
    name: 'weights in a file beside it',
    bytes: external(SECRET_FILES.plain),
    says: /in another file/
  },
  { name: 'weights in a file above', bytes: external('../../rules/all.yaml'), says: /in another/ },
  { name: 'weights by a whole path', bytes: external('/etc/passwd'), says: /in another file/ },
  { name: 'weights by a hard link', bytes: external(SECRET_FILES.hardLink), says: /in another/ },
  { name: 'weights by a link', bytes: external(SECRET_FILES.symbolicLink), says: /in another/ },
  {
    name: 'weights at an address of memory',
    bytes: external('*/_ORT_MEM_ADDR_/*'),
    says: /in another file/
  },
  {
    name: 'a constant in another file',
    bytes: () =>
      one([
        node(
          'Constant',
          [],
          ['c'],
          [attribute.tensor('value', tensor.external('', [2], SECRET_FILES.hardLink))]
        ),
        node('Add', ['x', 'c'], ['p'])
      ]),
    says: /Attribute value of operator Constant is kept in another file/
  },
  // Code, and what runs for ever.
  {
    name: 'an operator of its own',
    bytes: () => one([node('Shell', ['x'], ['p'], [], 'com.example')]),
    says: /custom domain com\.example/
  },
  {
    name: 'an operator of the runtime',
    bytes: () => one([node('FusedMatMul', ['x', 'x'], ['p'], [], 'com.microsoft')]),
    says: /custom domain com\.microsoft/
  },
  {
    name: 'a function of its own',
    bytes: () =>
      one([node('Sigmoid', ['x'], ['p'])], {
        extra: createWriter().message(25, createWriter().text(1, 'f')).finish()
      }),
    says: /functions of its own/
  },
  {
    name: 'a loop of three million rounds',
    bytes: () =>
      one([node('Loop', ['rounds', ''], ['p'], [attribute.graph('body', body())])], {
        initializers: [tensor.int64s('rounds', [], [3e6])]
      }),
    says: /Loop .* may run for ever/
  },
  { name: 'a scan', bytes: holding('Scan', 'body'), says: /Scan .* may run for ever/ },
  { name: 'a branch', bytes: holding('If', 'then_branch'), says: /If .* may run for ever/ },
  {
    name: 'a graph inside an addition',
    bytes: holding('Add', 'body'),
    says: /Add holds a graph of its own/
  },
  // A few bytes that become gigabytes.
  ...['ConstantOfShape', 'Expand', 'Tile', 'Resize', 'Range'].map(operator => ({
    name: `${operator} of any size`,
    bytes: sized(operator),
    says: new RegExp(`Operator ${operator} can take any amount of memory`)
  })),
  {
    name: 'columns doubled 34 times',
    bytes: () => one(doubling('x', 34)),
    says: /memory|within 5 s/
  },
  {
    name: 'a constant doubled 34 times',
    bytes: () =>
      one(doubling('c', 34), { initializers: [tensor.floats('c', [1, 2], [1, 1])], inputs: [x] }),
    says: /memory|within 5 s/,
    slow: true
  },
  { name: 'ten million texts', bytes: manyTexts, says: /10000000, more than 100,000 texts/ },
  {
    name: 'a vector of a thousand million columns',
    bytes: () =>
      one([ml('FeatureVectorizer', ['x'], ['p'], [attribute.ints('inputdimensions', [1e9])])]),
    says: /memory/
  },
  {
    name: 'a weight of ten thousand million numbers',
    bytes: () => weighted(tensor.floats('w', [1e5, 1e5], [])),
    says: /100000×100000, more than/
  },
  {
    name: 'a weight whose size overflows',
    bytes: () => weighted(tensor.floats('w', [2 ** 32, 2 ** 32], [])),
    says: /4294967296×4294967296, more than/
  },
  {
    name: 'a weight of negative size',
    bytes: () => weighted(tensor.floats('w', [-2, -1], [])),
    says: /impossible shape/
  },
  // Too slow for the one thread that answers everybody.
  {
    name: 'products computed while it opens',
    bytes: foldedProducts,
    says: /ms to open|within 5 s/
  },
  {
    name: 'rows by rows',
    bytes: rowsSquared,
    says: /Tried out, .*(ms for 2000 rows|s;)/,
    slow: true
  },
  // Files that are none, or break off, or never end.
  { name: 'an empty file', bytes: () => new Uint8Array(0), says: /is empty/ },
  { name: 'a page', bytes: () => Buffer.from('<!doctype html><p>404'), says: /no ONNX model/ },
  { name: 'a zip', bytes: zip, says: /no ONNX model/ },
  {
    name: 'a packed model',
    bytes: () => gzipSync(logistic({ weights: [1, 2] })),
    says: /no ONNX model/
  },
  {
    name: 'half a model',
    bytes: () => logistic({ weights: [1, 2] }).subarray(0, 100),
    says: /corrupt or cut off/
  },
  {
    name: 'a number that is cut off',
    bytes: () => Uint8Array.from([8, 255, 255]),
    says: /a number is cut off/
  },
  {
    name: 'a number that does not end',
    bytes: () => Uint8Array.from([8, ...new Array<number>(11).fill(255), 1]),
    says: /more than ten bytes/
  },
  {
    name: 'a length beyond the end',
    bytes: () => fieldOf(58, 255, 255, 255, 255, 255, 255, 255, 127),
    says: /beyond the end/
  },
  {
    name: 'two graphs',
    bytes: () =>
      one([node('Sigmoid', ['x'], ['p'])], {
        extra: createWriter().message(7, createWriter().text(2, 'g')).finish()
      }),
    says: /two graphs/
  },
  // Countless parts.
  {
    name: '5,001 operators',
    bytes: () => one(new Array<Writer>(5_001).fill(node('Sigmoid', ['x'], ['p']))),
    says: /5,001 operators, more than the 5,000/
  },
  {
    name: '33 million empty operators',
    bytes: () => repeated([10, 0], 33e6),
    says: COUNTLESS,
    slow: true
  },
  {
    name: '33 million empty weights',
    bytes: () => repeated([42, 0], 33e6),
    says: COUNTLESS,
    slow: true
  },
  {
    name: 'a weight of a million dimensions',
    bytes: () =>
      weighted(
        tensor.floats(
          'w',
          Array.from({ length: 1e6 }, () => 1),
          []
        )
      ),
    says: COUNTLESS
  },
  {
    name: 'types nested a thousand deep',
    bytes: () =>
      model({ inputs: [nestedType(1_000)], outputs: [p], nodes: [node('Sigmoid', ['x'], ['p'])] }),
    says: /Input x is a sequence/
  },
  // Odd weights.
  {
    name: 'sparse weights',
    bytes: () =>
      one([node('Sigmoid', ['x'], ['p'])], {
        graphExtra: createWriter().message(15, createWriter()).finish()
      }),
    says: /sparse weights/
  },
  {
    name: 'weights that are no numbers',
    bytes: () => logistic({ weights: [NaN, 1] }),
    says: /gives NaN/
  },
  {
    name: 'weights of another width',
    bytes: () => weighted(tensor.floats('w', [3, 1], [1, 2, 3])),
    says: /runtime does not take the model|does not run/
  },
  {
    name: 'a shape whose size overflows',
    bytes: () =>
      one([node('Reshape', ['x', 'shape'], ['p'])], {
        initializers: [tensor.int64s('shape', [2], [2 ** 52, 4096])]
      }),
    says: /fails|does not run|runtime does not take/
  },
  {
    name: 'a split by a column far away',
    bytes: () => trees({ cells: [1e8, 1, 0, 0] }),
    says: /does not run|runtime does not take/
  },
  {
    name: 'a tree that goes round',
    bytes: () => trees({ yes: [1, 0, 0, 0] }),
    says: /./,
    slow: true
  },
  {
    name: 'operators that wait for each other',
    bytes: () =>
      one([
        node('Add', ['b', 'x'], ['a']),
        node('Add', ['a', 'x'], ['b']),
        node('ReduceSum', ['b'], ['p'])
      ]),
    says: /not acyclic/
  },
  // Names that would mean something to whoever repeats them.
  {
    name: 'a map as input',
    bytes: () => one([node('Sigmoid', ['x'], ['p'])], { inputs: [odd('x', 5)] }),
    says: /Input x is a map/
  },
  {
    name: 'an input named __proto__',
    bytes: () =>
      one([node('Sigmoid', ['x'], ['p'])], { inputs: [value('__proto__', FLOAT, ['N', 2])] }),
    says: /another name/
  },
  {
    name: 'an operator named after a line of the log',
    bytes: () => one([node('\u001b[2J\n{"level":30,"msg":"all is well"}', ['x'], ['p'])]),
    says: /^[^\p{Cc}]*not on the list of allowed operators/u
  }
]
