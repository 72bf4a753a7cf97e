import type { ComponentType } from 'preact'
import type { Language } from './preferences.js'

/** One screen of the console: its place below /console, its name, and its chunk, which is fetched when it is opened. */
export interface ScreenEntry {
  readonly path: string
  readonly name: Readonly<Record<Language, string>>
  load(): Promise<{ readonly Screen: ComponentType }>
}

/** In the order of the navigation, a line each. A screen's module exports its component as `Screen`. */
export const SCREENS: readonly ScreenEntry[] = [
  {
    path: '',
    name: { en: 'Live', zh: '实时' },
    load: () => import('../live/live.js')
  },
  {
    path: 'desk',
    name: { en: 'Agent desk', zh: '坐席工作台' },
    load: () => import('../desk/desk.js')
  },
  {
    path: 'strategy',
    name: { en: 'Strategy', zh: '策略' },
    load: () => import('../strategy/strategy.js')
  },
  {
    path: 'decisions',
    name: { en: 'Decisions', zh: '决策' },
    load: () => import('../decisions/decisions.js')
  },
  {
    path: 'learning',
    name: { en: 'Learning', zh: '学习' },
    load: () => import('../learning/learning.js')
  },
  {
    path: 'what-if',
    name: { en: 'What if', zh: '假设分析' },
    load: () => import('../what-if/what-if.js')
  }
]
