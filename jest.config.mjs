import { availableParallelism } from 'node:os'

const shared = {
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '^.+\\.ts$': ['ts-jest', { useESM: true }] },
}
export default {
  // Suites of whole daemons wait far more than they work, so that two fit on two cores.
  maxWorkers: Math.max(2, availableParallelism() - 1),
  workerIdleMemoryLimit: '512MB',
  reporters: ['default', '<rootDir>/scripts/closing-line-reporter.mjs'],
  projects: [
    { ...shared, displayName: 'unit', testMatch: ['<rootDir>/src/**/*.spec.ts'] },
    {
      ...shared,
      displayName: 'adapters',
      testMatch: [
        '<rootDir>/test/adapters/**/*.spec.ts',
        '<rootDir>/test/sandbox/**/*.spec.ts',
        '<rootDir>/test/bench/**/*.spec.ts',
        '<rootDir>/test/checker/**/*.spec.ts',
        '<rootDir>/test/monitoring/**/*.spec.ts',
      ],
    },
    { ...shared, displayName: 'e2e', testMatch: ['<rootDir>/test/e2e/**/*.e2e-spec.ts'] },
  ],
}
