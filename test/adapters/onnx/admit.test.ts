import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { test } from 'tap'
import { admit } from '../../../src/adapters/onnx/admit.js'
import { createWriter, type Writer } from '../../../src/adapters/onnx/protobuf.js'
import { ModelRefused } from '../../../src/decisioning/ports.js'
import * as build from './build.js'
import { sharedData } from './shared-data.js'

const { attribute, FLOAT, ml, model, node, odd, tensor, value } = build

const x = value('x', FLOAT, ['N', 2])
const p = value('p', FLOAT, ['N', 1])
const sigmoid = node('Sigmoid', ['x'], ['p'])
const tiny = { inputs: [x], outputs: [p], nodes: [sigmoid] }

/** A graph that could be the body of a loop. */
const body = createWriter().message(1, sigmoid).text(2, 'body')

function withNode(...nodes: Writer[]): Uint8Array {
  return model({ ...tiny, nodes })
}

function withInput(input: Writer): Uint8Array {
  return model({ ...tiny, inputs: [input] })
}

const hostile: Record<string, [Uint8Array, RegExp]> = {
  'an empty file': [new Uint8Array(0), /is empty/],
  'a text': [Buffer.from('this is no model'), /no ONNX model, or is corrupt/],
  'a file cut off in the middle': [model(tiny).subarray(0, 60), /corrupt or cut off/],
  'a file of more than 64 MiB': [new Uint8Array(64 * 2 ** 20 + 1), /more than the 64 allowed/],
  'a file without a graph': [createWriter().varint(1, 8).finish(), /holds no graph/],
  'a file with two graphs': [
    model({ ...tiny, extra: createWriter().message(7, createWriter().text(2, 'g')).finish() }),
    /two graphs/
  ],
  'a model without an operator set': [model({ ...tiny, opsets: {} }), /operator set/],
  'a model with functions of its own': [
    model({ ...tiny, extra: createWriter().message(25, createWriter().text(1, 'f')).finish() }),
    /functions of its own/
  ],
  'weights in another file': [
    model({ ...tiny, initializers: [tensor.external('w', [2], 'secrets.bin')] }),
    /Weight w is kept in another file/
  ],
  'a constant in another file': [
    withNode(
      node(
        'Constant',
        [],
        ['c'],
        [attribute.tensor('value', tensor.external('', [2], '/etc/passwd'))]
      )
    ),
    /Attribute value of operator Constant is kept in another file/
  ],
  'an external weight behind one of the same name': [
    model({
      ...tiny,
      initializers: [tensor.external('w', [2], 'secrets.bin'), tensor.floats('w', [2], [1, 2])]
    }),
    /Weight w is kept in another file/
  ],
  'sparse weights': [
    model({ ...tiny, graphExtra: createWriter().message(15, createWriter()).finish() }),
    /sparse weights/
  ],
  'a weight of ten thousand million numbers': [
    model({ ...tiny, initializers: [tensor.floats('w', [1e5, 1e5], [])] }),
    /Weight w is 100000×100000, more than/
  ],
  'a weight of negative size': [
    model({ ...tiny, initializers: [tensor.floats('w', [-1, -1], [])] }),
    /impossible shape/
  ],
  'a custom operator': [
    withNode(node('Evil', ['x'], ['p'], [], 'com.example')),
    /custom domain com\.example/
  ],
  'an operator of the runtime itself': [
    withNode(node('FusedMatMul', ['x', 'x'], ['p'], [], 'com.microsoft')),
    /custom domain com\.microsoft/
  ],
  'an unknown operator': [withNode(node('Foo', ['x'], ['p'])), /Operator Foo is not on the list/],
  'a loop': [
    withNode(node('Loop', ['x'], ['p'], [attribute.graph('body', body)])),
    /Loop .* may run for ever/
  ],
  'a branch': [withNode(node('If', ['x'], ['p'])), /If .* may run for ever/],
  'a scan': [withNode(node('Scan', ['x'], ['p'])), /Scan .* may run for ever/],
  'a graph hidden in an allowed operator': [
    withNode(node('Add', ['x', 'x'], ['p'], [attribute.graph('then_branch', body)])),
    /Add holds a graph of its own/
  ],
  'a model of too many operators': [
    withNode(...new Array<Writer>(5_001).fill(sigmoid)),
    /5,001 operators, more than the 5,000/
  ],
  'a model that computes nothing': [withNode(), /no operators/],
  'a model without inputs': [model({ ...tiny, inputs: [] }), /no inputs/],
  'a model without outputs': [model({ ...tiny, outputs: [] }), /no outputs/],
  'a map as input': [withInput(odd('x', 5)), /Input x is a map, .* DictVectorizer/],
  'a sequence as input': [withInput(odd('x', 4)), /Input x is a sequence/],
  'an optional input': [withInput(odd('x', 9)), /Input x is an optional value/],
  'an input without a type': [withInput(createWriter().text(1, 'x')), /Input x says no type/],
  'an input named __proto__': [withInput(value('__proto__', FLOAT, ['N', 2])), /another name/],
  'a fixed batch of three': [withInput(value('x', FLOAT, [3, 2])), /fixed batch of 3 rows/],
  'pictures as input': [withInput(value('x', FLOAT, ['N', 3, 8, 8])), /has 4 dimensions/],
  'an input of a million columns': [withInput(value('x', FLOAT, ['N', 1e6])), /1,000,000 columns/],
  'vocabularies as input': [
    model({
      ...tiny,
      inputs: [odd('x', 5)],
      nodes: [ml('DictVectorizer', ['x'], ['p'], [attribute.texts('string_vocabulary', ['a'])])]
    }),
    /DictVectorizer/
  ]
}

for (const operator of ['ConstantOfShape', 'Expand', 'Tile', 'Resize', 'Range', 'OneHot', 'Pad']) {
  hostile[`${operator}, which makes any size`] = [
    withNode(node(operator, ['x'], ['p'])),
    new RegExp(`Operator ${operator} can take any amount of memory`)
  ]
}

for (const [name, [bytes, reason]] of Object.entries(hostile)) {
  test(`${name} is refused`, t => {
    t.throws(() => admit(bytes), { name: 'ModelRefused', message: reason })
    t.end()
  })
}

test('a plain model is admitted', t => {
  t.same(
    admit(model(tiny)).nodes.map(n => n.operator),
    ['Sigmoid']
  )
  t.end()
})

test('a refusal is one printable line of bounded length, whatever the names in the file', t => {
  const name = `\u001b[2J\n${'x'.repeat(5_000)}\u2028`
  t.throws(() => admit(withNode(node(name, ['x'], ['p']))), {
    message: /^[^\p{Cc}\p{Zl}]{1,600}$/u
  })
  t.end()
})

test('a model cut off or changed anywhere is admitted or refused, never anything else', t => {
  const bytes = build.logistic({ weights: [0.5, -0.5], zipMap: true })
  for (let length = 0; length < bytes.length; length++) expectVerdict(bytes.subarray(0, length))
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, byte) => {
      expectVerdict(bytes.with(at, byte))
    }),
    { numRuns: 1_000 }
  )
  t.pass('for every length and a thousand changes')
  t.end()
})

function expectVerdict(bytes: Uint8Array): void {
  try {
    admit(bytes)
  } catch (error) {
    if (!(error instanceof ModelRefused)) throw error
  }
}

test('real models that must be refused each say why', t => {
  const reasons: Record<string, RegExp> = {
    'corrupt-model.onnx': /is no ONNX model, or is corrupt/,
    'custom_op_string_lower.onnx': /StringLower belongs to the custom domain ai\.onnx\.contrib/,
    'dictvectorizer-string.onnx': /Input X is a map/,
    'foo_truncated.onnx': /Operator Foo is not on the list/,
    'model_with_external_initializers.onnx': /Weight Pads is kept in another file/,
    'mul_1.noopset.onnx': /does not say which operator set/,
    'pipeline_vectorize.onnx': /Input float_input is a map/
  }
  const folder = sharedData(t, 'onnx/refused')
  if (folder === undefined) return t.end()
  for (const file of readdirSync(folder).filter(f => f.endsWith('.onnx')))
    t.throws(
      () => admit(readFileSync(join(folder, file))),
      { name: 'ModelRefused', message: reasons[file] ?? /./ },
      file
    )
  t.end()
})
