import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { promisify } from 'node:util'
import type { Log } from '../../decisioning/ports.js'
import type { Connection } from './connection.js'
import { isSupported } from './health.js'
import { withLock } from './lock.js'

const PROGRAMS = ['redis-server', 'valkey-server']
/** A unix socket's path must fit into 108 bytes, with its end, and less on some systems. */
const MOST_PATH_BYTES = 100
const START_WAIT_MS = 10_000
const STOP_WAIT_MS = 5000
const LOOK_EVERY_MS = 10
const SUPERVISE_MS = 1000

/** The server in a data folder: one for all processes that use the folder, started by the first and stopped by the last. */
export interface OwnServer {
  readonly socketPath: string
  /** Starts it again should it die; called with the connection that uses it. */
  supervise(connection: Connection): void
  /** Stops it unless somebody else is connected. */
  leave(connection: Connection): Promise<void>
}

/** The first program on PATH that can serve; undefined where there is none. */
export async function findServerProgram(log: Log): Promise<string | undefined> {
  for (const program of PROGRAMS) {
    const version = await versionOf(program)
    if (version !== undefined && isSupported(version)) return program
    if (version !== undefined)
      log.warn(
        { program, version },
        `${program} ${version} is too old and not used; version 6.2 or later is needed`
      )
  }
  return undefined
}

async function versionOf(program: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(program, ['--version'])
    return /v=([\d.]+)/.exec(stdout)?.[1]
  } catch {
    // Not on PATH, or not runnable: either way it is no server to us.
    return undefined
  }
}

/** Joins the server that runs in the folder, left behind or not, or starts one. Rejects with a sentence when it does not start. */
export async function joinOrStart(program: string, dataDir: string, log: Log): Promise<OwnServer> {
  const folder = resolve(dataDir)
  const socketPath = socketPathIn(folder)
  const lockPath = join(folder, 'redis.lock')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const ensure = () =>
    withLock(lockPath, async () => {
      if (await isListening(socketPath)) return false
      await start(program, folder, socketPath)
      return true
    })
  log.info(
    { program, folder },
    (await ensure())
      ? `${program} started in ${folder}`
      : `joined the server that runs in ${folder}`
  )
  let supervision: NodeJS.Timeout | undefined
  return {
    socketPath,
    supervise(connection) {
      supervision = setInterval(() => {
        if (connection.ready) return
        ensure().then(
          started => {
            if (started) log.error({ folder }, `${program} had stopped and was started again`)
          },
          (error: unknown) =>
            log.error(
              { folder, error: String(error) },
              `${program} stopped and could not be started again`
            )
        )
      }, SUPERVISE_MS).unref()
    },
    async leave(connection) {
      clearInterval(supervision)
      await withLock(lockPath, () => stopUnlessShared(connection, socketPath))
    }
  }
}

function socketPathIn(folder: string): string {
  const path = join(folder, 'redis.sock')
  const short = [path, relative('', path)].find(
    candidate => Buffer.byteLength(candidate) <= MOST_PATH_BYTES
  )
  return (
    short ??
    join(tmpdir(), `offerd-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}.sock`)
  )
}

/** Whether somebody listens; a server that is stopped or loading counts, for a second one on its files would destroy them. */
export function isListening(socketPath: string): Promise<boolean> {
  return new Promise(answer => {
    const socket = connect(socketPath)
    socket.once('connect', () => {
      socket.destroy()
      answer(true)
    })
    socket.once('error', () => answer(false))
  })
}

async function start(program: string, folder: string, socketPath: string): Promise<void> {
  // Detached: an interrupt from the terminal must not end the server before its last client has written.
  const child = spawn(program, serverArguments(folder, socketPath), {
    cwd: folder,
    detached: true,
    stdio: 'ignore'
  })
  child.unref()
  const ended = new Promise<string>(tell => {
    child.once('error', error => tell(error.message))
    child.once('exit', (code, signal) => tell(`exit ${code ?? signal}`))
  })
  let end: string | undefined
  void ended.then(text => {
    end = text
  })
  const untilMs = performance.now() + START_WAIT_MS
  while (!(await isListening(socketPath))) {
    if (end !== undefined)
      throw new Error(`${program} does not start in ${folder} (${end}): ${await lastWords(folder)}`)
    if (performance.now() > untilMs)
      throw new Error(
        `${program} does not listen after ${START_WAIT_MS / 1000} s; see ${join(folder, 'redis.log')}`
      )
    await new Promise(resolve => setTimeout(resolve, LOOK_EVERY_MS))
  }
}

function serverArguments(folder: string, socketPath: string): string[] {
  return [
    '--port',
    '0',
    // The server works in the folder; the name alone is never too long.
    '--unixsocket',
    resolve(socketPath) === join(folder, 'redis.sock') ? 'redis.sock' : socketPath,
    '--unixsocketperm',
    '700',
    '--dir',
    '.',
    '--appendonly',
    'yes',
    '--appendfsync',
    'everysec',
    '--save',
    '',
    '--maxmemory-policy',
    'noeviction',
    '--lua-time-limit',
    '200',
    '--logfile',
    'redis.log',
    '--daemonize',
    'no'
  ]
}

async function lastWords(folder: string): Promise<string> {
  const text = await readFile(join(folder, 'redis.log'), 'utf8').catch(() => 'it left no log')
  return text.trim().split('\n').slice(-3).join(' | ')
}

async function stopUnlessShared(connection: Connection, socketPath: string): Promise<void> {
  if (!connection.ready) return
  const clients = String(await connection.command('CLIENT', 'LIST'))
    .trim()
    .split('\n')
  if (clients.some(client => !client.includes(` name=${connection.name}`))) return
  // The answer to SHUTDOWN is the end of the connection.
  await connection.command('SHUTDOWN').catch(() => undefined)
  const untilMs = performance.now() + STOP_WAIT_MS
  while (performance.now() < untilMs && (await isListening(socketPath)))
    await new Promise(resolve => setTimeout(resolve, LOOK_EVERY_MS))
}
