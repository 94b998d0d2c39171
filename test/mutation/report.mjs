// @ts-check
/** From what a run wrote down to scores, survivors, and faults of the list of equivalent mutants. @module */

/**
 * @typedef {import('./instrument.mjs').Mutant} Mutant
 * @typedef {import('./log.mjs').Entry} Entry
 * @typedef {{ file: string, code: string, change: string, nth?: number, why: string }} Equivalent
 * A mutant that no test can notice, since it behaves the same. It is named by its line of code, not by its number.
 */

const GOAL_PERCENT = 95;

/**
 * @param {readonly Mutant[]} mutants
 * @param {readonly Entry[]} entries
 * @param {readonly Equivalent[]} equivalents
 * @returns {{ lines: string[], isGood: boolean }}
 */
export function reportOf(mutants, entries, equivalents) {
  const killed = new Set(entries.flatMap((entry) => (entry.killed === true ? [entry.id] : [])));
  const reached = new Set(entries.flatMap((entry) => entry.id ?? []));
  const explained = new Set(explainedIn(mutants, equivalents));
  const files = [...new Set(mutants.map(({ file }) => file))];
  const faults = equivalents
    .filter(({ file }) => files.includes(file))
    .flatMap((entry) => faultOf(entry, mutants, killed));

  const rows = files.map((file) => {
    const own = mutants.filter((mutant) => mutant.file === file);
    return rowOf(file, own, killed, explained);
  });
  const total = rowOf('all', mutants, killed, explained);
  const survivors = mutants.filter(({ id }) => !killed.has(id) && !explained.has(id));
  return {
    lines: [
      ...survivors.map(
        ({ id, file, line, change, nth, code }) =>
          `survived ${file}:${line}  ${change}${nth === 0 ? '' : ` (nth ${nth})`}  ${reached.has(id) ? '' : '[not reached] '}in: ${code}`,
      ),
      ...faults,
      ...[...rows, total].map(({ text }) => text),
    ],
    isGood: faults.length === 0 && rows.every(({ percent }) => percent >= GOAL_PERCENT),
  };
}

/** The numbers of the mutants on the list. @param {readonly Mutant[]} mutants @param {readonly Equivalent[]} equivalents */
export function explainedIn(mutants, equivalents) {
  return equivalents.flatMap((entry) => mutants.find((mutant) => isMeant(entry, mutant))?.id ?? []);
}

/** @param {string} name @param {readonly Mutant[]} own @param {ReadonlySet<number | undefined>} killed @param {ReadonlySet<number>} explained */
function rowOf(name, own, killed, explained) {
  const counted = own.filter(({ id }) => killed.has(id) || !explained.has(id));
  const dead = counted.filter(({ id }) => killed.has(id)).length;
  const percent = counted.length === 0 ? 100 : (100 * dead) / counted.length;
  const equivalent = own.length - counted.length;
  return {
    percent,
    text: `${percent.toFixed(1).padStart(5)} %  ${name}: ${dead} of ${counted.length} noticed, ${equivalent} equivalent`,
  };
}

/** @param {Equivalent} entry @param {Mutant} mutant */
function isMeant(entry, mutant) {
  return (
    mutant.file === entry.file &&
    mutant.code === entry.code &&
    mutant.change === entry.change &&
    mutant.nth === (entry.nth ?? 0)
  );
}

/** @param {Equivalent} entry @param {readonly Mutant[]} mutants @param {ReadonlySet<number | undefined>} killed */
function faultOf(entry, mutants, killed) {
  const mutant = mutants.find((candidate) => isMeant(entry, candidate));
  const name = `equivalent.json: ${entry.file}, ${entry.change} in ${entry.code}`;
  if (mutant === undefined) return [`${name}: there is no such mutant`];
  if (entry.why === '') return [`${name}: says no reason`];
  return killed.has(mutant.id) ? [`${name}: a test notices it`] : [];
}
