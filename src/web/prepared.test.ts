import { expect, it } from 'vitest';
import { type Prepared, packPrepared, unpackPrepared } from './prepared.js';

/** With a view whose parts are read when they are asked for, as a session's. */
const withCode = (code: unknown): Prepared =>
  ({ course: [], state: { rows: 1, view: Object.defineProperty({ title: 'a' }, 'code', { get: () => code }) } }) as unknown as Prepared;

it('a screen that was prepared is the same when it is unpacked', () => {
  const code = {
    address: 0xffff_ffff_ffff_fff0n,
    none: [],
    named: { $b: [1n] },
    set: new Set([1n, 'a']),
    map: new Map([['a', new Map([[2n, []]])]]),
  };
  const { course, state } = unpackPrepared(packPrepared(withCode(code)));
  expect({ course, state }).toEqual({ course: [], state: { rows: 1, view: { title: 'a', code } } });
});

it('what is no plain data is refused', () => {
  expect(() => packPrepared(withCode({ later: () => 1 }))).toThrow('later is a function');
});
