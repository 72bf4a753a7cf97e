import type { InferenceSession } from 'onnxruntime-node'

/** One thread, the caller's: the service's processes share the cores, not its models. */
export const SESSION_OPTIONS: InferenceSession.SessionOptions = {
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  interOpNumThreads: 1,
  intraOpNumThreads: 1,
  // What goes wrong arrives as an error; the runtime would write it to the terminal too.
  logSeverityLevel: 4
}
