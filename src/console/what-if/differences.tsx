import { useEffect, useState } from 'preact/hooks'
import type { Answer } from '../api/client.js'
import { useFormat } from '../shell/format.js'
import { useTexts } from '../shell/texts.js'
import { announce } from '../ui/announce.js'
import { Badge, type Tone } from '../ui/badge.js'
import { Empty } from '../ui/states.js'
import { Table } from '../ui/table.js'
import { compare, type Compared, type Factor, type Standing } from './compare.js'
import type { Words } from './draft.js'
import { WHAT_IF_TEXTS } from './texts.js'

type WhatIf = Answer<'WhatIf'>

const TONES: Readonly<Record<NonNullable<Compared['movement']>, Tone>> = {
  in: 'good',
  up: 'good',
  out: 'bad',
  down: 'warn'
}

/** Both answers beside each other, and why every offer stands where it does. */
export function Differences({ words, answer }: { readonly words: Words; readonly answer: WhatIf }) {
  const texts = useTexts(WHAT_IF_TEXTS)
  const [showsAll, setShowsAll] = useState(false)
  const { before, after } = answer
  const offers = compare(before, after)
  const changed = offers.filter(({ isChanged }) => isChanged)
  const said = changed.length === 0 ? texts.same : texts.changed(changed.length)
  useEffect(() => announce(said), [said])
  const nameOf = (id: string): string => words.offers.find(offer => offer.id === id)?.name ?? id
  const degraded = [...new Set([...before.degraded, ...after.degraded])]
  return (
    <>
      {before.customer.holdout && <p class="what-if-note">{texts.holdout}</p>}
      {degraded.length > 0 && <p class="what-if-note">{texts.degraded(degraded.join(', '))}</p>}
      <div class="what-if-sides">
        <Side title={texts.before} decision={before} nameOf={nameOf} />
        <Side title={texts.after} decision={after} nameOf={nameOf} before={before} />
      </div>
      <div class="what-if-head">
        <h3>{said}</h3>
        <label>
          <input
            type="checkbox"
            checked={showsAll}
            onChange={event => setShowsAll(event.currentTarget.checked)}
          />{' '}
          {texts.all}
        </label>
      </div>
      {changed.length === 0 && !showsAll ? (
        <Empty title={texts.same}>{texts.sameHint}</Empty>
      ) : (
        <Changes offers={showsAll ? offers : changed} nameOf={nameOf} />
      )}
    </>
  )
}

/** What the customer would see. */
function Side(props: {
  readonly title: string
  readonly decision: WhatIf['before']
  readonly nameOf: (id: string) => string
  readonly before?: WhatIf['before']
}) {
  const { title, decision, nameOf, before } = props
  const texts = useTexts(WHAT_IF_TEXTS)
  const format = useFormat()
  return (
    <section aria-label={`${texts.placed}: ${title}`}>
      <h3>{title}</h3>
      {decision.placements.map(({ id, fallback, offers }) => {
        const old = before?.placements.find(each => each.id === id)
        return (
          <div key={id} class="what-if-placement">
            <p class="note">
              {id} {fallback && <Badge>{texts.fallback}</Badge>}
            </p>
            <ol>
              {offers.map(({ offerId, priority }) => {
                const isNew =
                  old !== undefined && !old.offers.some(each => each.offerId === offerId)
                return (
                  <li key={offerId} class={isNew ? 'what-if-new' : undefined}>
                    <span>{nameOf(offerId)}</span>
                    {priority !== undefined && !fallback && (
                      <span class="number note">{format.number(priority, 2)}</span>
                    )}
                  </li>
                )
              })}
            </ol>
          </div>
        )
      })}
    </section>
  )
}

function Changes(props: {
  readonly offers: readonly Compared[]
  readonly nameOf: (id: string) => string
}) {
  const texts = useTexts(WHAT_IF_TEXTS)
  return (
    <Table
      caption={texts.answer}
      rows={props.offers}
      keyOf={({ offerId }) => offerId}
      columns={[
        {
          head: texts.offer,
          cell: ({ offerId, movement }) => (
            <>
              {props.nameOf(offerId)}{' '}
              {movement !== undefined && <Badge tone={TONES[movement]}>{texts[movement]}</Badge>}
            </>
          )
        },
        { head: texts.before, cell: ({ before }) => <Stood standing={before} /> },
        { head: texts.after, cell: ({ after }) => <Stood standing={after} /> },
        { head: texts.why, cell: offer => <Why offer={offer} /> }
      ]}
    />
  )
}

function Stood({ standing }: { readonly standing: Standing | undefined }) {
  const texts = useTexts(WHAT_IF_TEXTS)
  const format = useFormat()
  if (standing === undefined) return <span class="note">–</span>
  const { stage, rank, placement, factors } = standing
  return (
    <>
      {rank === undefined ? stageName(stage, texts.stages) : texts.rank(rank)}{' '}
      {placement !== undefined && <Badge tone="accent">{placement}</Badge>}
      {factors !== undefined && (
        <div class="note">
          {texts.factors.priority} {format.number(factors.priority, 3)}
        </div>
      )}
    </>
  )
}

function Why({ offer }: { readonly offer: Compared }) {
  const texts = useTexts(WHAT_IF_TEXTS)
  const { before, after, factors, isChanged } = offer
  const removed = [before, after].map(each => (each?.rank === undefined ? each : undefined))
  const [was, is] = removed
  if (was?.stage !== is?.stage)
    return (
      <>
        {was !== undefined && is === undefined && (
          <Rule text={texts.allowedNow(stageName(was.stage, texts.stages))} of={was} />
        )}
        {is !== undefined && (
          <Rule text={texts.removedNow(stageName(is.stage, texts.stages))} of={is} />
        )}
      </>
    )
  if (is !== undefined) return <Rule text={stageName(is.stage, texts.stages)} of={is} />
  if (factors.length === 0) return isChanged ? <span class="note">{texts.overtaken}</span> : null
  return (
    <ul>
      {factors
        .filter(factor => factor !== 'priority' || factors.length === 1)
        .map(factor => (
          <li key={factor}>
            <Moved
              factor={factor}
              before={before!.factors![factor]}
              after={after!.factors![factor]}
            />
          </li>
        ))}
    </ul>
  )
}

function Rule({ text, of }: { readonly text: string; readonly of: Standing }) {
  return (
    <p class="what-if-rule">
      {text} {of.rule !== undefined && of.rule !== '' && <code>{of.rule}</code>}
    </p>
  )
}

function Moved(props: {
  readonly factor: Factor
  readonly before: number
  readonly after: number
}) {
  const texts = useTexts(WHAT_IF_TEXTS)
  const format = useFormat()
  const { factor, before, after } = props
  const write = (value: number): string =>
    factor === 'p' ? format.percent(value) : format.number(value, 3)
  return (
    <>
      {texts.factors[factor]} {write(before)} → <strong>{write(after)}</strong>
    </>
  )
}

function stageName(stage: string, names: Readonly<Record<string, string>>): string {
  return names[stage] ?? stage
}
