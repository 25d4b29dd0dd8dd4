import { expect, test } from 'vitest';
import type { Type } from '../image/api.js';
import { fieldOffset, goLayout, releaseOf } from './layout.js';

const word: Type = { kind: 'uint', name: 'uintptr', size: 8 };
const struct = (name: string, fields: [string, Type, number][]): Type => ({
  kind: 'struct',
  name,
  size: 0x200,
  fields: fields.map(([field, type, offset]) => ({ name: field, type, offset, embedded: false })),
});

test('without types the release decides, and one between two rows takes the older', () => {
  const none = () => undefined;
  expect(goLayout(none, 'go1.19.8').g.schedBp).toBe(0x68);
  expect(goLayout(none, 'go1.26.8').m.curg).toBe(0xb8);
  expect(goLayout(none, 'go1.22.12').source).toBe('go1.21');
  expect(goLayout(none, 'go1.27.2').source).toBe('go1.26');
  expect(goLayout(none, 'devel').source).toBe('go1.26');
  expect(releaseOf('go1.27rc1')).toBe(27);
});

test('field paths go through named structs', () => {
  const gobuf: Type = { kind: 'named', name: 'runtime.gobuf', size: 0x30, underlying: struct('gobuf', [['bp', word, 0x28]]) };
  expect(fieldOffset(struct('g', [['sched', gobuf, 0x38]]), 'sched.bp')).toBe(0x60);
  expect(fieldOffset(struct('g', []), 'sched.bp')).toBeUndefined();
});

test('a g that lacks a field is not half believed', () => {
  const types = new Map([
    ['runtime.g', struct('runtime.g', [['goid', word, 0x77]])],
    ['runtime.m', struct('runtime.m', [])],
  ]);
  expect(goLayout(name => types.get(name), 'go1.26.8').g.goid).toBe(0x98);
});
