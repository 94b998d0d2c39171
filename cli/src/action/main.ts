#!/usr/bin/env node
/** The GitHub Action. With words it is the command itself: a hook that runs the committed file needs no other. Source of truth: verifier-ux 3.1. @module */
import { runInProcess } from '../process-host.ts';
import { run } from '../program.ts';
import { runAction } from './run-action.ts';

// The runner starts an action without words; its inputs are variables of the environment.
runInProcess((host) => (host.argv.length === 0 ? runAction(host) : run(host)));
