import type { Reporter, TestCase, TestModule } from 'vitest/node'

/**
 * Names each test that passed only at its second try, with what was wrong at the first. CI runs a test of real processes
 * twice if need be, so that a busy machine does not stop a change. Such a test is a fault of its own, to be mended.
 */
export default class Unsteady implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    for (const module of modules)
      for (const test of module.children.allTests('passed'))
        if (test.diagnostic()?.flaky === true) console.log(described(test))
  }
}

function described(test: TestCase): string {
  const errors = test.result().errors ?? []
  const why = errors.map(({ message }) => message.split('\n', 1)[0]).join('; ')
  return `unsteady: ${test.module.relativeModuleId}: ${test.fullName}: ${why}`
}
