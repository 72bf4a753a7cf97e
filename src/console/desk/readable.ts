/** A name of the strategy as people read it: foreign_spend → foreign spend, life/home → life › home. */
export function readable(name: string): string {
  return name.replaceAll('/', ' › ').replace(/[_-]+/g, ' ')
}
