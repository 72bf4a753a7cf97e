import './strategy.css'
import { useState } from 'preact/hooks'
import { get } from '../api/client.js'
import { useAsked } from '../api/polled.js'
import { useFormat } from '../shell/format.js'
import { useTexts } from '../shell/texts.js'
import { Badge } from '../ui/badge.js'
import { ErrorNote, Loading } from '../ui/states.js'
import { Tabs } from '../ui/tabs.js'
import type { Details } from './details.js'
import { Arbitration } from './arbitration.js'
import { Experiments } from './experiments.js'
import { Limits } from './limits.js'
import { Offers } from './offers.js'
import { Placements } from './placements.js'
import { Segments } from './segments.js'
import { STRATEGY_TEXTS } from './texts.js'

const PARTS = ['offers', 'segments', 'limits', 'placements', 'arbitration', 'experiments'] as const
type Part = (typeof PARTS)[number]

const askDetails = (signal: AbortSignal): Promise<Details> =>
  get('StrategyDetails', '/v1/strategy/details', signal)

/** What the service decides by, each part with the file and the line where it was written. */
export function Screen() {
  const texts = useTexts(STRATEGY_TEXTS)
  const format = useFormat()
  const { value: details, error, isLoading, retry } = useAsked(askDetails, 30_000)
  const [part, choose] = useState<Part>('offers')
  return (
    <div class="screen">
      <header class="strategy-head">
        <h1>{texts.title}</h1>
        {details !== undefined && (
          <p class="note">
            <Badge tone="accent">{texts.inForce(details.name, details.version)}</Badge>{' '}
            <code title={details.hash}>{details.hash.slice(0, 12)}</code> {texts.loaded}{' '}
            {format.dateTime(details.loadedAt)}
          </p>
        )}
      </header>
      {error !== undefined && <ErrorNote error={error} retry={retry} />}
      {isLoading && <Loading rows={8} />}
      {details !== undefined && (
        <Tabs
          label={texts.parts}
          tabs={PARTS.map(id => ({ id, label: texts.tabs[id] }))}
          chosen={part}
          onChoose={choose}
        >
          {part === 'offers' && <Offers details={details} />}
          {part === 'segments' && <Segments details={details} />}
          {part === 'limits' && <Limits details={details} />}
          {part === 'placements' && <Placements details={details} />}
          {part === 'arbitration' && <Arbitration details={details} />}
          {part === 'experiments' && <Experiments details={details} />}
        </Tabs>
      )}
    </div>
  )
}
