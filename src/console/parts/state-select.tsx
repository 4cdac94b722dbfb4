import { NativeSelect } from '@mantine/core'

/** Stands for every state. */
export const ANY = ''

/** The choice of one state, or of all. */
export function StateSelect({
  label = 'State',
  any = 'Every state',
  value,
  words,
  onChange,
}: {
  readonly label?: string
  readonly any?: string
  readonly value: string
  readonly words: Readonly<Record<string, { readonly label: string }>>
  readonly onChange: (value: string) => void
}) {
  return (
    <NativeSelect
      label={label}
      value={value}
      data={[
        { value: ANY, label: any },
        ...Object.entries(words).map(([state, word]) => ({ value: state, label: word.label })),
      ]}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}
