import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** The longest files, longest first. One that is started last runs alone at the end, on one core. */
const LONGEST = [
  'databases/kills',
  'databases/rotation',
  'conformance/conformance',
  'app/histories/histories',
  'faults/faults',
  'databases/builtin/refusals',
  'databases/builtin/killed',
  'databases/builtin/builtin',
  'system/commit/interleavings',
  'cli/stories',
  'cli/terminal/conflict',
  'vault/attacks/merges/pusher',
  'app/sync/reapply',
  'docs/pages',
  'cli/terminalStories',
  'vault/attacks/merges/writer',
  'app/sync/refusals',
  'http/limits',
  'system/commit/crash',
  'conformance/parity',
  'core/format/memory',
  'core/format/cost'
].map(name => `/test/${name}.test.ts`)

/** The core's files stay together, because a worker is used again only for the next file in the queue. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId, project }: TestSpecification): number => {
      const at = LONGEST.findIndex(name => moduleId.endsWith(name))
      if (at >= 0) return at
      return project.name === 'pure' ? LONGEST.length + 1 : LONGEST.length
    }
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b))
  }
}

/** Tests of an executable: which one, an environment variable says. CI builds one for them. */
const EXECUTABLE = ['test/executable/**/*.test.ts']
const hasExecutable = (process.env['GIT_VAULT_TEST_PROGRAM'] ?? '') !== ''

const PURE = ['test/core/**/*.test.ts', 'test/format/**/*.test.ts']

/** Of real processes on a busy machine, not of rules: a counterexample is never tried again. test/unsteady.ts names them. */
const RETRY = process.env['CI'] === undefined ? 0 : { count: 1, condition: /^(?!Property failed)/ }

export default defineConfig({
  test: {
    globalSetup: ['test/globalSetup.ts'],
    // by default vitest leaves one core of two idle
    maxWorkers: '100%',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'rest',
          include: ['test/**/*.test.ts'],
          exclude: [...PURE, ...EXECUTABLE],
          retry: RETRY
        }
      },
      ...(hasExecutable
        ? [{ extends: true as const, test: { name: 'executable', include: EXECUTABLE, retry: RETRY } }]
        : []),
      // loading the modules anew for each file would take half of the time
      { extends: true, test: { name: 'pure', include: PURE, isolate: false } }
    ],
    coverage: {
      provider: 'v8',
      include: ['src/core/**'],
      exclude: ['src/core/generated/**', 'src/core/ports.ts'],
      thresholds: { branches: 95 }
    }
  }
})
