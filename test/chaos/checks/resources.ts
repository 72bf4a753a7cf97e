import { linesOf, type History } from '../history.js'

const GROWTH = 1.1
/** Connections that the load keeps open come and go. */
const MORE_DESCRIPTORS = 16

/** I6: when all is over a process holds what it held before: memory within a tenth, and no connection or file more. */
export function checkResources(history: History): string[] {
  const lines = linesOf(history, 'memory')
  return lines
    .filter(({ when }) => when === 'after')
    .flatMap(after => {
      const before = lines.find(
        ({ service, when }) => service === after.service && when === 'before'
      )
      if (before === undefined) return []
      const { service } = after
      const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`
      return [
        ...(after.rssBytes > before.rssBytes * GROWTH
          ? [`${service} grew from ${megabytes(before.rssBytes)} to ${megabytes(after.rssBytes)}`]
          : []),
        ...(after.descriptors > before.descriptors + MORE_DESCRIPTORS
          ? [
              `${service} holds ${after.descriptors} files and sockets, ${before.descriptors} before`
            ]
          : [])
      ]
    })
}
