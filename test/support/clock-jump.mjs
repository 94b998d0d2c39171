// @ts-check
/** Preloaded into a server (`--import`): with each SIGUSR2 its wall clock jumps an hour, ahead and back in turns. @module */

const HOUR_MS = 3_600_000;
const now = Date.now;
let shiftMs = 0;

Date.now = () => now() + shiftMs;
process.on('SIGUSR2', () => {
  shiftMs = shiftMs === 0 ? HOUR_MS : shiftMs > 0 ? -HOUR_MS : 0;
});
