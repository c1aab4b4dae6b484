import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, posix, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../src', import.meta.url))

interface Source {
  /** Relative to src. */
  readonly path: string
  /** Folder below src; '' for the files at its top. */
  readonly layer: string
  readonly text: string
  readonly code: string
  /** What it imports, types too: files relative to src, or the names of packages. */
  readonly imports: readonly string[]
}

const sources: Source[] = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .map(path => path.split(sep).join('/'))
  .filter(path => /\.[jt]s$/.test(path) && !path.endsWith('.d.ts') && statSync(join(root, path)).isFile())
  .sort()
  .map(path => {
    const text = readFileSync(join(root, path), 'utf8')
    const code = withoutComments(text)
    const layer = path.includes('/') ? path.slice(0, path.indexOf('/')) : ''
    return { path, layer, text, code, imports: importsOf(path, code) }
  })

function withoutComments(text: string): string {
  return text.replace(/\/\*[^]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')
}

function importsOf(path: string, code: string): string[] {
  const found = [
    ...code.matchAll(/^\s*(?:import|export)\b[^'"]*?\bfrom\s*['"]([^'"]+)['"]/gm),
    ...code.matchAll(/^\s*import\s*['"]([^'"]+)['"]/gm),
    ...code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)
  ].map(match => match[1]!)
  return [...new Set(found)].map(target =>
    target.startsWith('.')
      ? posix.join(dirname(path).split(sep).join('/'), target).replace(/\.js$/, '.ts')
      : target
  )
}

const isFile = (target: string) =>
  sources.some(({ path }) => path === target || path === target.replace(/\.ts$/, '.js'))
const layerOf = (target: string) => (target.includes('/') ? target.slice(0, target.indexOf('/')) : '')
const within = (layer: string) => sources.filter(source => source.layer === layer)

/** Files that import what `allowed` says no to, with what they import. */
function strays(among: readonly Source[], allowed: (target: string, source: Source) => boolean): string[] {
  return among.flatMap(source =>
    source.imports.filter(target => !allowed(target, source)).map(target => `${source.path} -> ${target}`)
  )
}

const files = (target: string) => isFile(target)
const packages = (target: string) => !isFile(target)

it('every import is found', () => {
  expect(sources.length).toBeGreaterThan(80)
  const unknown = sources.flatMap(({ path, imports }) =>
    imports
      .filter(target => /\.[jt]s$/.test(target) && !/^[@a-z].*english/.test(target) && !isFile(target))
      .map(target => `${path} -> ${target}`)
  )
  expect(unknown.filter(line => !line.endsWith('validators.ts'))).toEqual([])
})

describe('the direction of imports: cli, http -> operations -> vault -> core, and system -> core', () => {
  it.each([
    ['core', ['core']],
    ['vault', ['vault', 'core']],
    ['operations', ['operations', 'vault', 'core']],
    ['system', ['system', 'core']],
    ['cli', ['cli', '', 'operations', 'vault', 'core']],
    ['http', ['http', 'operations', 'vault', 'core']],
    ['', ['', 'http', 'operations', 'vault', 'core', 'system']]
  ])('src/%s', (layer, below) => {
    expect(strays(within(layer), target => packages(target) || below.includes(layerOf(target)))).toEqual([])
  })

  it('there is no other folder', () => {
    const known = ['', 'cli', 'core', 'http', 'operations', 'system', 'vault']
    expect([...new Set(sources.map(({ layer }) => layer))].filter(layer => !known.includes(layer))).toEqual(
      []
    )
  })

  it('only the files at src’s top wire the system to the vault', () => {
    const wiring = sources.filter(({ imports }) => {
      const layers = new Set(imports.filter(files).map(layerOf))
      return layers.has('system') && (layers.has('vault') || layers.has('operations'))
    })
    expect(wiring.map(({ path }) => path)).toEqual([
      'doctor.ts',
      'index.ts',
      'init.ts',
      'open.ts',
      'recovery.ts',
      'serve.ts',
      'trust.ts'
    ])
  })

  it('only those, and the files of the identity and of credentials, know the system at all', () => {
    const knowing = sources.filter(
      ({ layer, imports }) => layer !== 'system' && imports.some(target => layerOf(target) === 'system')
    )
    expect(knowing.map(({ path }) => path)).toEqual([
      'credentials.ts',
      'doctor.ts',
      'identityFile.ts',
      'index.ts',
      'init.ts',
      'namedFile.ts',
      'open.ts',
      'recovery.ts',
      'serve.ts',
      'servedCredentials.ts',
      'trust.ts',
      'unlock.ts'
    ])
  })

  it('goes round no circle', () => {
    const done = new Set<string>()
    const circles: string[] = []
    const visit = (path: string, way: readonly string[]) => {
      if (way.includes(path)) circles.push([...way.slice(way.indexOf(path)), path].join(' -> '))
      if (done.has(path) || way.includes(path)) return
      const source = sources.find(other => other.path === path)
      for (const target of source?.imports.filter(files) ?? []) visit(target, [...way, path])
      done.add(path)
    }
    for (const { path } of sources) visit(path, [])
    expect(circles).toEqual([])
  })
})

describe('packages', () => {
  const expectPackages = (among: readonly Source[], allowed: readonly string[]) =>
    expect(
      strays(among, target => files(target) || target.endsWith('validators.ts') || allowed.includes(target))
    ).toEqual([])

  it('core: libsodium, YAML and the word list', () => {
    expectPackages(within('core'), [
      'libsodium-wrappers',
      'libsodium-wrappers-sumo',
      'yaml',
      '@scure/bip39/wordlists/english.js'
    ])
  })

  it('core loads the larger libsodium late, and for passphrases alone', () => {
    const users = sources.filter(({ imports }) => imports.includes('libsodium-wrappers-sumo'))
    expect(users.map(({ path }) => path)).toEqual(['core/passphrase.ts'])
    expect(users[0]!.code).not.toMatch(/^import (?!type)[^\n]*libsodium-wrappers-sumo/m)
  })

  it('vault, operations and src’s top: none', () => {
    expectPackages([...within('vault'), ...within('operations'), ...within('')], [])
  })

  it('system: node, simple-git and the sharing of secrets, both loaded late', () => {
    const late = ['simple-git', 'shamir-secret-sharing']
    expect(
      strays(within('system'), target => files(target) || target.startsWith('node:') || late.includes(target))
    ).toEqual([])
    for (const { code } of within('system'))
      expect(code).not.toMatch(/^import (?!type)[^\n]*'(?:simple-git|shamir-secret-sharing)'/m)
  })

  it('only one file shares secrets, and nothing loads it or the words of a share at once', () => {
    const using = (target: string) =>
      sources.filter(({ imports }) => imports.includes(target)).map(({ path }) => path)
    expect(using('shamir-secret-sharing')).toEqual(['system/shares.ts'])
    const early = /^(?:import|export) (?!type)[^'"]*?from '[^'\n]*\/(?:shares|shareWords)\.js'/m
    expect(sources.filter(({ code }) => early.test(code)).map(({ path }) => path)).toEqual([])
  })

  it('http: node’s own, for connections and signatures', () => {
    const node = ['node:http', 'node:https', 'node:crypto']
    expectPackages(within('http'), [...node, 'node:net'])
    // the server stops as net's does; nothing connects anywhere
    for (const { path, code } of within('http'))
      if (path !== 'http/server.ts') expect(code).not.toMatch(/^import (?!type)[^\n]*'node:net'/m)
  })

  it('cli: the edge to the process, and what is loaded late', () => {
    const allowed: Record<string, readonly string[]> = {
      'cli/process.ts': ['node:fs', 'node:fs/promises', 'node:path', 'node:child_process'],
      'cli/built.ts': ['node:fs', 'node:path', 'node:vm'],
      'cli/prompt.ts': ['inquirer']
    }
    expect(
      strays(within('cli'), (target, { path }) => files(target) || (allowed[path]?.includes(target) ?? false))
    ).toEqual([])
    for (const { code } of within('cli')) {
      expect(code).not.toMatch(/^import (?!type)[^\n]*'inquirer'/m)
    }
  })
})

describe('time and chance come from src/system alone', () => {
  const outside = sources.filter(({ layer, path }) => layer !== 'system' && !path.includes('generated/'))
  const using = (among: readonly Source[], pattern: RegExp) =>
    among.flatMap(({ path, code }) => (pattern.test(code) ? [path] : []))

  it('no clock', () => {
    expect(using(outside, /\bDate\.now\b|\bnew Date\(\s*\)|\bDate\(\s*\)|performance\.now|hrtime/)).toEqual(
      []
    )
  })

  it('no chance', () => {
    expect(using(outside, /Math\.random/)).toEqual([])
    const pure = outside.filter(({ layer }) => ['core', 'vault', 'operations'].includes(layer))
    // libsodium draws by itself in these.
    const drawing = /randombytes|getRandomValues|randomUUID|crypto_box_seal\(|_keygen\(|_keypair\(\s*\)/
    expect(using(pure, drawing)).toEqual([])
  })

  it('no process, timer or network below the top', () => {
    const pure = outside.filter(({ layer }) => ['core', 'vault', 'operations'].includes(layer))
    expect(
      using(pure, /\bprocess\.|\bglobalThis\b|\bsetTimeout\b|\bsetInterval\b|\bfetch\(|\bconsole\./)
    ).toEqual([])
  })

  it('the search finds what it looks for', () => {
    const system = within('system')
    expect(using(system, /\bDate\.now\b/)).not.toEqual([])
    expect(using(system, /\bprocess\./)).not.toEqual([])
  })
})

it('no file is over 350 lines, but for generated ones', () => {
  const long = sources
    .filter(({ path }) => !path.includes('generated/'))
    .map(({ path, text }) => ({ path, lines: text.trimEnd().split('\n').length }))
    .filter(({ lines }) => lines > 350)
  expect(long).toEqual([])
})
