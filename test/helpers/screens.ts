import type { BrowserContextOptions } from 'playwright-core'

const WIDTHS = {
  wide: { width: 1280, height: 720 },
  narrow: { width: 390, height: 844 }
} as const

/** How every screen is looked at: in both languages, wide and narrow, each width once in the dark. */
export const VIEWS: ReadonlyArray<{
  readonly name: string
  readonly options: BrowserContextOptions
}> = [
  { name: 'en-wide', options: { locale: 'en-GB', viewport: WIDTHS.wide } },
  { name: 'zh-wide', options: { locale: 'zh-CN', viewport: WIDTHS.wide, colorScheme: 'dark' } },
  { name: 'en-narrow', options: { locale: 'en-GB', viewport: WIDTHS.narrow, colorScheme: 'dark' } },
  { name: 'zh-narrow', options: { locale: 'zh-CN', viewport: WIDTHS.narrow } }
]
