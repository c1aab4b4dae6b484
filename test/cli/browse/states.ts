import fc from 'fast-check'
import type { Found, SecretDetails } from '../../../src/app/browsing.js'
import { reduce, type Event } from '../../../src/cli/browse/reduce.js'
import {
  initialState,
  selected,
  type Effect,
  type Opened,
  type State
} from '../../../src/cli/browse/state.js'
import type { Key, KeyName } from '../../../src/cli/screen/keys.js'

export const VALUE = 'correct horse battery'

/** Names, descriptions and values as somebody may write who wants to confuse a terminal. */
const odd = fc.constantFrom(
  '\u001b[31m',
  '\u202e',
  '\u200b',
  '\n',
  '\t',
  '日本語',
  '😀',
  'e\u0301',
  '🇩🇪',
  '\r',
  '\u0007'
)
export const text = fc
  .array(fc.oneof(fc.string({ maxLength: 12 }), odd), { maxLength: 8 })
  .map(parts => parts.join(''))

const date = new Date(Date.UTC(2026, 0, 2, 3, 4))
export const detailsOf = (name: string, more: Partial<SecretDetails> = {}): SecretDetails => ({
  ...{
    name,
    description: 'A database',
    tags: ['team=shop'],
    key: 'default',
    created: date,
    deletion: undefined
  },
  changed: { time: date, member: 'ana', operation: 'PutSecretValue' },
  versions: [
    {
      versionId: '11111111-2222-4333-8444-555555555555',
      labels: ['AWSCURRENT'],
      created: date,
      writer: 'ana'
    },
    {
      versionId: '66666666-7777-4888-8999-000000000000',
      labels: ['AWSPREVIOUS'],
      created: date,
      writer: 'bob'
    }
  ],
  ...more
})

export const openedOf = (value: string, fields?: Record<string, string>): Opened => ({
  ...{ versionId: undefined, text: value, bytes: 0 },
  fields: fields && new Map(Object.entries(fields))
})

const secret = fc.record({
  kind: fc.constant('secret' as const),
  name: text,
  description: fc.option(text, { nil: undefined }),
  tags: fc.array(text, { maxLength: 3 }),
  deletion: fc.option(fc.constant(date), { nil: undefined })
})
const found: fc.Arbitrary<Found> = fc.oneof(
  secret,
  fc.record({ kind: fc.constant('named' as const), name: text }),
  fc.record({ kind: fc.constant('gone' as const), name: text }),
  fc.record({
    kind: fc.constant('refused' as const),
    name: text,
    why: text,
    mend: fc.option(text, { nil: undefined })
  })
)
const KEYS: readonly KeyName[] = [
  ...([
    'up',
    'down',
    'left',
    'right',
    'home',
    'end',
    'pageUp',
    'pageDown',
    'enter',
    'escape',
    'tab'
  ] as const),
  ...(['backTab', 'backspace', 'other', 'ctrl-e', 'ctrl-l', 'ctrl-r', 'ctrl-u', 'ctrl-w', 'ctrl-y'] as const)
]
const key: fc.Arbitrary<Key> = fc.oneof(
  fc.record({ name: fc.constantFrom(...KEYS), text: fc.constant('') }),
  fc.record({ name: fc.constant('text' as const), text: fc.oneof(fc.constantFrom('?', 'y', 'a', ' '), text) })
)

/** An event from outside. `answer` gives what an effect asked for. */
export type Input =
  Event | { readonly kind: 'answer'; readonly details: SecretDetails; readonly opened: Opened }

const answer = fc.record({
  kind: fc.constant('answer' as const),
  details: fc
    .record({ name: text, description: text, tags: fc.array(text, { maxLength: 3 }), writer: text })
    .map(({ writer, ...more }) => {
      const plain = detailsOf(more.name, more)
      return { ...plain, versions: plain.versions.map(version => ({ ...version, writer })) }
    }),
  opened: fc.oneof(
    text.map(value => openedOf(VALUE + value)),
    fc
      .dictionary(
        text,
        text.map(value => VALUE + value),
        { maxKeys: 4 }
      )
      .map(fields => openedOf(VALUE, fields)),
    fc.constant({ versionId: '66666666-7777', text: undefined, bytes: 12, fields: undefined })
  )
})

export const input: fc.Arbitrary<Input> = fc.oneof(
  { weight: 6, arbitrary: key.map(one => ({ kind: 'key' as const, key: one })) },
  { weight: 3, arbitrary: answer },
  fc.record({ kind: fc.constant('found' as const), batch: fc.array(found, { maxLength: 6 }) }),
  fc.record({
    kind: fc.constant('resize' as const),
    size: fc.record({ columns: fc.integer({ min: 1, max: 140 }), rows: fc.integer({ min: 1, max: 50 }) })
  }),
  fc.constant({ kind: 'suspend' as const }),
  fc.constant({ kind: 'allRead' as const }),
  text.map(message => ({ kind: 'said' as const, message })),
  fc.nat(3).map(lease => ({ kind: 'timeout' as const, lease }))
)

/** A state and the effects that were asked for and not answered. */
export class Person {
  state: State
  effects: Effect[] = []

  constructor(columns = 80, rows = 24, isPicking = false) {
    this.state = initialState({ columns, rows }, { canCopy: true, isPicking })
  }

  on(event: Input): this {
    if (event.kind === 'answer') {
      const effects = this.effects.splice(0)
      for (const effect of effects)
        if (effect.kind === 'details')
          this.on({ kind: 'details', name: effect.name, details: { ...event.details, name: effect.name } })
        else if (effect.kind === 'open') this.on({ kind: 'opened', name: effect.name, opened: event.opened })
      return this
    }
    const [state, effects] = reduce(this.state, event)
    this.state = state
    this.effects.push(...effects)
    return this
  }

  /** Presses keys: a name in angle brackets, or text. */
  press(...keys: string[]): this {
    for (const each of keys) {
      const [, name] = /^<(.+)>$/.exec(each) ?? []
      this.on({
        kind: 'key',
        key: name === undefined ? { name: 'text', text: each } : { name: name as KeyName, text: '' }
      })
    }
    return this
  }

  found(...names: string[]): this {
    const batch = names.map(
      name => ({ kind: 'secret', name, description: undefined, tags: [], deletion: undefined }) as const
    )
    return this.on({ kind: 'found', batch }).read()
  }

  /** Answers what was asked for. */
  read(opened: Opened = openedOf(VALUE), details: Partial<SecretDetails> = {}): this {
    return this.on({ kind: 'answer', details: detailsOf('', details), opened })
  }

  get chosen(): string | undefined {
    return selected(this.state)?.name
  }
}
