import type { Answer } from '../api/client.js'

export type Words = Answer<'WhatIfWords'>
export type Declared = Words['context'][number]

/** What has been filled in. Texts are as typed; a name that is absent is as it is. */
export interface Draft {
  readonly namespace: string
  readonly id: string
  readonly channel: string
  readonly placements: readonly string[]
  readonly context: Readonly<Record<string, string>>
  readonly attributes: Readonly<Record<string, string>>
  readonly consent: Readonly<Record<string, boolean>>
  readonly tags: string | undefined
  readonly contextThen: Readonly<Record<string, string>>
  /** Local, as <input type="datetime-local"> has it; '' is now. */
  readonly at: string
  readonly levers: Readonly<Record<string, string>>
}

/** What a field holds that takes its name away. */
export const AWAY = '\u2205'

const MADE_UP = 'made-up'

export function emptyDraft(words: Words, customer: string | null): Draft {
  const channel = words.channels[0]
  const slash = customer?.indexOf('/') ?? -1
  return {
    ...nothingSupposed(),
    namespace: slash > 0 ? customer!.slice(0, slash) : (words.namespaces[0] ?? ''),
    id: customer === null ? MADE_UP : customer.slice(slash + 1),
    channel: channel?.id ?? '',
    placements: placementsOf(words, channel?.id ?? ''),
    context: {}
  }
}

/** No change of any kind. */
export function nothingSupposed(): Pick<
  Draft,
  'attributes' | 'consent' | 'tags' | 'contextThen' | 'at' | 'levers'
> {
  return { attributes: {}, consent: {}, tags: undefined, contextThen: {}, at: '', levers: {} }
}

/** As many of a channel's placements as one request may fill: ten slots. */
export function placementsOf({ channels }: Words, channel: string): string[] {
  let room = 10
  return (channels.find(({ id }) => id === channel)?.placements ?? []).flatMap(({ id, count }) => {
    if (count > room) return []
    room -= count
    return [id]
  })
}

/** The body of POST /v1/what-if; what cannot be read as its type is sent as it was typed, and the service says what is wrong. */
export function bodyOf(words: Words, draft: Draft): object {
  const { namespace, id, channel, placements, tags, at, levers } = draft
  return {
    request: {
      customer: { namespace, id },
      channel,
      placements: placements.map(placement => ({ id: placement })),
      context: valuesOf(words.context, draft.context)
    },
    changes: {
      attributes: valuesOf(words.attributes, draft.attributes),
      ...(tags === undefined ? {} : { tags: listOf(tags) }),
      consent: Object.fromEntries(
        Object.entries(draft.consent).map(([purpose, granted]) => [purpose, { granted }])
      ),
      context: valuesOf(words.context, draft.contextThen),
      ...(at === '' ? {} : { at: new Date(at).toISOString() }),
      levers: Object.fromEntries(
        Object.entries(levers).map(([offer, percent]) => [offer, Number(percent)])
      )
    }
  }
}

function valuesOf(
  declared: readonly Declared[],
  typed: Readonly<Record<string, string>>
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(typed).map(([name, text]) => [
      name,
      valueOf(declared.find(each => each.name === name)?.type, text)
    ])
  )
}

function valueOf(type: string | undefined, text: string): unknown {
  if (text === AWAY) return null
  switch (type) {
    case 'number':
    case 'integer':
      return text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text)
    case 'boolean':
      return text === 'true'
    case 'timestamp':
      return Number.isNaN(Date.parse(text)) ? text : new Date(text).toISOString()
    case 'list<string>':
      return listOf(text)
    case 'list<number>':
      return listOf(text).map(Number)
    default:
      return text
  }
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map(each => each.trim())
    .filter(each => each !== '')
}
