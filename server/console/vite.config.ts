/** Builds the operator page as one file; its policy lets it connect to the server that gave it out, and nowhere else. @module */
import { defineConfig } from 'vite';
import { pageBuild } from '../../web-verifier/scripts/page-build.mjs';
import manifest from './package.json' with { type: 'json' };

export default defineConfig(
  pageBuild({
    root: import.meta.dirname,
    fileName: 'kapsel-console.html',
    version: manifest.version,
    may: { connect: "'self'", worker: "'none'" },
  }),
);
