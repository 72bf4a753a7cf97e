import { useMemo } from 'preact/hooks'
import { useCell } from './cell.js'
import { language, type Language } from './preferences.js'

/** Numbers and times as people of one language write them; times in the browser's own zone. */
export interface Format {
  /** At most `digits` after the point, 0 where left out. */
  number(value: number, digits?: number): string
  /** Exactly `digits` after the point, for figures that are compared line by line. */
  fixed(value: number, digits: number): string
  /** A share in [0, 1] as percent with one digit. */
  percent(share: number): string
  money(value: number, currency: string): string
  /** Hours, minutes and seconds of a time as RFC 3339 writes it or in milliseconds since 1970. */
  time(at: string | number): string
  dateTime(at: string | number): string
  date(at: string | number): string
  /** How long ago or ahead `at` is, seen from `nowMs`: "5 minutes ago". */
  ago(at: string | number, nowMs: number): string
}

const LOCALES: Readonly<Record<Language, string>> = { en: 'en-GB', zh: 'zh-CN' }

/** Largest first; the last takes what is shorter than a minute. */
const UNITS = [
  ['year', 31_557_600_000],
  ['month', 2_629_800_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000]
] as const

function createFormat(locale: string): Format {
  const numbers = [0, 1, 2, 3, 4].map(
    maximumFractionDigits => new Intl.NumberFormat(locale, { maximumFractionDigits })
  )
  const fixed = [0, 1, 2, 3, 4].map(
    digits =>
      new Intl.NumberFormat(locale, {
        minimumFractionDigits: digits,
        maximumFractionDigits: digits
      })
  )
  const percent = new Intl.NumberFormat(locale, {
    style: 'percent',
    minimumFractionDigits: 1,
    maximumFractionDigits: 1
  })
  const time = new Intl.DateTimeFormat(locale, { timeStyle: 'medium' })
  const date = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' })
  const dateTime = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' })
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  return {
    number: (value, digits = 0) => numbers[Math.min(digits, 4)]!.format(value),
    fixed: (value, digits) => fixed[Math.min(digits, 4)]!.format(value),
    percent: share => percent.format(share),
    money: (value, currency) =>
      new Intl.NumberFormat(locale, {
        style: 'currency',
        currency,
        maximumFractionDigits: Number.isInteger(value) ? 0 : 2
      }).format(value),
    time: at => time.format(new Date(at)),
    date: at => date.format(new Date(at)),
    dateTime: at => dateTime.format(new Date(at)),
    ago(at, nowMs) {
      const awayMs = new Date(at).getTime() - nowMs
      const [unit, unitMs] =
        UNITS.find(([, each]) => Math.abs(awayMs) >= each) ?? UNITS[UNITS.length - 1]!
      return relative.format(Math.round(awayMs / unitMs), unit)
    }
  }
}

/** How the language of the moment writes numbers and times. */
export function useFormat(): Format {
  const chosen = useCell(language)
  return useMemo(() => createFormat(LOCALES[chosen]), [chosen])
}
