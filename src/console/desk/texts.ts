import type { Texts } from '../shell/texts.js'
import { en } from './texts-en.js'
import { zh } from './texts-zh.js'

export const DESK_TEXTS: Texts<typeof en> = { en, zh }
