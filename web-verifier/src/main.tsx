/** Starts the page; or the checker, when this same script runs as the page's worker. @module */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { isWorker, serveChecks } from './checker.ts';
import './style.css';

if (isWorker()) serveChecks(globalThis as unknown as Parameters<typeof serveChecks>[0]);
else startPage();

function startPage(): void {
  const root = document.getElementById('root');
  if (root === null) throw new Error('the page has no element "root"');
  createRoot(root).render(
    <StrictMode>
      <App nowMs={Date.now} />
    </StrictMode>,
  );
}
