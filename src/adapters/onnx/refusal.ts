import { ModelRefused } from '../../decisioning/ports.js'

/** The refusal of a model file. Names in it come from the file, so it is cut to one printable line of bounded length. */
export function refusal(sentence: string): ModelRefused {
  const line = sentence.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
  return new ModelRefused(line.length > 600 ? `${line.slice(0, 599)}…` : line)
}
