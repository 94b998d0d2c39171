/** Steps that are made when they are read: to everybody else they are a member like any other. @module */
import { describe, expect, it } from 'vitest';
import type { Step } from '../src/report.ts';
import { withSteps } from '../src/steps-on-demand.ts';

const STEP: Step = { kind: 'root', computed: '00', signed: '00' };

function counted(): { made: () => number; report: { a: number; readonly steps: readonly Step[] } } {
  let made = 0;
  const make = (): readonly Step[] => {
    made++;
    return [STEP];
  };
  return { made: () => made, report: withSteps({ a: 1 }, make) };
}

describe('steps', () => {
  it('are made once, and not before they are read', () => {
    const { made, report } = counted();
    expect(Object.keys(report)).toEqual(['a', 'steps']);
    expect(made()).toBe(0);
    const { steps } = report;
    expect(steps).toEqual([STEP]);
    expect(report.steps).toBe(steps);
    expect(made()).toBe(1);
  });

  it('are written to JSON, copied and compared', () => {
    const plain = { a: 1, steps: [STEP] };
    expect(JSON.stringify(counted().report)).toBe(JSON.stringify(plain));
    expect({ ...counted().report }).toStrictEqual(plain);
    expect(structuredClone(counted().report)).toStrictEqual(plain);
    expect(counted().report).toStrictEqual(plain);
    expect(counted().report).toEqual(counted().report);
  });

  it('are so after they were read, too', () => {
    const { report } = counted();
    expect(report.steps).toEqual([STEP]);
    expect(Object.keys(report)).toEqual(['a', 'steps']);
    expect(JSON.parse(JSON.stringify(report))).toEqual({ a: 1, steps: [STEP] });
  });

  it('stay what they are', () => {
    const { report } = counted();
    expect(() => Object.assign(report, { steps: [] })).toThrow(TypeError);
    expect(report.steps).toEqual([STEP]);
    expect(() => Object.assign(report, { steps: [] })).toThrow(TypeError);
  });
});
