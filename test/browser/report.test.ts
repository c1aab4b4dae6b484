import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ReportData } from '../../src/core/report/data.js'
import { reportPage } from '../../src/core/report/page.js'
import { removeFolder } from '../removeFolder.js'
import { mapTexts, SAMPLE } from '../core/report/sample.js'
import { Browser, type Tab, type View } from './browser.js'

const HOSTILE = `</style><script>document.title='run'</script><img src="http://127.0.0.1:9/x" onerror="document.title='run'">"'\u202egnp.exe`

/** Names as long as they may be, and many members and keys. */
const LARGE: ReportData = {
  ...SAMPLE,
  members: Array.from({ length: 40 }, (_, at) => ({
    ...SAMPLE.members[0]!,
    name: `member-${at}`.padEnd(63, 'x')
  })),
  keys: Array.from({ length: 12 }, (_, at) => ({ ...SAMPLE.keys[0]!, alias: `key-${at}`.padEnd(63, 'y') })),
  secrets: [...SAMPLE.secrets, { name: `very/${'long'.repeat(125)}`, key: 'default' }]
}

/** The texts of a page that are hard to read. */
const FAINT = readFileSync(new URL('faint.js', import.meta.url), 'utf8')

const folder = mkdtempSync(join(tmpdir(), 'git-vault-report-'))
const file = (name: string, data: ReportData): string => {
  const path = join(folder, `${name}.html`)
  writeFileSync(path, reportPage(data))
  return path
}
let browser: Browser
const files = { sample: '', large: '', hostile: '' }

beforeAll(() => {
  browser = new Browser()
  files.sample = file('sample', SAMPLE)
  files.large = file('large', LARGE)
  files.hostile = file(
    'hostile',
    mapTexts(SAMPLE, () => HOSTILE)
  )
})
afterAll(async () => {
  await browser?.close()
  await removeFolder(folder)
})

const open = (name: keyof typeof files, view: Partial<View> = {}): Promise<Tab> =>
  browser.open(files[name], { width: 1280, ...view })

/** The page as it is, and as a person would see it who has opened every list. */
const openAll = (tab: Tab): Promise<unknown> =>
  tab.run(`(() => {
    for (const one of document.querySelectorAll('details')) one.open = true
  })()`)

describe.each(['sample', 'large', 'hostile'] as const)('the page %s', name => {
  let tab: Tab
  beforeAll(async () => {
    tab = await open(name)
    await openAll(tab)
  })

  it.each([1280, 768, 360])('never scrolls sideways at %i pixels', async width => {
    await tab.show({ width })
    const [content, visible] = await tab.run<number[]>(`[document.scrollingElement.scrollWidth, innerWidth]`)
    expect(content).toBeLessThanOrEqual(visible!)
    expect(visible).toBe(width)
  })

  it.each(['light', 'dark'] as const)('has a contrast of at least 4.5, %s', async scheme => {
    await tab.show({ width: 1280, scheme })
    expect(await tab.run(`matchMedia('(prefers-color-scheme: dark)').matches`)).toBe(scheme === 'dark')
    expect(await tab.run(FAINT)).toEqual([])
  })

  it('asks for nothing, runs nothing, and writes nothing to the console', async () => {
    expect(tab.requests).toEqual([expect.stringMatching(/^file:.*\.html$/)])
    expect(tab.console).toEqual([])
    expect(await tab.run(`document.title`)).toBe('Secrets report, 2027-03-01')
    expect(await tab.run(`document.querySelectorAll('script, img').length`)).toBe(0)
  })
})

it('is dark on a dark screen, and light on paper', async () => {
  const tab = await open('sample')
  const background = async (view: Partial<View>) => {
    await tab.show({ width: 1280, ...view })
    return tab.run(`getComputedStyle(document.body).backgroundColor`)
  }
  expect(await background({})).toBe('rgb(243, 245, 248)')
  expect(await background({ scheme: 'dark' })).toBe('rgb(13, 18, 25)')
  expect(await background({ scheme: 'dark', media: 'print' })).toBe('rgb(255, 255, 255)')
  expect(await tab.run(FAINT)).toEqual([])
})

it('prints all lists, closed ones too', async () => {
  const hidden = (tab: Tab) =>
    tab.run<number>(`(() => {
      const rows = [...document.querySelectorAll('details td')]
      return rows.filter(row => !row.checkVisibility({ contentVisibilityAuto: true })).length
    })()`)
  expect(await hidden(await open('sample'))).toBeGreaterThan(20)
  const paper = await open('sample', { media: 'print' })
  expect(await hidden(paper)).toBe(0)
  expect(await paper.run(`getComputedStyle(document.querySelector('nav')).display`)).toBe('none')
  const pdf = await paper.pdf()
  expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
  expect(pdf.toString('latin1').match(/\/Type \/Page\b/g)?.length).toBeGreaterThan(2)
})

it('shows hostile names as text', async () => {
  const tab = await open('hostile')
  const text = await tab.run(`document.querySelector('table.matrix tbody th bdi').textContent`)
  expect(text).toBe(HOSTILE.replace('\u202e', '\\u202e'))
})

interface Focus {
  readonly what: string
  readonly order: number
  readonly isVisible: boolean
}

it('can be used by keyboard alone, in the order of the page, with a visible focus', async () => {
  const tab = await open('sample')
  const reached: string[] = []
  const order: number[] = []
  for (;;) {
    await tab.press('Tab')
    const focus = await tab.run<Focus | undefined>(`(() => {
      const at = document.activeElement
      if (at === document.body) return undefined
      const { outlineStyle, outlineWidth } = getComputedStyle(at)
      const { left, width } = at.getBoundingClientRect()
      const all = [...document.querySelectorAll('*')]
      return {
        what: \`\${at.localName} \${at.getAttribute('href') ?? at.getAttribute('aria-labelledby') ?? at.textContent.trim()}\`,
        order: all.indexOf(at),
        isVisible: outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2 && left >= 0 && width > 0
      }
    })()`)
    if (focus === undefined || order.includes(focus.order)) break
    expect(focus, focus.what).toMatchObject({ isVisible: true })
    reached.push(focus.what)
    order.push(focus.order)
  }
  expect(order).toEqual([...order].sort((a, b) => a - b))
  expect(reached.slice(0, 3)).toEqual(['a #main', 'a #attention', 'a #access'])
  expect(reached).toContain('div matrix0')
  const lists = await tab.run<number>(`document.querySelectorAll('summary').length`)
  expect(reached.filter(what => what.startsWith('summary'))).toHaveLength(lists)
  // a list opens by a key
  const isOpen = () => tab.run<boolean[]>(`[...document.querySelectorAll('details')].map(one => one.open)`)
  const before = await isOpen()
  await tab.run(`document.querySelector('summary').focus()`)
  await tab.press('Enter')
  expect(await isOpen()).toEqual([!before[0], ...before.slice(1)])
})

it('has names for a screen reader', async () => {
  const tab = await open('sample')
  await openAll(tab)
  const tree = await tab.accessible()
  const names = (role: string) => tree.filter(node => node.role === role).map(({ name }) => name)
  for (const role of ['main', 'banner', 'contentinfo', 'navigation'])
    expect(names(role), role).toHaveLength(1)
  expect(names('navigation')).toEqual(['Sections'])
  expect(names('region')).toEqual(
    expect.arrayContaining(['Who can read what', 'Rights of each member on each key', 'Exposed values'])
  )
  expect(names('table')).toContain('Rights of each member on each key')
  for (const role of ['region', 'table', 'link', 'heading', 'columnheader', 'rowheader'])
    expect(
      names(role).filter(name => name === ''),
      role
    ).toEqual([])
  expect(names('cell').slice(0, 4)).toEqual([
    'read, add versions, manage',
    'read, add versions, manage',
    'read, add versions',
    'none'
  ])
  expect(tree.filter(({ role }) => /^(?:image|img)$/.test(role)).map(({ name }) => name)).toEqual([
    expect.stringMatching(/^Changes by day From 2027-01-04 to 2027-02-10/)
  ])
})
