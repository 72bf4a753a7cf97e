import { readModelFile } from '../../policy/model-file.js'
import { CommandRefused } from '../shell.js'
import type { RosterModel } from './roster.js'

const LINE = /^shadow:([ \t]+)(?:true|false)(?=[ \t]*(?:#.*)?\r?$)/m
const VERSION = /^version:.*?(\r?\n|$)/m

/**
 * The text of a model.yaml with another `shadow:`; everything else, comments too, stays byte for byte. Without such a line one is
 * put after the version. Throws CommandRefused where the file is written in a way that this does not reach.
 */
export function withShadow({ text, spec, label }: RosterModel, shadow: boolean): string {
  const edited = LINE.test(text)
    ? text.replace(LINE, `shadow:$1${shadow}`)
    : text.replace(VERSION, (line, end: string) => {
        const newline = end === '' ? '\n' : end
        return `${line.slice(0, line.length - end.length)}${newline}shadow: ${shadow}${newline}`
      })
  const { model } = readModelFile({ path: spec.place.file, text: edited })
  if (model?.shadow !== shadow)
    throw new CommandRefused(
      `${spec.place.file} does not say on a line of its own whether ${label} is a shadow; write "shadow: ${spec.shadow}" below its version and try again`
    )
  return edited
}
