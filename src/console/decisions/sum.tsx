import { useFormat } from '../shell/format.js'
import { useTexts } from '../shell/texts.js'
import { DECISION_TEXTS } from './texts.js'

/** The four factors of a priority. */
export interface Factors {
  readonly p: number
  readonly c: number
  readonly v: number
  readonly l: number
}

const NAMES = ['p', 'c', 'v', 'l'] as const
/** Explanations round to six decimals, so the product of the factors may differ from the priority by as much. */
const CLOSE = 1e-4

/** A priority as it was worked out. A strategy's own formula makes something else of the factors than their product. */
export function Sum(props: { readonly priority: number; readonly factors: Factors }) {
  const texts = useTexts(DECISION_TEXTS)
  const format = useFormat()
  const { priority, factors } = props
  const product = factors.p * factors.c * factors.v * factors.l
  const isProduct = Math.abs(product - priority) <= CLOSE * Math.max(1, priority)
  return (
    <span class="sum">
      {NAMES.map((name, i) => (
        <span key={name} title={texts.factors[name]}>
          {i > 0 && ' × '}
          {format.number(factors[name], 4)}
        </span>
      ))}{' '}
      {isProduct ? '=' : '→'} <strong>{format.number(priority, 3)}</strong>
      {!isProduct && <span class="note"> {texts.byFormula}</span>}
    </span>
  )
}
