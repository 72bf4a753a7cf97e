import type { ComponentType } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { keyAskedFor } from '../api/key-asked-for.js'
import { learnSession, session, signIns } from '../api/session.js'
import { Announcer } from '../ui/announce.js'
import { Empty, ErrorNote, Loading } from '../ui/states.js'
import { useCell } from './cell.js'
import { language } from './preferences.js'
import { addressOf, followLink, goTo, place } from './router.js'
import { reaches, SCREENS, type ScreenEntry } from './screens.js'
import { Settings } from './settings.js'
import { SHELL_TEXTS } from './shell-texts.js'
import { SignIn } from './sign-in.js'
import { useTexts } from './texts.js'

/** The frame of every screen: where one is, where one may go, and the screen itself. */
export function Shell() {
  const texts = useTexts(SHELL_TEXTS)
  const { path } = useCell(place)
  const asked = useCell(keyAskedFor)
  const chosen = useCell(language)
  const signedIn = useCell(session)
  const round = useCell(signIns)
  const entry = SCREENS.find(each => each.path === path)
  const reached = SCREENS.filter(each => reaches(signedIn, each))
  const main = useRef<HTMLElement>(null)
  useEffect(() => {
    document.title = `${entry?.name[chosen] ?? texts.nowhere} · offerd`
  }, [entry, chosen, texts])
  useEffect(() => {
    // What keeps this from an answer, the screen itself meets as well, and says.
    learnSession().catch(() => undefined)
  }, [])
  // Who may not see the first screen begins with the first that they may.
  const first = reached[0]
  useEffect(() => {
    if (path === '' && first !== undefined && first.path !== '')
      goTo(addressOf(first.path), { replace: true })
  }, [path, first])
  useFocusOnArrival(main, path)
  // Where the bar is narrower than its links, the one in use is in sight.
  useEffect(() => {
    document.querySelector('.top [aria-current]')?.scrollIntoView({ block: 'nearest' })
  }, [path, chosen])
  return (
    <div class="shell" onClick={followLink}>
      <a class="skip-link" href="#main">
        {texts.skip}
      </a>
      <header class="top">
        <a class="brand" href={addressOf('')}>
          offerd
        </a>
        <nav aria-label={texts.navigation}>
          <ul>
            {reached.map(each => (
              <li key={each.path}>
                <a href={addressOf(each.path)} aria-current={each === entry ? 'page' : undefined}>
                  {each.name[chosen]}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <Settings />
      </header>
      <main id="main" tabIndex={-1} ref={main}>
        {asked !== undefined ? (
          <SignIn detail={asked} />
        ) : entry === undefined ? (
          <Empty title={texts.nowhere}>
            <a href={addressOf('')}>{texts.toStart}</a>
          </Empty>
        ) : (
          <Opened key={`${entry.path}:${round}`} entry={entry} />
        )}
      </main>
      <Announcer />
    </div>
  )
}

/** A screen from the moment its chunk is here. */
function Opened({ entry }: { readonly entry: ScreenEntry }) {
  const [screen, setScreen] = useState<{ readonly Screen: ComponentType }>()
  const [error, setError] = useState<unknown>()
  const load = (): void => {
    setError(undefined)
    entry.load().then(setScreen, setError)
  }
  useEffect(load, [entry])
  if (error !== undefined) return <ErrorNote error={error} retry={load} />
  return screen === undefined ? <Loading rows={6} /> : <screen.Screen />
}

/** Who follows a link starts at the new screen's beginning, not where the old one was left; the first screen is left alone. */
function useFocusOnArrival(main: { readonly current: HTMLElement | null }, path: string): void {
  const last = useRef(path)
  useEffect(() => {
    if (last.current === path) return
    last.current = path
    main.current?.focus({ preventScroll: true })
    scrollTo(0, 0)
  }, [path])
}
