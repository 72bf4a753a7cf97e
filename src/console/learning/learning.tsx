import './learning.css'
import { useCallback } from 'preact/hooks'
import { get } from '../api/client.js'
import { useAsked } from '../api/polled.js'
import { useCell } from '../shell/cell.js'
import { addressOf, goTo, place } from '../shell/router.js'
import { useTexts } from '../shell/texts.js'
import { ErrorNote, Loading } from '../ui/states.js'
import type { Learning } from './answers.js'
import { Models } from './models.js'
import { OfferTable } from './offer-table.js'
import { Progress } from './progress.js'
import { Results } from './results.js'
import { LEARNING_TEXTS } from './texts.js'

const EVERY_MS = 10_000
const PERIODS = [7, 30, 90, 365]
const DEFAULT_DAYS = 30

const askLearning = (signal: AbortSignal): Promise<Learning> =>
  get('Learning', '/v1/learning', signal)

/** What was learnt from responses, how that went, how good the models are, and what all of it was worth. */
export function Screen() {
  const texts = useTexts(LEARNING_TEXTS)
  const { value, error, isLoading, retry } = useAsked(askLearning, EVERY_MS)
  return (
    <div class="screen">
      <h1>{texts.title}</h1>
      {error !== undefined && <ErrorNote error={error} retry={retry} />}
      {isLoading && <Loading rows={8} />}
      {value !== undefined && <Parts learning={value} />}
    </div>
  )
}

function Parts({ learning }: { readonly learning: Learning }) {
  const { query } = useCell(place)
  const days = periodOf(query.get('days'))
  const chosen =
    learning.offers.find(({ offerId }) => offerId === query.get('offer')) ?? mostSeen(learning)
  const go = (offer: string | undefined, period: number): void =>
    goTo(
      addressOf('learning', { ...(offer === undefined ? {} : { offer }), days: String(period) }),
      { replace: true }
    )
  const askReport = useCallback(
    async (signal: AbortSignal) =>
      learning.journal
        ? await get('JournalReport', `/v1/learning/report?days=${days}`, signal)
        : undefined,
    [learning.journal, days]
  )
  const report = useAsked(askReport)
  return (
    <>
      <div class="learning-top">
        <OfferTable
          offers={learning.offers}
          chosen={chosen?.offerId}
          choose={offer => go(offer, days)}
        />
        {chosen !== undefined && <Progress offer={chosen} />}
      </div>
      <Results
        learning={learning}
        report={report}
        days={days}
        periods={PERIODS}
        choose={period => go(chosen?.offerId, period)}
      />
      <Models models={learning.models} report={report.value} />
    </>
  )
}

function periodOf(text: string | null): number {
  const days = Number(text)
  return PERIODS.includes(days) ? days : DEFAULT_DAYS
}

/** The offer with the most evidence, which shows best what this screen is about. */
function mostSeen({ offers }: Learning): Learning['offers'][number] | undefined {
  const seen = (offer: Learning['offers'][number]): number =>
    Math.max(0, ...offer.channels.map(({ impressions }) => impressions))
  return [...offers].sort((one, other) => seen(other) - seen(one))[0]
}
