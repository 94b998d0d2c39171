// @ts-check
/** How a page becomes one file with its policy in it: the same for the verifier page and the operator page. @module */
import { createHash } from 'node:crypto';
import react from '@vitejs/plugin-react';
import { defaultClientConditions } from 'vite';
import { viteSingleFile } from 'vite-plugin-singlefile';
import { addPolicy } from './csp.mjs';

// The components are written against React. What is shipped is its small twin: React alone is 67 kB of gzip, and a page may have 90.
const SMALL_REACT = [
  { find: /^react-dom\/client$/, replacement: 'preact/compat/client' },
  { find: /^react(-dom)?$/, replacement: 'preact/compat' },
  { find: /^react\/jsx-runtime$/, replacement: 'preact/jsx-runtime' },
];

/**
 * @param {{
 *   root: string,
 *   fileName: string,
 *   version: string,
 *   may: Parameters<typeof addPolicy>[1],
 * }} page
 * @returns {import('vite').UserConfig}
 */
export function pageBuild({ root, fileName, version, may }) {
  // There is one page, whoever builds it: a test run sets NODE_ENV=test, which would make a development React.
  process.env.NODE_ENV = 'production';
  return {
    root,
    resolve: { conditions: ['@kapsel/source', ...defaultClientConditions], alias: SMALL_REACT },
    define: { __PAGE_VERSION__: JSON.stringify(version) },
    // dist/types belongs to tsc, so the folder is not emptied.
    build: { emptyOutDir: false, modulePreload: { polyfill: false } },
    plugins: [react(), viteSingleFile(), finishPage(fileName, may)],
  };
}

/**
 * After all is inlined: policy, final name, one line about the result.
 * @param {string} fileName
 * @param {Parameters<typeof addPolicy>[1]} may
 * @returns {import('vite').Plugin}
 */
function finishPage(fileName, may) {
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
        const html = addPolicy(page.source.toString(), may);
        delete bundle['index.html'];
        this.emitFile({ type: 'asset', fileName, source: html });
        const sizeBytes = Buffer.byteLength(html);
        const hash = createHash('sha256').update(html).digest('hex');
        process.stdout.write(`${fileName}  ${sizeBytes} bytes  sha256 ${hash}\n`);
      },
    },
  };
}
