import type { ModelSpec } from '../../policy/model-file.js'
import { digestOf } from '../digest.js'
import type { FusedLayout, ModelOutput, ModelRuntime, OpenFusion, OpenModel } from '../ports.js'
import type { ModelFile } from './model-files.js'

/** Opened sessions by the content of their files, so that a reload opens only what has changed. */
export interface ModelPool {
  open(file: ModelFile): Promise<OpenModel>
  /** Opens models of this pool as one. */
  fuse(layout: FusedLayout): Promise<OpenFusion>
  /** Releases every session that is not among these. */
  keepOnly(sessions: Iterable<Session>): void
}

/** What holds memory of the runtime. */
export type Session = Pick<OpenModel, 'release'>

/** How long a session outlives its last snapshot: longer than any decision may take. */
const RELEASE_AFTER_MS = 15_000

export function createModelPool(
  runtime: ModelRuntime,
  schedule: (work: () => void, delayMs: number) => void
): ModelPool {
  const models = new Map<string, Promise<OpenModel>>()
  const fusions = new Map<string, Promise<OpenFusion>>()
  const keys = new WeakMap<OpenModel, string>()

  function release<S extends Session>(sessions: Map<string, Promise<S>>, used: Set<Session>): void {
    for (const [key, opening] of sessions) {
      void opening.then(
        open => {
          if (used.has(open) || sessions.get(key) !== opening) return
          sessions.delete(key)
          schedule(() => void open.release(), RELEASE_AFTER_MS)
        },
        () => sessions.delete(key)
      )
    }
  }

  return {
    async open(file) {
      const key = await keyOf(file)
      const open = await opened(models, key, () => runtime.open(file.bytes, outputOf(file.spec)))
      keys.set(open, key)
      return open
    },
    fuse(layout) {
      const members = layout.members.map(({ open, places }) => [keys.get(open), places])
      const key = JSON.stringify([layout.inputs, members])
      return opened(fusions, key, () => runtime.fuse(layout))
    },
    keepOnly(sessions) {
      const used = new Set(sessions)
      release(models, used)
      release(fusions, used)
    }
  }
}

function opened<S>(
  sessions: Map<string, Promise<S>>,
  key: string,
  open: () => Promise<S>
): Promise<S> {
  const session = sessions.get(key) ?? open()
  sessions.set(key, session)
  session.catch(() => sessions.delete(key))
  return session
}

function keyOf({ spec, bytes }: ModelFile): Promise<string> {
  return digestOf([bytes, JSON.stringify(outputOf(spec))])
}

/** What the file is opened for; the number of columns fills in for inputs that leave their width open. */
function outputOf(spec: ModelSpec): ModelOutput {
  const columns = Object.fromEntries(
    spec.inputs.map(({ input, columns: listed }) => [input, listed.length])
  )
  return { ...spec.output, columns }
}
