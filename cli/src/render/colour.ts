/** Whether a stream gets colour, and the colour of each verdict. Source of truth: verifier-ux 2.6. @module */
import type { Verdict } from '@kapsel/verification';
import { Chalk, type ChalkInstance, type ColorSupportLevel } from 'chalk';

export type ColourChoice = 'auto' | 'always' | 'never';

// FORCE_COLOR as Node and chalk read it; any other text is ignored.
const FORCED_LEVELS: Readonly<Record<string, ColorSupportLevel>> = {
  '0': 0,
  false: 0,
  '': 1,
  '1': 1,
  true: 1,
  '2': 2,
  '3': 3,
};

/** The flag, else NO_COLOR when not empty, else FORCE_COLOR, else TERM=dumb, else whether the stream is a terminal. */
export function colorLevel(
  stream: { readonly isTty: boolean },
  env: Readonly<Record<string, string | undefined>>,
  choice: ColourChoice = 'auto',
): ColorSupportLevel {
  if (choice !== 'auto') return choice === 'always' ? 1 : 0;
  if ((env.NO_COLOR ?? '') !== '') return 0;
  const forced = env.FORCE_COLOR;
  if (forced !== undefined && Object.hasOwn(FORCED_LEVELS, forced)) {
    return FORCED_LEVELS[forced] ?? 0;
  }
  if (env.TERM === 'dumb') return 0;
  return stream.isTty ? 1 : 0;
}

/** Paints text in the colour of a verdict; level 0 leaves it as it is. */
export type Painter = (text: string, verdict: Verdict) => string;

/** A painter for one stream. Colour never carries meaning alone: the words are the same without it. */
export function painterOfLevel(level: ColorSupportLevel): Painter {
  const chalk = new Chalk({ level });
  const colours: Readonly<Record<Verdict, ChalkInstance>> = {
    verified: chalk.green,
    invalid: chalk.red,
    malformed: chalk.magenta,
    untrusted: chalk.yellow,
    inconclusive: chalk.cyan,
    error: chalk.gray,
  };
  return function paint(text: string, verdict: Verdict): string {
    return colours[verdict](text);
  };
}
