import { readConfig } from '../config.js'
import type { SharedDocuments } from '../decisioning/ports.js'
import { tokenKeyId } from '../decisioning/tokens.js'
import type { Command } from './command.js'
import { parseOptions } from './options.js'
import { paintFor, table } from './paint.js'
import { patient } from './patient.js'
import type { Parts } from './parts.js'
import { CommandRefused, UsageRefused } from './shell.js'
import { readOn, rotate, secretsOf, SPREAD_MS, type Ring } from './token-ring.js'

const HELP = `Usage: offerd keys [--json]
       offerd keys rotate [--leaked]

The secrets that sign the offers' tokens, which all services on one store share: by which id tokens name them, from when
each signs and until when its tokens are opened. The secrets themselves are never shown.

rotate   Adds a new secret. Every process learns of it within seconds and signs with it from ${SPREAD_MS / 1000} s on; tokens of earlier
         secrets are opened for as long as they would be good, so no valid token is refused. No restart is needed.

  --leaked    tokens of earlier secrets are refused as soon as the new one signs: for a secret that somebody has seen
  --json      as JSON
  -h, --help  this page

Where OFFERD_TOKEN_SECRET names the secrets, rotate there: "old,new" for all processes first, then "new,old", and a week
later "new".

Exit code 0: done. 1: it could not be done. 2: the command was not understood.
`

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  json: { type: 'boolean' },
  leaked: { type: 'boolean' }
} as const

export const keysCommand: Command = {
  name: 'keys',
  summary: 'show and rotate the secrets that sign tokens',
  help: HELP,

  async run(shell, words, parts) {
    const { values, positionals } = parseOptions(words, OPTIONS)
    const [what, ...more] = positionals
    if (more.length > 0 || (what !== undefined && what !== 'rotate'))
      throw new UsageRefused(`keys takes "rotate" or nothing, not "${positionals.join(' ')}"`)
    if (values.leaked && what === undefined)
      throw new UsageRefused('--leaked goes with "rotate", which makes the new secret')
    const { config } = readConfig(shell.env)
    if (config.tokenSecrets.length > 0)
      throw new CommandRefused(
        'OFFERD_TOKEN_SECRET names the secrets, so they rotate there: "old,new" for all processes first, then "new,old", and a week later "new"'
      )
    const log = parts.createLog(config.logLevel ?? 'warn', 'stderr')
    const store = await parts.openStore(patient(config), log)
    try {
      if (store.kind === 'memory')
        throw new CommandRefused(
          'there is no Redis, so each service has secrets of its own: install redis-server or set OFFERD_REDIS_URL'
        )
      const { documents } = store
      const ring = await readOn([], documents)
      const now = what === 'rotate' ? await rotated(ring, documents, values.leaked, parts) : ring
      const paint = paintFor(shell.stdout, shell.env)
      shell.stdout.write(`${values.json ? JSON.stringify(rowsOf(now)) : describe(now, paint)}\n`)
      return 0
    } finally {
      await store.close()
    }
  }
}

async function rotated(
  ring: Ring,
  documents: SharedDocuments,
  leaked = false,
  { clock }: Parts
): Promise<Ring> {
  const newest = ring.at(-1)
  if (newest === undefined)
    throw new CommandRefused(
      'there is no secret to rotate: the first service on this store makes it'
    )
  const nowMs = clock.wallMs()
  const waitMs = newest.signsFromMs - nowMs
  if (waitMs > 0)
    throw new CommandRefused(
      `the secrets were rotated just now; try again in ${Math.ceil(waitMs / 1000)} s, when the new one signs`
    )
  const rotation = await rotate(ring, documents, { nowMs, leaked })
  if (rotation === undefined)
    throw new CommandRefused(
      'somebody else rotated the secrets at the same moment; this one stays out'
    )
  return [...ring, rotation]
}

/** Where a time is null there is no bound. */
interface SecretRow {
  readonly id: string
  readonly signsFrom: string | null
  readonly opensUntil: string | null
}

function rowsOf(ring: Ring): SecretRow[] {
  return secretsOf(ring).map(({ secret, signsFromMs, opensUntilMs }) => ({
    id: tokenKeyId(secret),
    signsFrom: timeOf(signsFromMs),
    opensUntil: timeOf(opensUntilMs)
  }))
}

function timeOf(ms: number): string | null {
  return Number.isFinite(ms) ? new Date(ms).toISOString() : null
}

function describe(ring: Ring, paint: ReturnType<typeof paintFor>): string {
  if (ring.length === 0)
    return 'There are no secrets yet: the first service on this store makes one.'
  const rows = rowsOf(ring).map(({ id, signsFrom, opensUntil }) => [
    id,
    signsFrom ?? 'ever',
    opensUntil ?? paint.dim('until it is rotated')
  ])
  return table(['secret', 'signs from', 'its tokens are opened until'], rows).join('\n')
}
