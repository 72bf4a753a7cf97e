import { aloneAucs } from '../../learning/suspects.js'
import type { Table } from '../../learning/table.js'
import { CommandRefused } from '../shell.js'

/** From here on a column says nearly all there is to say, which what is known beforehand hardly ever does. */
const REFUSED_AUC = 0.95
/** From here on somebody should ask. */
const WARNED_AUC = 0.75

/**
 * Looks for columns that tell the answer by themselves, such as what is only known after it. Throws CommandRefused for those that
 * all but have it in them, unless they are allowed; answers a warning for each that is merely very good.
 */
export function findLeaks(
  table: Table,
  parts: { readonly train: Int32Array; readonly others: Int32Array },
  allowed: ReadonlySet<string>
): string[] {
  const alone = aloneAucs(table, parts.train, parts.others).map((auc, i) => {
    return { name: table.columns[i]!.name, auc }
  })
  const refused = alone.filter(({ name, auc }) => auc >= REFUSED_AUC && !allowed.has(name))
  if (refused.length > 0)
    throw new CommandRefused(
      refused
        .map(
          ({ name, auc }) =>
            `column "${name}" tells the answer by itself (AUC ${auc.toFixed(3)} alone): it is known after the answer, not when an offer is decided. Leave it out with --without ${name}; where that is wrong, --allow ${name}`
        )
        .join('\n')
    )
  return alone
    .filter(({ name, auc }) => auc >= WARNED_AUC && !allowed.has(name))
    .map(
      ({ name, auc }) =>
        `column "${name}" tells much by itself (AUC ${auc.toFixed(3)} alone): does it exist when the decision is made? If not, --without ${name}; if so, --allow ${name}`
    )
}
