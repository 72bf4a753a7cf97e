import type { Sections } from './sections.js'
import type { YamlNode } from './yaml-node.js'

/**
 * What the files may say and this release does not carry out. Its shape and its names are checked like everything else;
 * it is then refused, since a limit that is written but not kept would be worse than none.
 * A path's `*` stands for every entry of a map or list.
 */
const UNSUPPORTED: ReadonlyArray<readonly [path: string, what: string]> = [
  ['offers.*.propensity.adapt.features', 'propensities that adapt by features are']
]

/** Tells every use of what is not supported yet, where it stands. */
export function refuseUnsupported(sections: Sections): void {
  for (const [path, what] of UNSUPPORTED) {
    const [key = '', ...steps] = path.split('.')
    for (const node of reach(sections.node(key as Parameters<Sections['node']>[0]), steps)) {
      if (!asksForNothing(node)) sections.problems.error(node.keyPlace, `${what} not supported yet`)
    }
  }
}

function reach(node: YamlNode | undefined, [step, ...rest]: readonly string[]): YamlNode[] {
  if (node === undefined || step === undefined) return node === undefined ? [] : [node]
  const children = step === '*' ? [...(node.entries?.values() ?? [])] : [node.at(step)]
  return children.flatMap(child => reach(child, rest))
}

/** An empty section and `adapt: false` say only what is the case anyway. */
function asksForNothing(node: YamlNode): boolean {
  if (node.refused || node.value === null || node.value === false) return true
  return node.items?.length === 0 || node.entries?.size === 0
}
