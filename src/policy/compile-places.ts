import type { Sections } from './sections.js'
import type { Place, Places } from './strategy.js'

/** Where everything with a name was written, in the order of the files. */
export function compilePlaces(sections: Sections): Places {
  const places = (key: 'issues' | 'groups' | 'offers' | 'channels' | 'placements'): Place[] =>
    [...sections.entries(key).values()].map(({ node }) => node.keyPlace)
  return {
    issues: places('issues'),
    groups: places('groups'),
    offers: places('offers'),
    channels: places('channels'),
    placements: places('placements'),
    never: sections
      .items('exclusions')
      .flatMap(({ node, entry: { never } }) =>
        never === undefined ? [] : [{ place: node.place, offers: never }]
      )
  }
}
