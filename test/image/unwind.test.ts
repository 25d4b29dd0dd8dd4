import { describe, expect, it } from 'vitest';
import { nodePorts } from '../../src/host/node/ports.js';
import { openImage } from '../../src/image/image.js';
import { Images } from '../../src/image/images.js';
import { startProcess } from '../../src/linux/process.js';
import { buildC, buildGo, missing, type Toolchain } from '../support/build.js';

const RBP = 6;
const RSP = 7;

/**
 * Single-steps a program and compares what unwind rows say with what the CPU saw: the slot of the innermost return address, and what RBP
 * was when the function was entered. Returns how many steps agreed, and the places that did not.
 */
function compare(path: string, skip: number, steps: number): { rows: number; frames: number; wrong: string[] } {
  const ignore = () => {};
  const process = startProcess({ host: nodePorts, path, output: ignore });
  const images = new Images();
  const entered = new Map<bigint, bigint>();
  const wrong = new Set<string>();
  let [rows, frames] = [0, 0];
  process.run({ budget: skip });
  for (let step = 0; step < steps; step++) {
    if (process.run({ budget: 1, pass: true }).kind === 'exited') break;
    for (const object of process.objects.slice(images.all.length))
      images.add(openImage(object.bytes(), object.path, object.bias, nodePorts.unpack));
    const { registers } = process.cpu;
    const pc = registers.rip;
    const rsp = registers.get('rsp');
    const rbp = registers.get('rbp');
    const slot = process.cpu.calls(rsp)[0]?.slot;
    if (slot === undefined) continue;
    if (rsp === slot) entered.set(slot, rbp);
    const func = images.functionAt(pc);
    const row = images.unwindAt(pc);
    // Assembly that sets RSP to something else is marked so, and no table describes it.
    if (!row || !('register' in row.cfa) || func?.spWrite) continue;
    const place = `${func?.name}+${func && pc - func.entry}`;
    const cfa = (row.cfa.register === RSP ? rsp : row.cfa.register === RBP ? rbp : 0n) + BigInt(row.cfa.offset);
    if (cfa - 8n !== slot) wrong.add(`${place}: CFA`);
    else rows++;
    const caller = entered.get(slot);
    const rule = row.registers.get(RBP);
    if (caller === undefined || func?.language !== 'go' || cfa - 8n !== slot) continue;
    const found = typeof rule === 'object' && 'atCfa' in rule ? process.memory.readU64(cfa + BigInt(rule.atCfa)) : rbp;
    if (found !== caller) wrong.add(`${place}: RBP`);
    else frames++;
  }
  return { rows, frames, wrong: [...wrong] };
}

/** Steps that are skipped: what reads the vDSO at the very start is one long loop, in which nothing is entered. */
const GO: [string, Toolchain, boolean, number][] = [
  ['at the start', 'go1.26', false, 60_000],
  ['at the start, stripped', 'go1.26', true, 60_000],
  ['later', 'go1.26', false, 300_000],
  ['at the start', 'go1.19', false, 60_000],
  ['at the start, stripped', 'go1.19', true, 60_000],
  ['later', 'go1.19', false, 300_000],
];

describe.each(GO)('unwinding %s of a %s program', (_, toolchain, stripped, skip) => {
  const why = missing(toolchain);
  it.skipIf(why)(`finds what the CPU saw${why ? ` (skipped: ${why})` : ''}`, () => {
    const path = buildGo('generics', stripped ? { toolchain, ldflags: '-s -w' } : { toolchain });
    const { rows, frames, wrong } = compare(path, skip, 5_000);
    expect(wrong).toEqual([]);
    expect(rows).toBeGreaterThan(4_500);
    expect(frames).toBeGreaterThan(500);
  });
});

const why = missing('gcc');

it.skipIf(why)(`unwinding a C program, its loader and its library finds what the CPU saw${why ? ` (skipped: ${why})` : ''}`, () => {
  const { rows, wrong } = compare(buildC('sorting'), 0, 15_000);
  expect(wrong).toEqual([]);
  expect(rows).toBeGreaterThan(12_000);
});
