import { useCell } from './cell.js'
import { language, type Language } from './preferences.js'

/**
 * A screen's words in every language. English is written first, `typeof en` is the type of the others, so a text that one language lacks
 * is an error of types; what takes numbers or names is a function.
 */
export type Texts<Dictionary> = Readonly<Record<Language, Dictionary>>

/** The words in the language of the moment. */
export function useTexts<Dictionary>(texts: Texts<Dictionary>): Dictionary {
  return texts[useCell(language)]
}
