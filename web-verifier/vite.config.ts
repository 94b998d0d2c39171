/** Builds the page as one file, writes its policy and prints its size and hash. @module */
import { createHash } from 'node:crypto';
import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig, type Plugin } from 'vite';
import { viteSingleFile } from 'vite-plugin-singlefile';
import manifest from './package.json' with { type: 'json' };
import { addPolicy } from './scripts/csp.mjs';

const PAGE = 'kapsel-verify.html';

// The components are written against React. What is shipped is its small twin: React alone is 67 kB of gzip, and the page may have 90.
const SMALL_REACT = [
  { find: /^react-dom\/client$/, replacement: 'preact/compat/client' },
  { find: /^react(-dom)?$/, replacement: 'preact/compat' },
  { find: /^react\/jsx-runtime$/, replacement: 'preact/jsx-runtime' },
];

// There is one page, whoever builds it: a test run sets NODE_ENV=test, which would make a development React.
process.env.NODE_ENV = 'production';

export default defineConfig({
  root: import.meta.dirname,
  resolve: { conditions: ['@kapsel/source', ...defaultClientConditions], alias: SMALL_REACT },
  define: { __PAGE_VERSION__: JSON.stringify(manifest.version) },
  // dist/types belongs to tsc, so the folder is not emptied.
  build: { emptyOutDir: false, modulePreload: { polyfill: false } },
  plugins: [react(), viteSingleFile(), finishPage()],
});

/** After all is inlined: policy, final name, one line about the result. */
function finishPage(): Plugin {
  return {
    name: 'kapsel:finish-page',
    apply: 'build',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        const page = bundle['index.html'];
        const rest = Object.keys(bundle).filter((name) => name !== 'index.html');
        if (page?.type !== 'asset' || rest.length > 0) {
          throw new Error(`got more than one page: ${Object.keys(bundle).join(', ')}`);
        }
        const html = addPolicy(page.source.toString());
        delete bundle['index.html'];
        this.emitFile({ type: 'asset', fileName: PAGE, source: html });
        const sizeBytes = Buffer.byteLength(html);
        const hash = createHash('sha256').update(html).digest('hex');
        process.stdout.write(`${PAGE}  ${sizeBytes} bytes  sha256 ${hash}\n`);
      },
    },
  };
}
