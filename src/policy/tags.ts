/** True when one of the tags is the path or lies below it: `finance/credit` is carried by `finance/credit/card`. */
export function carriesTag(tags: readonly string[], path: string): boolean {
  for (const tag of tags) {
    if (
      tag.startsWith(path) &&
      (tag.length === path.length || tag.charCodeAt(path.length) === SLASH)
    )
      return true
  }
  return false
}

const SLASH = 47
