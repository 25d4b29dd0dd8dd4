/** The forms that the bundle begins with are those that r14 makes of the same bytes. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { COMMON_FORMS, packedCommonForms } from '../scripts/bundle.js';
import { FormTable } from '../src/cpu/lift/form-table.js';
import { knownForms } from '../src/cpu/lift/forms.js';

const listed = readFileSync(COMMON_FORMS, 'utf8')
  .trimEnd()
  .split('\n')
  .flatMap(line => {
    const [start, ...ends] = line.split(' ');
    return ends.map(end => `${start}${end}`);
  });
const packed = packedCommonForms();
const table = new FormTable(packed);
const codes = listed.map(hex => Buffer.concat([Buffer.from(hex, 'hex'), Buffer.alloc(16)]));

it('the list has each encoding once, and no byte too many or too few', () => {
  const met = [...table.encodings()].map(bytes => Buffer.from(bytes).toString('hex'));
  expect(listed.length).toBeGreaterThan(1000);
  expect(met.sort()).toEqual([...listed].sort());
});

it('a form is the same packed and unpacked', () => {
  expect(codes.map(code => table.find(code, 0))).toEqual(codes.map(code => knownForms().find(code, 0)));
  expect(Buffer.compare(new FormTable(packed).pack(), packed)).toBe(0);
});

it('takes further forms', () => {
  const grown = new FormTable(packed);
  const form = grown.find(codes[0]!, 0)!;
  // No instruction has that many prefixes.
  const longer = Buffer.alloc(15, 0x66);
  expect(grown.find(longer, 0)).toBeUndefined();
  grown.add(form, longer, 0, longer.length);
  expect(grown.find(longer, 0)).toBe(form);
  expect(grown.find(codes.at(-1)!, 0)).toEqual(table.find(codes.at(-1)!, 0));
});

it('reads nothing behind the code', () => {
  const longest = listed.reduce((left, right) => (right.length > left.length ? right : left));
  const code = Buffer.from(longest, 'hex');
  expect(table.find(code, 0)).toBeDefined();
  expect(table.find(code.subarray(0, -1), 0)).toBeUndefined();
});
