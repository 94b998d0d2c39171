/** Builds the page as one file, writes its policy and prints its size and hash. @module */
import { defineConfig } from 'vite';
import manifest from './package.json' with { type: 'json' };
import { pageBuild } from './scripts/page-build.mjs';

export default defineConfig(
  pageBuild({
    root: import.meta.dirname,
    fileName: 'kapsel-verify.html',
    version: manifest.version,
    may: { connect: "'none'", worker: 'blob:' },
  }),
);
