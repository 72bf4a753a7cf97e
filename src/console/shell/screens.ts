import type { ComponentType } from 'preact'
import type { Answer } from '../api/client.js'
import type { Language } from './preferences.js'

/** One screen of the console: its place below /console, its name, and its chunk, which is fetched when it is opened. */
export interface ScreenEntry {
  readonly path: string
  readonly name: Readonly<Record<Language, string>>
  /** What somebody's key must allow for the screen to show anything. */
  readonly needs: Answer<'Session'>['rights']
  load(): Promise<{ readonly Screen: ComponentType }>
}

/** In the order of the navigation, a line each. A screen's module exports its component as `Screen`. */
export const SCREENS: readonly ScreenEntry[] = [
  {
    path: '',
    name: { en: 'Live', zh: '实时' },
    needs: ['measure', 'read_strategy'],
    load: () => import('../live/live.js')
  },
  {
    path: 'desk',
    name: { en: 'Agent desk', zh: '坐席工作台' },
    needs: ['decide', 'tell', 'read_words', 'read_customers'],
    load: () => import('../desk/desk.js')
  },
  {
    path: 'strategy',
    name: { en: 'Strategy', zh: '策略' },
    needs: ['read_strategy'],
    load: () => import('../strategy/strategy.js')
  },
  {
    path: 'decisions',
    name: { en: 'Decisions', zh: '决策' },
    needs: ['read_decisions'],
    load: () => import('../decisions/decisions.js')
  },
  {
    path: 'learning',
    name: { en: 'Learning', zh: '学习' },
    needs: ['read_strategy'],
    load: () => import('../learning/learning.js')
  },
  {
    path: 'what-if',
    name: { en: 'What if', zh: '假设分析' },
    needs: ['read_strategy', 'suppose'],
    load: () => import('../what-if/what-if.js')
  }
]

/** Whether somebody's key reaches a screen; while it is not known who sits here, any. */
export function reaches(session: Answer<'Session'> | undefined, { needs }: ScreenEntry): boolean {
  return session === undefined || needs.every(right => session.rights.includes(right))
}
