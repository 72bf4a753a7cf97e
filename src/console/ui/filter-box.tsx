export interface FilterBoxProps {
  /** What it finds, for those who hear it, and as a hint while it is empty. */
  readonly label: string
  readonly value: string
  readonly onInput: (value: string) => void
}

/** Narrows a list while it is typed in. */
export function FilterBox({ label, value, onInput }: FilterBoxProps) {
  return (
    <input
      type="search"
      value={value}
      aria-label={label}
      placeholder={label}
      onInput={({ currentTarget }) => onInput(currentTarget.value)}
    />
  )
}
