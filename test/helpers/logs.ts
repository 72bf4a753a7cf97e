import type { Log } from '../../src/decisioning/ports.js'

/** A log that keeps its sentences. */
export function keptLog(): Log & { readonly sentences: string[] } {
  const sentences: string[] = []
  const keep = (level: string) => (_facts: object, sentence: string) => {
    sentences.push(`${level}: ${sentence}`)
  }
  return {
    sentences,
    debug: keep('debug'),
    info: keep('info'),
    warn: keep('warn'),
    error: keep('error')
  }
}
