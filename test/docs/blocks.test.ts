import { expect, it } from 'vitest'
import { blocksOf, isShown } from './blocks.js'

const PAGE = `# Page

\`\`\`sh
one
two
\`\`\`

\`\`\`yaml
not: a command
\`\`\`

\`\`\`text
only shown
\`\`\`

\`\`\`text
$ first \\
  goes on
printed
printed too
bob$ second
\`\`\`
`

it('a block of sh is one command; a session has one in each line with $, and what it prints', () => {
  expect(blocksOf(PAGE)).toEqual([
    { line: 3, commands: [{ person: 'ana', text: 'one\ntwo\n', shown: undefined }] },
    {
      line: 16,
      commands: [
        { person: 'ana', text: 'first \\\n  goes on', shown: 'printed\nprinted too\n' },
        { person: 'bob', text: 'second', shown: '' }
      ]
    }
  ])
})

it.each([
  [
    'rolled back to 730696b3-9e51-4bcc-ada5-244dd46ad29e',
    'rolled back to 5a1f6c52-7e0e-4a9e-8b1c-0c5f4f9e2d11'
  ],
  ['until 2027-01-31 12:00: x', 'until 2026-02-28 01:59: x'],
  ['root 1U0hXYIOtv5Hwa7U8y_NAIEs7q8YBCDjrggc2GuKOME', 'root pkO6jJRvo_UibfJFhvAuOBJsJNrci7N_M2QrRhkua44'],
  ['invitation  gvinv1_abc…', 'invitation gvinv1_xyz'],
  ['…\nadded ci', 'git-vault: ci will read it\nadded ci'],
  ['a line that was\nwrapped', 'a line that was wrapped'],
  ['? Remove bob? Yes', '✔ Remove bob? Yes'],
  [
    'words panic album toward laugh chapter select knee second radio jelly infant door\nyou are ana',
    'words blood describe over fresh hundred decrease upset fiscal math clarify actual federal\nyou are ana'
  ]
])('%j in a page is shown by %j', (shown, printed) => expect(isShown(shown, printed)).toBe(true))

it.each([
  ['granted bob decrypt', 'granted bob encrypt'],
  ['granted bob decrypt', 'granted bob decrypt\nand a warning'],
  ['a\n…', 'b\na'],
  ['2 secrets', '3 secrets'],
  ['(**)', '(xx)'],
  ['', 'something']
])('%j in a page is not shown by %j', (shown, printed) => expect(isShown(shown, printed)).toBe(false))
