import { isCall, isShared, SAME_OFFER, type Call, type Node } from './tree.js'
import { isList } from './types.js'

/** Where results that more than one place reads are kept. */
export interface Kept {
  /** Slots of Facts.tests. */
  readonly tests: ReadonlyMap<Node, number>
  /** Slots of Facts.calls. */
  readonly calls: ReadonlyMap<Node, number>
  /** Tables by offer, for tests that depend on nothing but the offer. */
  readonly tables: ReadonlyMap<Node, number>
}

/**
 * Writes nodes as JavaScript. Truth is 0, 1 or 2 (unknown), a missing number NaN, a missing text undefined.
 * The text holds numbers, literals made by JSON.stringify and the fixed words below; never a name from a file:
 * F facts, o offer, A attributes, C context, T tests, K calls, H history, N now, D offer columns, S offer tables, R runtime.
 */
export class Body {
  readonly #kept: Kept
  readonly #locals = new Map<string, string>()
  readonly #statements: string[] = []
  #temporaries = 0
  #characters = 0

  constructor(kept: Kept) {
    this.#kept = kept
  }

  get statements(): number {
    return this.#statements.length
  }

  /** How long the statements are. */
  get characters(): number {
    return this.#characters
  }

  add(statement: string): void {
    this.#statements.push(statement)
    this.#characters += statement.length
  }

  /** Evaluates a node into its slot of Facts.tests; what follows reads it from a local. */
  keepTest(slot: number, node: Node): void {
    const code = this.#kept.tests.get(node) === slot ? this.#write(node) : this.read(node)
    this.#local('T', 'F.tests')
    this.add(`const t${slot} = T[${slot}] = ${code}`)
    this.#locals.set(`t${slot}`, '')
  }

  keepCall(slot: number, call: Call): void {
    const code = this.callCode(call)
    this.#local('K', 'F.calls')
    this.add(`const k${slot} = K[${slot}] = ${code}`)
    this.#locals.set(`k${slot}`, '')
  }

  text(name: string, parameters: string): string {
    const loads = [...this.#locals]
      .filter(([, code]) => code !== '')
      .map(([local, code]) => `const ${local} = ${code}\n`)
      .join('')
    const temporaries = Array.from({ length: this.#temporaries }, (_, i) => `x${i}`)
    const declared = temporaries.length === 0 ? '' : `let ${temporaries.join(', ')}\n`
    return `function ${name} (${parameters}) {\n${loads}${declared}${this.#statements.join('\n')}\n}\n`
  }

  /** The value of a node: read where it is kept, else computed on the spot. */
  read(node: Node): string {
    const test = node.op === 'segment' ? node.slot : this.#kept.tests.get(node)
    if (test !== undefined) {
      this.#local('T', 'F.tests')
      return this.#local(`t${test}`, `T[${test}]`)
    }
    const table = this.#kept.tables.get(node)
    return table === undefined ? this.#write(node) : this.#local(`s${table}`, `S[${table}][o]`)
  }

  /** The answer of seen(), lastSeen(), tagged(), bucket() or near() as a number; NaN where unknown. */
  callCode(call: Call): string {
    switch (call.op) {
      case 'seen':
        return `${this.#history()}.count(${call.interaction}, ${offerCode(call.offer)}, ${call.windowMs}, ${this.#now()})`
      case 'lastSeen':
        return `R.lastSeen(${this.#history()}, ${call.interaction}, ${offerCode(call.offer)}, ${this.#now()})`
      case 'tagged':
        return `R.tagged(F.tags, ${literal(call.path)})`
      case 'bucket':
        return `R.bucket(${literal(call.salt)}, F.subject)`
      case 'near':
        return `R.near(${call.args.map(arg => this.read(arg)).join(', ')})`
    }
  }

  #write(node: Node): string {
    if (isCall(node)) return this.#writeCall(node)
    switch (node.op) {
      case 'const':
        return typeof node.value === 'boolean' ? (node.value ? '1' : '0') : literal(node.value)
      case 'attribute':
      case 'context':
        return this.#load(node)
      case 'segment':
        return this.read(node)
      case 'offer':
        return `D.${node.property}[o]`
      case 'factor':
        return node.name
      case 'now':
        return this.#now()
      case 'has':
        return `(${this.#raw(node.args[0]!)} === undefined ? 0 : 1)`
      case 'not':
        return this.#strict(node, ([a]) => `1 - ${a}`)
      case 'and':
        return this.#and(node.args)
      case 'or':
        return this.#or(node.args)
      case 'if':
        return this.#if(node)
      case 'add':
      case 'sub':
      case 'mul':
      case 'mod':
        return `(${this.read(node.args[0]!)} ${ARITHMETIC[node.op]} ${this.read(node.args[1]!)})`
      case 'div':
        return this.#divide(node.args[0]!, node.args[1]!)
      case 'neg':
        return `(-${this.read(node.args[0]!)})`
      case 'whole':
        return `Math.trunc(${this.read(node.args[0]!)} / ${node.unitMs})`
      case 'join':
        return this.#strict(node, ([a, b]) => `${a} + ${b}`)
      case 'lt':
        return this.#strict(node, ([a, b]) => `${a} < ${b} ? 1 : 0`)
      case 'le':
        return this.#strict(node, ([a, b]) => `${a} <= ${b} ? 1 : 0`)
      case 'eq':
        return this.#strict(node, ([a, b]) => `${a} === ${b} ? 1 : 0`)
      case 'oneOf':
        return this.#strict(
          node,
          ([a]) => `${node.values.map(value => `${a} === ${literal(value)}`).join(' || ')} ? 1 : 0`
        )
      case 'member':
        return this.#strict(node, ([a, list]) =>
          node.args[1]!.type === 'tags'
            ? `R.tagged(${list}, ${a})`
            : `${list}.includes(${a}) ? 1 : 0`
        )
      case 'size':
        return this.#strict(node, ([a]) =>
          isList(node.args[0]!.type) ? `${a}.length` : `R.size(${a})`
        )
      case 'startsWith':
      case 'endsWith':
        return this.#strict(node, ([a, b]) => `${a}.${node.op}(${b}) ? 1 : 0`)
      case 'contains':
        return this.#strict(node, ([a, b]) => `${a}.includes(${b}) ? 1 : 0`)
    }
  }

  #writeCall(call: Call): string {
    const slot = this.#kept.calls.get(call)
    let code: string
    if (slot !== undefined && isShared(call)) {
      this.#local('K', 'F.calls')
      code = this.#local(`k${slot}`, `K[${slot}]`)
    } else code = this.callCode(call)
    if (call.op !== 'near') return code
    const x = this.#temporary()
    return `((${x} = ${code}) === ${x} ? ${x} : 2)`
  }

  /** Unknown or missing where an operand is; else what `build` makes of the operands. */
  #strict(
    node: Node & { args: readonly Node[] },
    build: (operands: readonly string[]) => string
  ): string {
    const missing: string[] = []
    const operands = node.args.map(arg => {
      const code = this.read(arg)
      if (arg.total || isList(arg.type))
        return node.op === 'oneOf' ? this.#named(code, missing) : code
      if (isName(code)) {
        missing.push(isMissing(arg, code, code))
        return code
      }
      const x = this.#temporary()
      missing.push(isMissing(arg, `(${x} = ${code})`, x))
      return x
    })
    const result = build(operands)
    return missing.length === 0
      ? `(${result})`
      : `(${missing.join(' || ')} ? ${nothing(node)} : ${result})`
  }

  /** A value that is asked for several times gets a name. */
  #named(code: string, before: string[]): string {
    if (isName(code)) return code
    const x = this.#temporary()
    before.push(`(${x} = ${code}, false)`)
    return x
  }

  /** False when one operand is false, whatever the others; else unknown when one is unknown. */
  #and(args: readonly Node[]): string {
    const open: string[] = []
    const tests = args.map(arg => (arg.total ? this.read(arg) : `${this.#asked(arg, open)} !== 0`))
    const held =
      open.length === 0 ? '1' : open.length === 1 ? open[0]! : `(${open.join(' | ')}) === 1 ? 1 : 2`
    return `(${tests.join(' && ')} ? ${held} : 0)`
  }

  /** True when one operand is true, whatever the others; else unknown when one is unknown. */
  #or(args: readonly Node[]): string {
    const open: string[] = []
    const tests = args.map(arg => (arg.total ? this.read(arg) : `${this.#asked(arg, open)} === 1`))
    return `(${tests.join(' || ')} ? 1 : ${open.length === 0 ? '0' : open.join(' | ')})`
  }

  #if(node: Node & { args: readonly Node[] }): string {
    const [test, yes, no] = [node.args[0]!, this.read(node.args[1]!), this.read(node.args[2]!)]
    if (test.total) return `(${this.read(test)} ? ${yes} : ${no})`
    const names: string[] = []
    const asked = this.#asked(test, names)
    return `(${asked} === 1 ? ${yes} : ${names[0]!} === 0 ? ${no} : ${nothing(node)})`
  }

  /** Code that yields a truth and leaves it under a name, which is added to `names`. */
  #asked(node: Node, names: string[]): string {
    const code = this.read(node)
    if (isName(code)) {
      names.push(code)
      return code
    }
    const x = this.#temporary()
    names.push(x)
    return `(${x} = ${code})`
  }

  #divide(a: Node, b: Node): string {
    const x = this.#temporary()
    return `((${x} = ${this.read(b)}) === 0 ? NaN : ${this.read(a)} / ${x})`
  }

  #load(node: Node & { op: 'attribute' | 'context' }): string {
    const raw = this.#raw(node)
    const local = `${node.op === 'attribute' ? 'a' : 'c'}${node.slot}`
    switch (node.type) {
      case 'string':
        return this.#local(local, raw)
      case 'boolean':
        return this.#local(local, `${raw} === true ? 1 : ${raw} === false ? 0 : 2`)
      case 'list<string>':
      case 'list<number>':
        return this.#local(local, `${raw} ?? R.nothing`)
      default:
        return this.#local(local, `+${raw}`)
    }
  }

  #raw(node: Node): string {
    if (node.op === 'attribute') return `${this.#local('A', 'F.attributes')}[${node.slot}]`
    if (node.op === 'context') return `${this.#local('C', 'F.context')}[${node.slot}]`
    throw new Error(`only attributes and context can be absent, not ${node.op}`)
  }

  #history(): string {
    return this.#local('H', 'F.history')
  }

  #now(): string {
    return this.#local('N', 'F.nowMs')
  }

  #local(name: string, code: string): string {
    if (!this.#locals.has(name)) this.#locals.set(name, code)
    return name
  }

  #temporary(): string {
    return `x${this.#temporaries++}`
  }
}

const ARITHMETIC = { add: '+', sub: '-', mul: '*', mod: '%' } as const

function isName(code: string): boolean {
  return /^\w+$/.test(code)
}

function isMissing(node: Node, first: string, again: string): string {
  if (node.type === 'string') return `${first} === undefined`
  return node.type === 'boolean' ? `${first} === 2` : `${first} !== ${again}`
}

function nothing(node: Node): string {
  if (node.type === 'string') return 'undefined'
  return node.type === 'boolean' ? '2' : 'NaN'
}

function offerCode(offer: number): string {
  return offer === SAME_OFFER ? 'o' : String(offer)
}

/** A literal that cannot end its own text; the two line separators are escaped for old readers of JavaScript. */
function literal(value: string | number | boolean): string {
  if (typeof value === 'number')
    return value < 0 || Object.is(value, -0) ? `(${value})` : String(value)
  return JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
}
