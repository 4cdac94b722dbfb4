import { defineConfig } from 'vite'

/** Every file is loaded from the daemon itself: no address of anybody else stands in the result. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/console/',
  // The daemon writes a new one into every page that it gives out.
  html: { cspNonce: 'NONCE-OF-THIS-ANSWER' },
  build: {
    outDir: '../../dist/console',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    sourcemap: false,
    // The texts that the packages in it ask to go with them.
    license: { fileName: 'licenses.md' },
    rolldownOptions: { checks: { moduleLevelDirective: false, pluginTimings: false } },
  },
  server: {
    proxy: Object.fromEntries(
      ['/v1', '/console/settings.json'].map((path) => [path, process.env['EVENKEEL_URL'] ?? 'http://127.0.0.1:3000']),
    ),
  },
})
