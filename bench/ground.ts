import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LoadOrder } from './load.js'
import { benchModel } from './model.js'
import { startRedis, startServer, type startLoad, type Server } from './processes.js'
import { modelText, rulesText } from './world.js'

/** Starts a program that listens, and stops it when the work is done. */
export interface Start {
  (name: string, argv: readonly string[], env: Record<string, string>): Promise<Server>
  readonly stops: Array<() => Promise<void>>
}

/** What a bench stands on: a Redis, the service on it, and a way to start more. */
export interface Ground {
  readonly dir: string
  readonly redisSocket: string
  readonly model: string
  readonly offerd: Server
  /** Starts the service again, beside the first and with other rules, and other models and variables where they are given. */
  readonly further: (
    name: string,
    rulesDir: string,
    modelsDir?: string,
    env?: Record<string, string>
  ) => Promise<Server>
  readonly start: Start
}

/**
 * Starts the service on a Redis of its own, and stops everything that was started when the work is done.
 * @param program main.js of a build
 */
export async function withOfferd(
  work: (ground: Ground) => Promise<void>,
  program = 'dist/main.js'
): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'offerd-bench-'))
  const stops: Array<() => Promise<void>> = []
  const start: Start = Object.assign(
    async (name: string, argv: readonly string[], env: Record<string, string>) => {
      const server = await startServer(name, argv, env)
      stops.push(server.stop)
      return server
    },
    { stops }
  )
  try {
    const redis = await startRedis(dir)
    stops.push(redis.stop)
    const model = await writeWorld(dir)
    const further: Ground['further'] = (
      name,
      rulesDir,
      modelsDir = join(dir, 'models'),
      env = {}
    ) =>
      start(name, [program, 'serve'], {
        OFFERD_PORT: '0',
        OFFERD_DATA: join(dir, 'data'),
        OFFERD_REDIS_URL: redis.socket,
        OFFERD_RULES: rulesDir,
        OFFERD_MODELS: modelsDir,
        OFFERD_TOKEN_SECRET: 'a secret for the bench only, thirty-two bytes',
        OFFERD_LOG_LEVEL: 'warn',
        ...env
      })
    const offerd = await further('offerd', join(dir, 'rules'))
    await work({ dir, redisSocket: redis.socket, model, offerd, further, start })
  } finally {
    for (const stop of stops.reverse()) await stop()
    await rm(dir, { recursive: true, force: true })
  }
}

async function writeWorld(dir: string): Promise<string> {
  await mkdir(join(dir, 'rules'))
  await mkdir(join(dir, 'models', 'bench'), { recursive: true })
  await writeFile(join(dir, 'rules', 'strategy.yaml'), rulesText())
  await writeFile(join(dir, 'models', 'bench', 'model.yaml'), modelText())
  const model = join(dir, 'models', 'bench', 'model.onnx')
  await writeFile(model, benchModel())
  return model
}

/** Microseconds of processor time that the server takes for a request of this load. Throws when a request fails. */
export async function cpuPerRequest(
  server: Server,
  load: ReturnType<typeof startLoad>,
  order: LoadOrder
): Promise<number> {
  const before = await server.usage()
  const { requests, failed, failures } = await load.run(order)
  const after = await server.usage()
  if (failed > 0) throw new Error(`${failed} requests to ${server.name} failed (${failures})`)
  return (after.cpuMicros - before.cpuMicros) / requests
}
