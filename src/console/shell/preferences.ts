import { createCell, type Cell } from './cell.js'

export const LANGUAGES = ['en', 'zh'] as const
export type Language = (typeof LANGUAGES)[number]

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

/** The language of the console: as chosen here before, else the browser's. */
export const language: Cell<Language> = remembered(
  'offerd.language',
  LANGUAGES,
  navigator.language.startsWith('zh') ? 'zh' : 'en'
)

/** Light, dark, or as the system has it. */
export const theme: Cell<Theme> = remembered('offerd.theme', THEMES, 'system')

const page = document.documentElement
function apply(): void {
  page.lang = language.get() === 'zh' ? 'zh-Hans' : 'en'
  page.dataset['theme'] = theme.get()
}
language.watch(apply)
theme.watch(apply)
apply()

/** A choice that this browser keeps. */
function remembered<Choice extends string>(
  name: string,
  choices: readonly Choice[],
  initial: Choice
): Cell<Choice> {
  const cell = createCell(choices.find(each => each === localStorage.getItem(name)) ?? initial)
  cell.watch(() => localStorage.setItem(name, cell.get()))
  return cell
}
