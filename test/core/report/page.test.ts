import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { html } from '../../../src/core/report/html.js'
import { reportPage } from '../../../src/core/report/page.js'
import { STYLE, STYLE_HASH } from '../../../src/core/report/style.js'
import { visible } from '../../../src/core/visible.js'
import { mapTexts, SAMPLE } from './sample.js'

const page = reportPage(SAMPLE)
const unescaped = (text: string): string =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')

/** The tags of a page, with the names of their attributes. */
const skeleton = (text: string): string[] =>
  [...text.matchAll(/<\/?[a-z!][^\s>"]*(?:\s+[^\s=>"]+="[^"]*"|\s+\w+)*\s*\/?>/g)].map(([tag]) =>
    tag.replace(/"[^"]*"/g, '""')
  )

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constantFrom(
    '</style><script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    '&lt;script&gt;',
    '<!--',
    ']]>',
    '\u202egnp.exe',
    '\u0000\u001b[2J',
    '${1}',
    '\ud800'
  )
)

describe('html', () => {
  it('lets no text end, in an element or an attribute', () => {
    fc.assert(
      fc.property(hostile, text => {
        const { markup } = html`<p title="${text}">${text}</p>`
        const [, title = '', content = ''] = /^<p title="([^"<>]*)">([^"'<>]*)<\/p>$/.exec(markup) ?? []
        expect(unescaped(content)).toBe(visible(text.replace(/\p{Surrogate}/gu, '\ufffd')))
        expect(title).toBe(content)
      })
    )
  })

  it('has no character that reorders or hides text', () => {
    expect(html`${'a\u202eb\u2066c\u200bd\u0007'}`.markup).toBe('a\\u202eb\\u2066c\\u200bd\\u0007')
  })
})

describe('a page', () => {
  it('is the same for the same data', () => {
    expect(reportPage(structuredClone(SAMPLE))).toBe(page)
  })

  it('has the same tags whatever is in its texts', () => {
    const plain = skeleton(reportPage(mapTexts(SAMPLE, () => 'x')))
    expect(plain.length).toBeGreaterThan(500)
    fc.assert(
      fc.property(hostile, text => {
        // an empty folder, and the reader's key, are other rows
        const tail = text.replaceAll('/', '')
        expect(skeleton(reportPage(mapTexts(SAMPLE, () => `x${tail}`)))).toEqual(plain)
      }),
      { numRuns: 60 }
    )
  })

  it('allows its own style, and nothing else', () => {
    const hash = createHash('sha256').update(STYLE).digest('base64')
    expect(STYLE_HASH, 'set STYLE_HASH to this').toBe(`sha256-${hash}`)
    expect(page).toContain(`<style>${STYLE}</style>`)
    expect(page).toContain(
      `content="default-src 'none'; style-src '${STYLE_HASH}'; base-uri 'none'; form-action 'none'"`
    )
    expect(page).not.toMatch(
      /<(?:script|link|img|iframe|object|embed|form|base)\b|\bstyle="|\bon\w+="|url\(|@import/
    )
    expect([...page.matchAll(/(?:href|src)="([^"#][^"]*)"/g)]).toEqual([])
  })

  it('has each id once, and each link and label leads to one', () => {
    const ids = [...page.matchAll(/\bid="([^"]*)"/g)].map(([, id]) => id!)
    expect(new Set(ids).size).toBe(ids.length)
    const links = [...page.matchAll(/(?:href="#|aria-labelledby=")([^"]*)"/g)].flatMap(([, to]) =>
      to!.split(' ')
    )
    expect(links.filter(to => !ids.includes(to))).toEqual([])
  })

  it('lists headings in order, and nothing that needs attention if all is well', () => {
    const levels = [...page.matchAll(/<h([1-6])/g)].map(([, level]) => Number(level))
    expect(levels[0]).toBe(1)
    for (const [index, level] of levels.entries()) expect(level - (levels[index - 1] ?? 0)).toBeLessThan(2)
    const well = reportPage({
      ...{ ...SAMPLE, exposed: [], rotation: [], doctor: [], left: [] },
      verify: { ...SAMPLE.verify, problems: [], warnings: [] }
    })
    expect(well).toContain('Nothing needs attention')
    expect(page).not.toContain('Nothing needs attention')
  })

  it('of 2,000 secrets and 30 keys is small', () => {
    const secrets = Array.from({ length: 2000 }, (_, at) => ({
      ...{ name: `team${at % 40}/service${at % 200}/secret${at}`, key: `key${at % 30}` },
      ...{ stored: SAMPLE.made, by: 'ana' }
    }))
    const keys = Array.from({ length: 30 }, (_, at) => ({ ...SAMPLE.keys[0]!, alias: `key${at}` }))
    const large = reportPage({ ...SAMPLE, secrets, keys })
    expect(large.length).toBeLessThan(1_000_000)
    for (const { name } of secrets)
      expect(large).toContain(`<bdi>${name.slice(name.lastIndexOf('/') + 1)}</bdi>`)
  })
})
