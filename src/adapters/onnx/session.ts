import { InferenceSession } from 'onnxruntime-node'
import { reasonOf } from './probe.js'
import { refusal } from './refusal.js'

export type Session = InferenceSession

/** One thread, the caller's: the service's processes share the cores, not its models. */
export const SESSION_OPTIONS: InferenceSession.SessionOptions = {
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  interOpNumThreads: 1,
  intraOpNumThreads: 1,
  // What goes wrong arrives as an error; the runtime would write it to the terminal too.
  logSeverityLevel: 4
}

/** Throws ModelRefused when the runtime does not take the bytes. */
export async function openSession(bytes: Uint8Array): Promise<Session> {
  try {
    return await InferenceSession.create(bytes, SESSION_OPTIONS)
  } catch (error) {
    throw refusal(
      `The ONNX runtime does not take the model: ${reasonOf(error)}; export it again for a standard operator set.`
    )
  }
}
