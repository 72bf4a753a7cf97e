import { spawnSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { cpus, loadavg, totalmem } from 'node:os'
import { join } from 'node:path'

const FOLDER = 'bench/results'

/** A table as Markdown. */
export function tableOf(
  head: readonly string[],
  rows: ReadonlyArray<ReadonlyArray<string | number>>
): string {
  const line = (cells: ReadonlyArray<string | number>): string => `| ${cells.join(' | ')} |`
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n')
}

/** What the figures were taken on, and how busy it was just then. */
export function machine(): string {
  const redis = spawnSync('redis-server', ['--version'], { encoding: 'utf8' }).stdout
  const version = /v=(\S+)/.exec(redis)?.[1] ?? 'unknown'
  const load = loadavg().map(average => average.toFixed(2))
  return (
    `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ` +
    `Node ${process.version}, Redis ${version}, ${process.platform} ${process.arch}; ` +
    `load averages ${load.join(', ')} over 1, 5 and 15 minutes, ${new Date().toISOString().slice(0, 16)}Z.`
  )
}

/** Writes a file of results, replacing that of an earlier run; answers its path. */
export async function writeResult(name: string, text: string): Promise<string> {
  await mkdir(FOLDER, { recursive: true })
  const path = join(FOLDER, name)
  await writeFile(path, text)
  return path
}

export function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
