/** Starts the operator page. @module */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { applyRememberedLook } from './look.ts';
import './style.css';

const root = document.getElementById('root');
if (root === null) throw new Error('the page has no element "root"');
applyRememberedLook(document.documentElement, () => localStorage);
createRoot(root).render(
  <StrictMode>
    <App nowMs={Date.now} />
  </StrictMode>,
);
