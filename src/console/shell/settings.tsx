import { session, signOut } from '../api/session.js'
import { useCell } from './cell.js'
import { LANGUAGES, language, THEMES, theme, type Language, type Theme } from './preferences.js'
import { SHELL_TEXTS } from './shell-texts.js'
import { useTexts } from './texts.js'

/** Every language in its own words. */
const NAMES: Readonly<Record<Language, string>> = { en: 'English', zh: '中文' }

/** Language, appearance and, where somebody has signed in, how to leave. */
export function Settings() {
  const texts = useTexts(SHELL_TEXTS)
  const signedIn = useCell(session)
  return (
    <div class="settings">
      <select
        aria-label={texts.language}
        value={useCell(language)}
        onChange={({ currentTarget }) => language.set(currentTarget.value as Language)}
      >
        {LANGUAGES.map(each => (
          <option key={each} value={each} lang={each}>
            {NAMES[each]}
          </option>
        ))}
      </select>
      <select
        aria-label={texts.theme}
        value={useCell(theme)}
        onChange={({ currentTarget }) => theme.set(currentTarget.value as Theme)}
      >
        {THEMES.map(each => (
          <option key={each} value={each}>
            {texts.themes[each]}
          </option>
        ))}
      </select>
      {/* Without an end there is nothing to leave: the service has no keys. */}
      {typeof signedIn?.until === 'string' && (
        <button
          type="button"
          class="button quiet"
          title={`${texts.signedInAs} ${signedIn.key}`}
          onClick={() => void signOut()}
        >
          {texts.signOut}
        </button>
      )}
    </div>
  )
}
