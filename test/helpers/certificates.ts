import { generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { isIPv4 } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Ending } from './redis.js'

/** A certificate and its key, in PEM. */
export interface Certified {
  readonly cert: string
  readonly key: string
}

/** Somebody whose word counts for who trusts the certificate. */
export interface Authority extends Certified {
  /** A certificate of this authority. */
  issue(options?: IssueOptions): Certified
}

export interface IssueOptions {
  /** Names and IPv4 numbers of hosts; default localhost and 127.0.0.1. */
  readonly hosts?: readonly string[]
  /** ms since 1970; default since yesterday. */
  readonly fromMs?: number
  /** ms since 1970; default for a year. */
  readonly untilMs?: number
}

/** The tags of DER (X.690) that certificates need. */
const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  time: 0x18,
  sequence: 0x30,
  set: 0x31
} as const
/** Explicit and implicit tags of a certificate's own fields (RFC 5280, 4.1 and 4.2.1.6). */
const VERSION = 0xa0
const EXTENSIONS = 0xa3
const DNS_NAME = 0x82
const NUMBER = 0x87
const OID = {
  commonName: [0x55, 0x04, 0x03],
  alternativeNames: [0x55, 0x1d, 0x11],
  basicConstraints: [0x55, 0x1d, 0x13],
  ecdsaWithSha256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]
} as const
const DAY_MS = 86_400_000

let issued = 1

/** Makes an authority, with which nothing but a test has to do. */
export function createAuthority(name = 'authority'): Authority {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const make = (
    subject: string,
    publicKey: KeyObject,
    options: IssueOptions,
    isAuthority: boolean
  ) =>
    certificate(
      { issuer: name, subject, publicKey, signedWith: pair.privateKey, isAuthority },
      options
    )
  return {
    cert: make(name, pair.publicKey, {}, true),
    key: pemOf(pair.privateKey),
    issue(options = {}) {
      const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      return { cert: make('server', own.publicKey, options, false), key: pemOf(own.privateKey) }
    }
  }
}

/** Writes texts into files that are gone when the test ends; answers their paths. */
export async function writeFiles<Name extends string>(
  t: Ending,
  texts: Readonly<Record<Name, string>>
): Promise<Record<Name, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'offerd-tls-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const paths = Object.entries<string>(texts).map(async ([name, text]) => {
    const path = join(folder, `${name}.pem`)
    await writeFile(path, text)
    return [name, path] as const
  })
  return Object.fromEntries(await Promise.all(paths)) as Record<Name, string>
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

interface Facts {
  readonly issuer: string
  readonly subject: string
  readonly publicKey: KeyObject
  readonly signedWith: KeyObject
  readonly isAuthority: boolean
}

/** An X.509 certificate of version 3 (RFC 5280, 4.1) in PEM. */
function certificate(facts: Facts, { hosts, fromMs, untilMs }: IssueOptions): string {
  const algorithm = der(TAG.sequence, oid(OID.ecdsaWithSha256))
  const nowMs = Date.now()
  const body = der(
    TAG.sequence,
    der(VERSION, integer(2)),
    integer(issued++),
    algorithm,
    nameOf(facts.issuer),
    der(TAG.sequence, time(fromMs ?? nowMs - DAY_MS), time(untilMs ?? nowMs + 365 * DAY_MS)),
    nameOf(facts.subject),
    facts.publicKey.export({ type: 'spki', format: 'der' }),
    der(
      EXTENSIONS,
      der(
        TAG.sequence,
        facts.isAuthority
          ? extension(OID.basicConstraints, der(TAG.sequence, der(TAG.boolean, Buffer.of(0xff))))
          : extension(OID.alternativeNames, alternativeNames(hosts ?? ['localhost', '127.0.0.1']))
      )
    )
  )
  const whole = der(
    TAG.sequence,
    body,
    algorithm,
    der(TAG.bits, Buffer.of(0), sign('sha256', body, facts.signedWith))
  )
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}

function alternativeNames(hosts: readonly string[]): Buffer {
  return der(
    TAG.sequence,
    ...hosts.map(host =>
      isIPv4(host)
        ? der(NUMBER, Buffer.from(host.split('.').map(Number)))
        : der(DNS_NAME, Buffer.from(host))
    )
  )
}

function extension(name: readonly number[], value: Buffer): Buffer {
  return der(TAG.sequence, oid(name), der(TAG.octets, value))
}

function nameOf(commonName: string): Buffer {
  const attribute = der(TAG.sequence, oid(OID.commonName), der(TAG.utf8, Buffer.from(commonName)))
  return der(TAG.sequence, der(TAG.set, attribute))
}

function oid(bytes: readonly number[]): Buffer {
  return der(TAG.oid, Buffer.from(bytes))
}

/** A small number that is not negative. */
function integer(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  const first = bytes.findIndex(byte => byte !== 0)
  const digits = first < 0 ? bytes.subarray(3) : bytes.subarray(first)
  return der(TAG.integer, digits[0]! > 127 ? Buffer.concat([Buffer.of(0), digits]) : digits)
}

function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/\.\d+/, '').replace(/[-:T]/g, '')
  return der(TAG.time, Buffer.from(digits))
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const size =
    length < 0x80
      ? Buffer.of(length)
      : length < 0x100
        ? Buffer.of(0x81, length)
        : Buffer.of(0x82, length >> 8, length & 0xff)
  return Buffer.concat([Buffer.of(tag), size, content])
}
