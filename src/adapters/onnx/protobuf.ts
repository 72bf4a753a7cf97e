/** Thrown for bytes that are no protobuf message; the sentence says where it breaks. */
export class ProtobufBroken extends Error {
  override readonly name = 'ProtobufBroken'
}

/** Wire types of the protobuf encoding; groups (3 and 4) are long gone and refused. */
const VARINT = 0
const FIXED64 = 1
const LENGTH = 2
const FIXED32 = 5

/**
 * Walks the fields of one message without copying it and without recursion: call `next`, then ask for the value.
 * Every read is bounded by the message, so hostile lengths end in ProtobufBroken and never in an allocation.
 */
export interface Reader {
  /** Moves to the next field; false at the end of the message. */
  next(): boolean
  readonly field: number
  readonly wire: number
  /** The value of a varint field as a signed 64-bit number; beyond 2⁵³ it is rounded. */
  int(): number
  /** The content of a length-delimited field, a view. */
  bytes(): Uint8Array
  text(): string
  /** The whole field, tag included, a view: for copying a field as it is. */
  whole(): Uint8Array
}

const UTF8 = new TextDecoder('utf-8', { fatal: true })

export function createReader(message: Uint8Array): Reader {
  let at = 0
  let start = 0
  let valueStart = 0
  const reader = {
    field: 0,
    wire: 0,
    next() {
      if (at === message.length) return false
      start = at
      const tag = varint()
      reader.field = Math.floor(tag / 8)
      reader.wire = tag % 8
      if (reader.field < 1 || reader.field > 0x1fffffff)
        throw new ProtobufBroken(`field number ${reader.field} at byte ${start}`)
      skip()
      return true
    },
    int() {
      expect(VARINT)
      return toInt64(message, valueStart)
    },
    bytes() {
      expect(LENGTH)
      return message.subarray(valueStart, at)
    },
    text() {
      try {
        return UTF8.decode(reader.bytes())
      } catch {
        throw new ProtobufBroken(`a text that is no UTF-8 at byte ${valueStart}`)
      }
    },
    whole: () => message.subarray(start, at)
  }

  function expect(wire: number): void {
    if (reader.wire !== wire)
      throw new ProtobufBroken(
        `wire type ${reader.wire} where ${wire} belongs, in field ${reader.field} at byte ${start}`
      )
  }

  function skip(): void {
    valueStart = at
    if (reader.wire === VARINT) varint()
    else if (reader.wire === FIXED64) at += 8
    else if (reader.wire === FIXED32) at += 4
    else if (reader.wire === LENGTH) {
      const length = varint()
      valueStart = at
      at += length
    } else throw new ProtobufBroken(`wire type ${reader.wire} at byte ${start}`)
    if (at > message.length)
      throw new ProtobufBroken(
        `field ${reader.field} at byte ${start} runs ${at - message.length} bytes beyond the end`
      )
  }

  /** An unsigned varint; exact to 2⁵³, which tags and lengths never reach. */
  function varint(): number {
    let value = 0
    for (let i = 0, scale = 1; i < 10; i++, scale *= 128) {
      if (at >= message.length) throw new ProtobufBroken(`a number is cut off at byte ${at}`)
      const byte = message[at++]!
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
    throw new ProtobufBroken(`a number of more than ten bytes at byte ${at - 10}`)
  }

  return reader
}

/** The signed 64-bit varint that starts at `at`, known to be complete; up to 49 bits, which nearly all are, without big integers. */
function toInt64(message: Uint8Array, at: number): number {
  let small = 0
  for (let i = 0, scale = 1; i < 7; i++, scale *= 128) {
    const byte = message[at + i]!
    small += (byte & 127) * scale
    if (byte < 128) return small
  }
  let value = 0n
  for (let shift = 0n; ; shift += 7n) {
    const byte = message[at++]!
    value |= BigInt(byte & 127) << shift
    if (byte < 128) return Number(BigInt.asIntN(64, value))
  }
}

/** Hands over the whole numbers of the current field, a packed list or a single one, one after the other. */
export function readInts(reader: Reader, take: (int: number) => void): void {
  if (reader.wire !== LENGTH) {
    take(reader.int())
    return
  }
  const bytes = reader.bytes()
  for (let at = 0; at < bytes.length; at++) {
    const start = at
    while (at < bytes.length && bytes[at]! > 127) at++
    if (at === bytes.length || at - start > 9)
      throw new ProtobufBroken('a packed list of whole numbers that is none')
    take(toInt64(bytes, start))
  }
}

/** Adds the 32-bit floating-point numbers of the current field, a packed list or a single one, to a list. */
export function readFloats(reader: Reader, into: number[]): void {
  const packed = reader.wire === LENGTH
  const bytes = packed ? reader.bytes() : reader.whole()
  if ((!packed && reader.wire !== FIXED32) || (packed && bytes.length % 4 !== 0)) {
    throw new ProtobufBroken('a list of floating-point numbers that is none')
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = packed ? 0 : bytes.length - 4; at < bytes.length; at += 4)
    into.push(view.getFloat32(at, true))
}

/** Builds one message, field after field; every method answers the writer. */
export interface Writer {
  /** A whole number or truth value; a negative number takes ten bytes, as int32 and int64 do. */
  varint(field: number, value: number | bigint | boolean): Writer
  /** A 32-bit floating-point number. */
  float(field: number, value: number): Writer
  bytes(field: number, value: Uint8Array): Writer
  text(field: number, value: string): Writer
  /** A nested message. */
  message(field: number, value: Writer): Writer
  /** A packed list of 32-bit floating-point numbers. */
  packedFloats(field: number, values: ArrayLike<number>): Writer
  /** A packed list of whole numbers. */
  packedVarints(field: number, values: Iterable<number | bigint>): Writer
  /** Bytes that are fields already, such as `Reader.whole()`. */
  raw(fields: Uint8Array): Writer
  finish(): Uint8Array
}

const ENCODER = new TextEncoder()

export function createWriter(): Writer {
  const parts: Uint8Array[] = []
  const writer: Writer = {
    varint: (field, value) => put(varints([tag(field, VARINT), value])),
    float: (field, value) => put(varints([tag(field, FIXED32)]), floatBytes([value])),
    bytes: (field, value) => put(varints([tag(field, LENGTH), value.length]), value),
    text: (field, value) => writer.bytes(field, ENCODER.encode(value)),
    message: (field, value) => writer.bytes(field, value.finish()),
    packedFloats: (field, values) => writer.bytes(field, floatBytes(values)),
    packedVarints: (field, values) => writer.bytes(field, varints(values)),
    raw: fields => put(fields),
    finish: () => Uint8Array.from(Buffer.concat(parts))
  }

  function put(...more: Uint8Array[]): Writer {
    parts.push(...more)
    return writer
  }

  return writer
}

function tag(field: number, wire: number): number {
  return field * 8 + wire
}

function varints(values: Iterable<number | bigint | boolean>): Uint8Array {
  const bytes: number[] = []
  for (const value of values) {
    if (typeof value === 'number' && value >= 0) pushSmall(bytes, value)
    else pushSigned(bytes, BigInt(value))
  }
  return Uint8Array.from(bytes)
}

function pushSmall(bytes: number[], value: number): void {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no whole number to write.`)
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  bytes.push(rest)
}

/** Two's complement in 64 bits, as int32 and int64 want it. */
function pushSigned(bytes: number[], value: bigint): void {
  let rest = BigInt.asUintN(64, value)
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
  bytes.push(Number(rest))
}

/** Little-endian on every machine, as protobuf and ONNX raw data want it. */
function floatBytes(values: ArrayLike<number>): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 4))
  for (let i = 0; i < values.length; i++) view.setFloat32(i * 4, values[i]!, true)
  return new Uint8Array(view.buffer)
}
