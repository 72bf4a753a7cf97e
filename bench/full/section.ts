import type { Bed } from '../contenders.js'

/** A chapter of the full run's report. */
export interface Chapter {
  /** Markdown, without a heading. */
  readonly text: string
  /** SVG by name of its file; shown below the text, with what they show in words. */
  readonly plots?: ReadonlyArray<{
    readonly name: string
    readonly alt: string
    readonly svg: string
  }>
}

/** How a chapter comes about: from servers under load, or inside this process. */
export type Section =
  | { readonly title: string; readonly over: 'the wire'; run(bed: Bed): Promise<Chapter> }
  | { readonly title: string; readonly over: 'nothing'; run(): Promise<Chapter> }

/** Lots of each contender; the more, the narrower the intervals. */
export const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 6)
/** Length of a lot under load. */
export const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 1)
