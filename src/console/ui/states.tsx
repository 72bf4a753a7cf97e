import type { ComponentChildren } from 'preact'
import { ApiProblem, UNREACHABLE } from '../api/client.js'
import { keyAskedFor } from '../api/key-asked-for.js'
import { useTexts, type Texts } from '../shell/texts.js'

const en = {
  loading: 'Loading…',
  failed: 'This could not be fetched',
  unreachable:
    'The service cannot be reached. Check that it runs; this screen tries again by itself.',
  again: 'Try again',
  otherKey: 'Use another key'
}
const zh: typeof en = {
  loading: '加载中…',
  failed: '无法获取数据',
  unreachable: '无法连接服务。请确认服务正在运行；本页面会自动重试。',
  again: '重试',
  otherKey: '换用其他密钥'
}
const TEXTS: Texts<typeof en> = { en, zh }

/** Grey bars where content will be; `rows` of them. */
export function Loading({ rows = 3 }: { readonly rows?: number }) {
  const texts = useTexts(TEXTS)
  return (
    <div class="loading" role="status">
      <span class="unseen">{texts.loading}</span>
      {Array.from({ length: rows }, (_, i) => (
        <div key={i} class="loading-bar" aria-hidden="true" />
      ))}
    </div>
  )
}

/** Says that there is nothing, and what would change that. */
export function Empty(props: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{props.title}</p>
      {props.children !== undefined && <div class="empty-hint">{props.children}</div>}
    </div>
  )
}

/** What went wrong in the service's own words, which name the remedy, and a button to try again. */
export function ErrorNote(props: { readonly error: unknown; readonly retry?: () => void }) {
  const texts = useTexts(TEXTS)
  const { error, retry } = props
  const isAway = error instanceof ApiProblem && error.code === UNREACHABLE
  const faults = error instanceof ApiProblem ? error.faults : []
  const isForbidden = error instanceof ApiProblem && error.status === 403
  return (
    <div class="error-note" role="alert">
      <p class="error-title">{texts.failed}</p>
      <p>{isAway ? texts.unreachable : error instanceof Error ? error.message : String(error)}</p>
      {faults.length > 0 && (
        <ul>
          {faults.map(({ pointer, detail }) => (
            <li key={pointer + detail}>
              <code>{pointer}</code> {detail}
            </li>
          ))}
        </ul>
      )}
      {isForbidden && (
        <button type="button" class="button" onClick={() => keyAskedFor.set(error.message)}>
          {texts.otherKey}
        </button>
      )}
      {retry !== undefined && !isForbidden && (
        <button type="button" class="button" onClick={retry}>
          {texts.again}
        </button>
      )}
    </div>
  )
}
