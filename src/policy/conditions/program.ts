import { compileFunction } from 'node:vm'
import type { Facts } from '../facts.js'
import type { Program } from '../strategy.js'
import { Body, type Kept } from './emit.js'
import {
  functionText,
  HOLDS,
  type Holds,
  type Kind,
  PRIORITY,
  type Priority,
  VALUE,
  type Value
} from './functions.js'
import type { ConditionNames } from './names.js'
import { runtime } from './runtime.js'
import { argsOf, isCall, isShared, NEEDS_OFFER, type Call, type Node } from './tree.js'

/** Generated functions stay below this, so that V8 optimises each of them (it gives up at 60 kB of bytecode). */
const MAX_STATEMENTS = 100
const MAX_CHARACTERS = 12_000
/** Tables are one byte an offer; what does not get one is computed on the spot. */
const MAX_TABLES = 1000

type OfferCall = (facts: Facts, offer: number) => number
type StaticTest = (facts: undefined, offer: number) => number
type Run = (facts: Facts) => void

const NOTHING_KEPT: Kept = { tests: new Map(), calls: new Map(), tables: new Map() }

/** A function to be generated, and who waits for it. */
interface Added {
  readonly kind: Kind
  readonly node: Node
  readonly waiting: Array<(made: unknown) => void>
}

/** What an offer is, in columns that generated code reads by offer index. */
interface OfferColumns {
  readonly id: readonly string[]
  readonly group: readonly string[]
  readonly tags: ReadonlyArray<readonly string[]>
  /** NaN where the value is an expression. */
  readonly value: Float64Array
}

/**
 * Collects checked nodes, gives each distinct test and call a slot and turns all of them into a few functions.
 * A test that several conditions share, or that a condition of an offer asks of the customer, is evaluated once a decision.
 */
export class ProgramBuilder {
  readonly #tests = new Map<Node, number>()
  readonly #calls = new Map<Node, number>()
  readonly #offerCalls = new Map<Call, number>()
  readonly #tables = new Map<Node, number>()
  readonly #segments: Array<Node | undefined>
  readonly #columns: OfferColumns
  /** By kind and node, so that offers with the same condition share one function. */
  readonly #functions = new Map<string, Added>()
  readonly #offerCallFunctions: OfferCall[] = []
  readonly #kept: Kept = { tests: this.#tests, calls: this.#calls, tables: this.#tables }
  #testCount: number
  #tableData: Uint8Array[] = []
  #finished = false

  constructor(names: ConditionNames) {
    this.#segments = Array.from({ length: names.segments.length }, () => undefined)
    this.#testCount = names.segments.length
    this.#columns = {
      id: names.offers.map(offer => offer.id),
      group: names.offers.map(offer => offer.group),
      tags: names.offers.map(offer => offer.tags),
      value: Float64Array.from(names.offers, offer => offer.value ?? NaN)
    }
  }

  /** Test numbers of segments are their positions. */
  setSegment(index: number, body: Node): void {
    this.#segments[index] = body
    if (body.op !== 'segment' && !this.#tests.has(body)) this.#tests.set(body, index)
  }

  get segments(): ReadonlyArray<Node | undefined> {
    return this.#segments
  }

  testOf(node: Node): number {
    if (node.op === 'segment') return node.slot
    const known = this.#tests.get(node)
    if (known !== undefined) return known
    this.#tests.set(node, this.#testCount)
    return this.#testCount++
  }

  /** Where a call's answer stands: a slot of Facts.calls, or of Program.offerCalls when it is asked for each offer. */
  slotOfCall(call: Call): { readonly kind: 'call' | 'offerCall'; readonly slot: number } {
    const shared = this.#calls.get(call)
    if (shared !== undefined) return { kind: 'call', slot: shared }
    if (isShared(call) && !this.#finished) {
      this.#calls.set(call, this.#calls.size)
      return { kind: 'call', slot: this.#calls.size - 1 }
    }
    return { kind: 'offerCall', slot: this.#slotOfOfferCall(call) }
  }

  addHolds(node: Node, settle: (holds: Holds) => void): void {
    this.#add(HOLDS, node, made => {
      settle(made as Holds)
    })
  }

  addValue(node: Node, settle: (value: Value) => void): void {
    this.#add(VALUE, node, made => {
      settle(made as Value)
    })
  }

  addPriority(node: Node, settle: (priority: Priority) => void): void {
    this.#add(PRIORITY, node, made => {
      settle(made as Priority)
    })
  }

  /** Generates everything that was added. `order`: segments, each after those that it reads. */
  finish(order: readonly number[]): Program {
    this.#shareTests()
    this.#fillTables()
    const chunks = this.#writeRun(order)
    const calls = [...this.#offerCalls.keys()].map((call, i) => this.#offerCallText(call, `q${i}`))
    const runs = this.#compile(chunks) as Run[]
    this.#offerCallFunctions.push(...(this.#compile(calls) as OfferCall[]))
    const added = [...this.#functions.values()]
    const made = this.#compile(
      added.map((one, i) => functionText(one.kind, one.node, this.#kept, `f${i}`))
    )
    added.forEach(({ waiting }, i) => {
      for (const settle of waiting) settle(made[i])
    })
    this.#finished = true
    return {
      testCount: this.#testCount,
      callCount: this.#calls.size,
      offerCalls: this.#offerCallFunctions,
      run(facts) {
        for (const run of runs) run(facts)
      }
    }
  }

  #add(kind: Kind, node: Node, settle: (made: unknown) => void): void {
    if (this.#finished) {
      settle(this.#compile([functionText(kind, node, this.#kept, 'f0')])[0])
      return
    }
    const key = `${kind.name} ${node.id}`
    const known = this.#functions.get(key)
    if (known === undefined) this.#functions.set(key, { kind, node, waiting: [settle] })
    else known.waiting.push(settle)
  }

  #slotOfOfferCall(call: Call): number {
    const known = this.#offerCalls.get(call)
    if (known !== undefined) return known
    const slot = this.#offerCalls.size
    this.#offerCalls.set(call, slot)
    if (this.#finished) {
      this.#offerCallFunctions.push(
        ...(this.#compile([this.#offerCallText(call, 'q0')]) as OfferCall[])
      )
    }
    return slot
  }

  #offerCallText(call: Call, name: string): string {
    const body = new Body(this.#kept)
    body.add(`return ${body.callCode(call)}`)
    return body.text(name, 'F, o')
  }

  /** Gives slots to the tests that are worth keeping, tables to those that only look at the offer. */
  #shareTests(): void {
    const parents = new Map<Node, number>()
    const seen = new Set<Node>()
    const walk = (node: Node): void => {
      if (seen.has(node)) return
      seen.add(node)
      if (isShared(node) && isCall(node)) this.slotOfCall(node)
      for (const arg of argsOf(node)) {
        if (isWorthKeeping(arg)) this.#shareTest(arg, node, parents)
        walk(arg)
      }
    }
    for (const root of this.#roots()) walk(root)
    for (const { node } of this.#functions.values())
      if (isWorthKeeping(node)) this.#shareTest(node, undefined, parents)
  }

  #shareTest(node: Node, parent: Node | undefined, parents: Map<Node, number>): void {
    if (node.needs === NEEDS_OFFER) {
      if (
        (parent === undefined || parent.needs !== NEEDS_OFFER) &&
        !this.#tables.has(node) &&
        this.#tables.size < MAX_TABLES
      ) {
        this.#tables.set(node, this.#tables.size)
      }
      return
    }
    if (!isShared(node)) return
    const count = (parents.get(node) ?? 0) + 1
    parents.set(node, count)
    if (count > 1 || parent === undefined || !isShared(parent)) this.testOf(node)
  }

  #fillTables(): void {
    const texts = [...this.#tables.keys()].map((node, i) => {
      const body = new Body(NOTHING_KEPT)
      body.add(`return ${body.read(node)}`)
      return body.text(`s${i}`, 'F, o')
    })
    const tests = this.#compile(texts) as StaticTest[]
    this.#tableData = tests.map(test =>
      Uint8Array.from(this.#columns.id, (_, offer) => test(undefined, offer))
    )
  }

  /** Every kept test and call in an order in which each finds what it reads. */
  #writeRun(order: readonly number[]): string[] {
    const chunks: string[] = []
    const done = new Set<Node>()
    let body = new Body(this.#kept)
    const close = (): void => {
      if (body.statements > 0) chunks.push(body.text(`r${chunks.length}`, 'F'))
      body = new Body(this.#kept)
    }
    const write = (node: Node): void => {
      if (done.has(node)) return
      done.add(node)
      for (const arg of argsOf(node)) write(arg)
      const call = isCall(node) && isShared(node) ? this.#calls.get(node) : undefined
      if (call !== undefined && isCall(node)) body.keepCall(call, node)
      const test = this.#tests.get(node)
      if (test !== undefined) body.keepTest(test, node)
      if (body.statements >= MAX_STATEMENTS || body.characters >= MAX_CHARACTERS) close()
    }
    for (const index of order) {
      const segment = this.#segments[index]
      if (segment === undefined) continue
      write(segment)
      if (this.#tests.get(segment) !== index) body.keepTest(index, segment)
    }
    for (const root of this.#roots()) write(root)
    close()
    return chunks
  }

  *#roots(): Iterable<Node> {
    for (const segment of this.#segments) if (segment !== undefined) yield segment
    yield* [...this.#tests.keys()]
    for (const { node } of this.#functions.values()) yield node
  }

  #compile(texts: readonly string[]): unknown[] {
    const text = `'use strict'\n${texts.join('')}return [${texts.map(nameOf).join(', ')}]`
    const make = compileFunction(text, ['R', 'D', 'S'], { filename: 'conditions' }) as (
      ...given: unknown[]
    ) => unknown[]
    return make(runtime, this.#columns, this.#tableData)
  }
}

/** Constants, plain names and has() cost no more than reading a slot. */
function isWorthKeeping(node: Node): boolean {
  return (
    node.type === 'boolean' &&
    node.op !== 'const' &&
    node.op !== 'segment' &&
    node.op !== 'attribute' &&
    node.op !== 'context' &&
    node.op !== 'has'
  )
}

function nameOf(text: string): string {
  return text.slice('function '.length, text.indexOf(' ('))
}
