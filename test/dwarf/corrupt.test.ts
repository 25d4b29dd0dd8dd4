import { describe, expect, it } from 'vitest';
import type { Type } from '../../src/image/api.js';
import { evaluateLocation } from '../../src/image/dwarf/expression.js';
import { missing } from '../support/build.js';
import { compile, type Opened, open } from './open.js';

const SECTIONS = [
  '.debug_info',
  '.debug_abbrev',
  '.debug_line',
  '.debug_line_str',
  '.debug_str',
  '.debug_aranges',
  '.debug_rnglists',
  '.debug_loclists',
  '.debug_ranges',
  '.debug_loc',
  '.debug_types',
  '.debug_frame',
  '.eh_frame',
];

/** A small generator of its own, so that a seed says all (Numerical Recipes' LCG). */
function random(seed: number): (below: number) => number {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0;
  return below => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Asks everything there is to ask; returns how much was answered. */
function askAll({ dwarf }: Opened): number {
  let answers = 0;
  const seen = new Set<Type>();
  const visit = (type: Type, depth: number): void => {
    if (seen.has(type) || depth > 100) return;
    seen.add(type);
    answers += type.name.length >= 0 && type.size >= 0 ? 1 : 0;
    if ('fields' in type) for (const field of type.fields) visit(field.type, depth + 1);
    if ('elem' in type) visit(type.elem, depth + 1);
    if ('values' in type) answers += type.values.size;
    if ('underlying' in type) visit(type.underlying, depth + 1);
    if ('params' in type) for (const part of [...type.params, ...type.results]) visit(part, depth + 1);
  };
  const memory = new Uint8Array(64);
  const context = { register: () => 0x1000n, cfa: () => 0x2000n, readMemory: (_: bigint, size: number) => memory.subarray(0, size) };
  for (const f of [...dwarf.functions()].slice(0, 200)) {
    answers++;
    dwarf.functionsNamed(f.name);
    dwarf.afterPrologue(f.entry);
    for (const pc of [f.entry, f.entry + 9n, f.end - 1n]) {
      dwarf.unwindAt(pc);
      dwarf.lineAt(pc);
      for (const frame of dwarf.inlineFrames(pc)) {
        for (const variable of dwarf.variables(frame.scope, pc)) {
          visit(variable.type, 0);
          if (variable.location) answers += evaluateLocation(variable.location, context).ok ? 1 : 0;
        }
      }
    }
    answers += [...dwarf.statementsIn(f.entry, f.end)].length;
  }
  for (const variable of dwarf.globals()) visit(variable.type, 0);
  for (const name of dwarf.typeNames()) {
    const type = dwarf.typeNamed(name);
    if (type) visit(type, 0);
  }
  dwarf.typeNamed('struct list *');
  dwarf.typeOfRuntimeType(0x1000n);
  dwarf.globalNamed('counter');
  dwarf.addressesOf('shapes.c', 56);
  for (let pc = 0x1000n; pc < 0x1400n; pc += 7n) dwarf.unwindAt(pc);
  return answers + [...dwarf.files()].length;
}

const why = missing('gcc');
const FLAGS: readonly (readonly string[])[] = [
  ['-g', '-gdwarf-5', '-O2'],
  ['-g', '-gdwarf-4', '-O2', '-fdebug-types-section', '-fno-asynchronous-unwind-tables'],
];

describe.skipIf(why)(`corrupt DWARF costs only what it described${why ? ` (${why})` : ''}`, () => {
  for (const flags of FLAGS) {
    it(`never throws, loops or grows, whatever bytes are flipped: ${flags.join(' ')}`, () => {
      const path = compile('shapes.c', flags);
      const whole = askAll(open(path));
      expect(whole).toBeGreaterThan(80);
      let told = 0;
      for (let seed = 1; seed <= 300; seed++) {
        const next = random(seed);
        const target = SECTIONS[next(SECTIONS.length)]!;
        const opened = open(path, (name, bytes) => {
          if (name !== target || bytes.length === 0) return bytes;
          const copy = Uint8Array.from(bytes);
          for (let i = next(8); i >= 0; i--) copy[next(copy.length)] = [0, 0xff, 0x80, 0x7f, next(256)][next(5)]!;
          return copy;
        });
        askAll(opened);
        if (opened.problems.length > 0) told++;
        expect(new Set(opened.problems).size).toBe(opened.problems.length);
        expect(opened.problems.length).toBeLessThan(102);
        for (const problem of opened.problems)
          expect(problem).toMatch(/^[^\n]*\.(debug_\w+|eh_frame)[^\n]*$|^\S[^\n]* not supported[^\n]*$/);
      }
      expect(told).toBeGreaterThan(40);
    });

    it(`takes sections cut short anywhere: ${flags.join(' ')}`, () => {
      const path = compile('shapes.c', flags);
      for (const target of SECTIONS) {
        for (let part = 0; part < 16; part++) {
          const opened = open(path, (name, bytes) => (name === target ? bytes.slice(0, Math.floor((bytes.length * part) / 16)) : bytes));
          askAll(opened);
        }
        askAll(open(path, (name, bytes) => (name === target ? undefined : bytes)));
      }
    });
  }
});
