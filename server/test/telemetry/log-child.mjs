/** Writes log lines in a process of its own, as the server does. Argument: logger.ts. @module */
import { runnerImport } from 'vite';

const { module } = await runnerImport(process.argv[2], { logLevel: 'silent', configFile: false });
const logger = module.createLogger('info');
logger.debug('below the level');
logger.info('first', { count: 1 });
logger.error('second', { error: new Error('broken') });
