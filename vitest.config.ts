import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/globalSetup.ts'],
    // by default vitest leaves one core of two idle
    maxWorkers: '100%',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    coverage: {
      provider: 'v8',
      include: ['src/core/**'],
      exclude: ['src/core/generated/**', 'src/core/ports.ts'],
      thresholds: { branches: 95 }
    }
  }
})
