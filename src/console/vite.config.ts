import { defineConfig } from 'vite'

/** Every file is loaded from the daemon itself: no address of anybody else stands in the result. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/console/',
  build: {
    outDir: '../../dist/console',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    sourcemap: true,
    rolldownOptions: { checks: { moduleLevelDirective: false } },
  },
  server: { proxy: { '/v1': 'http://127.0.0.1:3000' } },
})
