import path from 'node:path';
import { defineConfig } from 'vite';

/** The preload script, built into dist/preload.cjs: a sandboxed one must be a single CommonJS file. */
export default defineConfig({
  root: import.meta.dirname,
  publicDir: false,
  build: {
    outDir: path.join(import.meta.dirname, '../dist'),
    emptyOutDir: false,
    target: 'chrome148',
    minify: false,
    lib: { entry: 'preload.ts', formats: ['cjs'], fileName: () => 'preload.cjs' },
    rolldownOptions: { external: ['electron'] },
  },
});
