#!/usr/bin/env node
/** Words in, exit code out. Source of truth: verifier-ux 2.7. @module */
import { runInProcess } from './process-host.ts';
import { run } from './program.ts';

runInProcess(run);
