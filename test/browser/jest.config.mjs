import base from '../../jest.config.mjs'

const [{ displayName: _, testMatch: __, ...shared }] = base.projects

/** The console in a browser, which `npm test` does without: npm run test:browser. */
export default {
  ...shared,
  rootDir: '../..',
  reporters: base.reporters,
  maxWorkers: 1,
  testMatch: ['<rootDir>/test/browser/**/*.browser-spec.ts'],
}
