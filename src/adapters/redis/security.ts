import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { isIP } from 'node:net'
import { checkServerIdentity } from 'node:tls'
import type { ConnectionOptions } from 'node:tls'
import type { Log } from '../../decisioning/ports.js'

/** Files in PEM; each undefined where it is not given. */
export interface TlsFiles {
  /** The authorities that may vouch for Redis, instead of those of the system. */
  readonly ca?: string | undefined
  /** What this process shows to Redis, with the certificates between it and the authority. */
  readonly cert?: string | undefined
  /** The private key of that certificate. */
  readonly key?: string | undefined
}

/**
 * How a connection to a host is secured; the files are looked at again with every connection.
 * @param foundThrough a host that told of this one: certificates name hosts, and one that is told of by its number may show that name
 */
export type Security = (host: string, foundThrough?: string) => ConnectionOptions

/** What the files hold. */
type Papers = TlsFiles

/** The variables that name the files. */
const VARIABLES = {
  ca: 'OFFERD_REDIS_CA',
  cert: 'OFFERD_REDIS_CERT',
  key: 'OFFERD_REDIS_KEY'
} as const
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g
const WARN_BEFORE_MS = 30 * 86_400_000

/** TLS with the authorities that Node.js trusts, and no certificate of one's own. */
export const TRUST_OF_THE_SYSTEM: Security = securedBy(() => ({}))

/**
 * TLS by files. A file that has changed is used for the next connection, and where it cannot be used the ones before stay in use.
 * @throws Error with a sentence for people when a file cannot be read, is not what it must be, or does not belong to another one
 */
export function openSecurity(files: TlsFiles, log: Log): Security {
  let stamp = stampOf(files)
  let papers = readPapers(files)
  warnOfEnds(papers, files, log)
  return securedBy(() => {
    const found = stampOf(files)
    if (found === stamp) return papers
    stamp = found
    try {
      papers = readPapers(files)
      log.info({ files }, 'the TLS files for Redis have changed and are used from now on')
      warnOfEnds(papers, files, log)
    } catch (error) {
      log.error(
        { files, error: messageOf(error) },
        'the TLS files for Redis have changed and cannot be used; the ones before stay in use'
      )
    }
    return papers
  })
}

/** The variables of the files that are given. */
export function namedIn(files: TlsFiles): string[] {
  return kindsIn(files).map(kind => VARIABLES[kind])
}

function securedBy(papers: () => Papers): Security {
  return (host, foundThrough) => {
    const name = [host, foundThrough].find(each => each !== undefined && isIP(each) === 0)
    return {
      // Getters, because the client library copies these options with every connection that it opens.
      get ca() {
        return papers().ca
      },
      get cert() {
        return papers().cert
      },
      get key() {
        return papers().key
      },
      ...(name === undefined ? {} : { servername: name }),
      checkServerIdentity: (_servername, certificate) => {
        const mismatch = checkServerIdentity(host, certificate)
        if (mismatch === undefined || name === undefined || name === host) return mismatch
        return checkServerIdentity(name, certificate) && mismatch
      }
    }
  }
}

function readPapers(files: TlsFiles): Papers {
  const papers: Papers = Object.fromEntries(
    kindsIn(files).map(kind => [kind, textOf(kind, files[kind]!)])
  )
  const { ca, cert, key } = papers
  if ((cert === undefined) !== (key === undefined))
    throw new Error(
      `${VARIABLES.cert} and ${VARIABLES.key} belong together: set both, or neither where Redis asks for no certificate`
    )
  if (ca !== undefined) certificatesIn('ca', ca, files)
  if (cert === undefined || key === undefined) return papers
  const [own] = certificatesIn('cert', cert, files)
  if (!own!.checkPrivateKey(privateKey(key, files)))
    throw new Error(
      `the key in ${files.key} (${VARIABLES.key}) is not that of the first certificate in ${files.cert} (${VARIABLES.cert})`
    )
  return papers
}

function textOf(kind: keyof TlsFiles, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new Error(`${VARIABLES[kind]}: ${messageOf(error)}`, { cause: error })
  }
}

/** Node.js takes anything for an authority and trusts nobody then, so each certificate is read here. */
function certificatesIn(kind: 'ca' | 'cert', text: string, files: TlsFiles): X509Certificate[] {
  const found = text.match(CERTIFICATE) ?? []
  try {
    if (found.length > 0) return found.map(each => new X509Certificate(each))
  } catch {
    // Said below, with the file.
  }
  throw new Error(
    `${VARIABLES[kind]}: ${files[kind]} must hold certificates in PEM (-----BEGIN CERTIFICATE-----), and ${found.length === 0 ? 'has none' : 'one of them is damaged'}`
  )
}

function privateKey(text: string, files: TlsFiles) {
  try {
    return createPrivateKey(text)
  } catch (error) {
    throw new Error(
      `${VARIABLES.key}: ${files.key} must hold a private key in PEM without a passphrase`,
      { cause: error }
    )
  }
}

function warnOfEnds(papers: Papers, files: TlsFiles, log: Log): void {
  for (const kind of ['ca', 'cert'] as const) {
    const text = papers[kind]
    if (text === undefined) continue
    for (const { subject, validTo } of certificatesIn(kind, text, files)) {
      const leftMs = Date.parse(validTo) - Date.now()
      if (leftMs < WARN_BEFORE_MS)
        log.warn(
          { file: files[kind], subject: subject.replaceAll('\n', ', '), validTo },
          `a certificate in ${VARIABLES[kind]} ${leftMs < 0 ? 'has expired' : `expires in ${Math.ceil(leftMs / 86_400_000)} days`}: put a new one into the file, which is then used without a restart`
        )
    }
  }
}

function kindsIn(files: TlsFiles): Array<keyof TlsFiles> {
  return (['ca', 'cert', 'key'] as const).filter(kind => files[kind] !== undefined)
}

/** Tells one state of the files from another without reading them. */
function stampOf(files: TlsFiles): string {
  return kindsIn(files)
    .map(kind => {
      const found = statSync(files[kind]!, { throwIfNoEntry: false })
      return found === undefined ? '-' : `${found.ino}:${found.size}:${found.mtimeMs}`
    })
    .join(' ')
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
