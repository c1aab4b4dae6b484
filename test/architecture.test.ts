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

/** The folder of a file, relative to src; '' for src/index.ts. */
const roomOf = (path: string) => (path.includes('/') ? posix.dirname(path) : '')

describe('the direction of imports: cli -> app -> http -> operations -> vault -> core, and system -> core', () => {
  it.each([
    ['core', ['core']],
    ['vault', ['vault', 'core']],
    ['operations', ['operations', 'vault', 'core']],
    ['system', ['system', 'core']],
    ['http', ['http', 'operations', 'vault', 'core']],
    ['app', ['app', 'http', 'operations', 'vault', 'core', 'system']],
    ['cli', ['cli', 'app', 'operations', 'vault', 'core']],
    ['', ['app', 'operations', 'core', 'system']]
  ])('src/%s', (layer, below) => {
    expect(strays(within(layer), target => packages(target) || below.includes(layerOf(target)))).toEqual([])
  })

  it('there is no other folder', () => {
    const known = ['', 'app', 'cli', 'core', 'http', 'operations', 'system', 'vault']
    expect([...new Set(sources.map(({ layer }) => layer))].filter(layer => !known.includes(layer))).toEqual(
      []
    )
  })

  it('only src/app knows the system, and the library’s entry with its clock', () => {
    const knowing = sources.filter(
      ({ layer, imports }) =>
        !['system', 'app'].includes(layer) && imports.some(target => layerOf(target) === 'system')
    )
    expect(knowing.map(({ path }) => path)).toEqual(['index.ts'])
  })

  it('no file imports itself through others', () => {
    expect(
      loops(
        sources.map(({ path }) => path),
        path => sources.find(source => source.path === path)?.imports.filter(files) ?? []
      )
    ).toEqual([])
  })
})

describe('the arrows between the folders inside a layer', () => {
  /** What each folder may import of its own layer. A folder that is not listed imports nothing beside it. */
  const arrows: Record<string, readonly string[]> = {
    'core/access': ['core', 'core/crypto', 'core/format', 'core/versions'],
    'core/crypto': ['core', 'core/format'],
    'core/describe': ['core', 'core/access', 'core/format', 'core/versions'],
    'core/exchange': ['core', 'core/format', 'core/run'],
    'core/format': ['core'],
    'core/guard': ['core', 'core/crypto', 'core/format'],
    'core/policy': ['core', 'core/format'],
    'core/report': ['core', 'core/access', 'core/crypto'],
    'core/run': ['core', 'core/format', 'core/guard'],
    'core/rotation': ['core', 'core/format', 'core/versions'],
    'core/service': ['core'],
    'core/versions': ['core', 'core/format'],
    vault: ['vault/documents', 'vault/memory'],
    'vault/diff': ['vault', 'vault/documents', 'vault/memory', 'vault/verify'],
    'vault/log': ['vault'],
    'vault/memory': ['vault/documents'],
    'vault/merging': ['vault', 'vault/documents', 'vault/memory', 'vault/team'],
    'vault/resolving': ['vault', 'vault/documents', 'vault/memory', 'vault/merging', 'vault/verify'],
    'vault/team': ['vault', 'vault/documents', 'vault/memory'],
    'vault/verify': ['vault', 'vault/documents', 'vault/memory'],
    app: ['app/follow', 'app/rotation'],
    'app/doctor': ['app'],
    'app/follow': ['app/sync'],
    'app/guard': ['app'],
    'app/report': ['app', 'app/doctor', 'app/rotation'],
    'app/run': ['app'],
    'vault/sync': ['vault', 'vault/documents', 'vault/memory', 'vault/merging', 'vault/verify'],
    system: ['system/commit', 'system/conflict', 'system/files', 'system/git'],
    'system/agent': ['system/files'],
    'system/clip': ['system/files'],
    'system/conflict': ['system/files', 'system/git', 'system/index'],
    'system/commit': ['system/files', 'system/git', 'system/index'],
    'system/git': ['system/files'],
    'system/database': ['system/files'],
    'system/index': ['system/files', 'system/git'],
    'system/run': ['system/files'],
    'system/remote': ['system/commit', 'system/files', 'system/git'],
    cli: ['cli/aws', 'cli/command', 'cli/completion', 'cli/menu', 'cli/terminal', 'cli/verbs'],
    'cli/aws': ['cli/arguments', 'cli/aws/jmespath', 'cli/aws/json', 'cli/command', 'cli/terminal'],
    'cli/aws/jmespath': ['cli/arguments', 'cli/aws/json'],
    'cli/browse': ['cli/arguments', 'cli/command', 'cli/screen', 'cli/terminal'],
    'cli/command': ['cli/arguments', 'cli/terminal'],
    'cli/completion': ['cli/arguments', 'cli/aws', 'cli/command', 'cli/terminal'],
    'cli/terminal': ['cli/arguments'],
    'cli/menu': ['cli/browse', 'cli/command', 'cli/screen', 'cli/terminal'],
    'cli/screen': ['cli/arguments', 'cli/terminal'],
    'cli/verbs': [
      'cli/arguments',
      'cli/browse',
      'cli/command',
      'cli/completion',
      'cli/screen',
      'cli/terminal'
    ]
  }
  /** Types, tables and validators, which any folder may use. */
  const generated = 'core/generated'
  const rooms = [...new Set(sources.map(({ path }) => roomOf(path)))].filter(room => room !== generated)

  it.each(rooms)('src/%s', room => {
    const allowed = [room, generated, ...(arrows[room] ?? [])]
    const found = strays(
      sources.filter(({ path }) => roomOf(path) === room),
      target =>
        packages(target) || layerOf(target) !== layerOf(`${room}/`) || allowed.includes(roomOf(target))
    )
    expect(found).toEqual([])
  })

  it('lists no arrow that no file needs', () => {
    const needed = new Set(
      sources.flatMap(({ path, imports }) =>
        imports.filter(files).map(target => `${roomOf(path)} -> ${roomOf(target)}`)
      )
    )
    const listed = Object.entries(arrows).flatMap(([room, targets]) => targets.map(to => `${room} -> ${to}`))
    expect(listed.filter(arrow => !needed.has(arrow))).toEqual([])
  })

  it('makes no loop, a folder and the one it is in included', () => {
    const targets = (room: string) => [
      ...new Set(
        sources
          .filter(({ path }) => roomOf(path) === room)
          .flatMap(({ imports }) => imports.filter(files).map(roomOf))
          .filter(target => target !== room)
      )
    ]
    expect(loops([...rooms, generated], targets)).toEqual([])
  })
})

/** The loops of a graph, each as the way round it. */
function loops(nodes: readonly string[], targets: (node: string) => readonly string[]): string[] {
  const done = new Set<string>()
  const found: string[] = []
  const visit = (node: string, way: readonly string[]) => {
    if (way.includes(node)) found.push([...way.slice(way.indexOf(node)), node].join(' -> '))
    if (done.has(node) || way.includes(node)) return
    for (const target of targets(node)) visit(target, [...way, node])
    done.add(node)
  }
  for (const node of nodes) visit(node, [])
  return found
}

describe('packages', () => {
  const expectPackages = (among: readonly Source[], allowed: readonly string[]) =>
    expect(
      strays(among, target => files(target) || target.endsWith('validators.ts') || allowed.includes(target))
    ).toEqual([])

  it('core: libsodium, YAML, the word list, and in one file the formats that import reads', () => {
    const isParser = ({ path }: Source) => path === 'core/exchange/libraryParsers.ts'
    expectPackages(within('core').filter(isParser), ['dotenv', 'smol-toml', 'yaml'])
    const others = within('core').filter(source => !isParser(source))
    expect(others.filter(({ code }) => /^import (?!type)[^\n]*libraryParsers/m.test(code))).toEqual([])
    expectPackages(others, [
      'libsodium-wrappers',
      'libsodium-wrappers-sumo',
      'yaml',
      '@scure/bip39/wordlists/english.js'
    ])
  })

  it('core loads the larger libsodium late, and for passphrases alone', () => {
    const users = sources.filter(({ imports }) => imports.includes('libsodium-wrappers-sumo'))
    expect(users.map(({ path }) => path)).toEqual(['core/crypto/passphrase.ts'])
    expect(users[0]!.code).not.toMatch(/^import (?!type)[^\n]*libsodium-wrappers-sumo/m)
  })

  it('vault, operations, app and the library’s entry: none', () => {
    expectPackages([...within('vault'), ...within('operations'), ...within('app'), ...within('')], [])
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
    expect(using('shamir-secret-sharing')).toEqual(['system/files/shares.ts'])
    const early = /^(?:import|export) (?!type)[^'"]*?from '[^'\n]*\/(?:shares|shareWords)\.js'/m
    expect(sources.filter(({ code }) => early.test(code)).map(({ path }) => path)).toEqual([])
  })

  it('http: node’s own, for connections and signatures', () => {
    const node = ['node:http', 'node:https', 'node:crypto']
    expectPackages(within('http'), [...node, 'node:net'])
    // the server stops as net's does; nothing connects anywhere
    for (const { path, code } of within('http'))
      if (path !== 'http/stopListening.ts') expect(code).not.toMatch(/^import (?!type)[^\n]*'node:net'/m)
  })

  it('cli: the edge to the process, and what is loaded late', () => {
    const allowed: Record<string, readonly string[]> = {
      'cli/process.ts': ['node:fs', 'node:fs/promises'],
      'cli/built.ts': ['node:fs', 'node:path', 'node:vm'],
      'cli/terminal/ownTerminal.ts': ['node:fs', 'node:tty'],
      'cli/terminal/prompt.ts': ['inquirer']
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

describe('an array from a file is never spread into arguments, which are on the stack', () => {
  /** Arrays that are short whatever a file says. */
  const short: Record<string, readonly string[]> = {
    'cli/arguments/arguments.ts': ['...argv.slice(at)', '...argv.slice(at)'],
    'cli/aws/globals.ts': ['...argv.slice(at, at + length)'],
    // the arguments of a function in the user's own --query
    'cli/aws/jmespath/functions.ts': ['...values'],
    'core/time.ts': ['...rest'],
    'system/files/lock.ts': ['...times'],
    'system/git/memory.ts': ['...components(name)'],
    'system/readTrace.ts': ['...components(path)', '...components(path)', '...components(name)']
  }

  it('but for some that are short', () => {
    const found = sources
      .filter(({ path }) => !path.includes('generated/'))
      .map(({ path, code }) => [path, spreads(code)] as const)
      .filter(([, some]) => some.length > 0)
    expect(Object.fromEntries(found)).toEqual(short)
  })

  it('the search finds a call, and no list, object or parameter', () => {
    const calls = [
      'a.push(...b)',
      'f(a, ...b.map(one => [one]))',
      'new X(...b)',
      'f<T>(...b)',
      'x = g(...b) ? 1 : 2'
    ]
    for (const code of calls) expect(spreads(code), code).toHaveLength(1)
    const others = ['[...a]', 'f([...a])', 'f({ ...a })', '(...a) => a', 'function f(...a: T[]): void {']
    for (const code of others) expect(spreads(code), code).toEqual([])
  })
})

/** The arguments from a spread on, for each call that spreads an array into them. */
function spreads(code: string): string[] {
  const found: string[] = []
  for (const { index } of code.matchAll(/\.\.\.(?=[a-z$([])/g)) {
    const open = bracket(code, index - 1, -1)
    if (code[open] !== '(' || !/[\w$\])>]\s*$/.test(code.slice(0, open))) continue
    const close = bracket(code, index, 1)
    const isParameter = /^\)\s*(?:=>|\{|:\s*[A-Z\w<>[\]. |]+(?:=>|\{))/.test(code.slice(close, close + 120))
    if (!isParameter) found.push(code.slice(index, close).replace(/\s+/g, ' ').trim())
  }
  return found
}

/** Where the bracket around a place opens (`step` -1) or closes (1). */
function bracket(code: string, from: number, step: -1 | 1): number {
  const [inward, outward] = step < 0 ? [')]}', '([{'] : ['([{', ')]}']
  let depth = 0
  let at = from
  for (; at >= 0 && at < code.length; at += step) {
    if (inward.includes(code[at]!)) depth++
    else if (outward.includes(code[at]!) && depth-- === 0) break
  }
  return at
}

describe('files are short', () => {
  const lines = sources
    .filter(({ path }) => !path.includes('generated/'))
    .map(({ path, text }) => ({ path, lines: text.trimEnd().split('\n').length }))

  it('none has over 300 lines, but for generated ones', () => {
    expect(lines.filter(file => file.lines > 300)).toEqual([])
  })

  it('half of them have at most 70', () => {
    const sorted = lines.map(file => file.lines).sort((a, b) => a - b)
    expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThanOrEqual(70)
  })
})
