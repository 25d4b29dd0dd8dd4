import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  differences,
  number,
  observe,
  random,
  type SourceFunction,
  type SourceType,
  signatureOf,
  valueBytes,
} from '../../test/support/abi.js';
import { missing } from '../../test/support/build.js';
import { assignPlaces } from './assign.js';
import { LINUX_SYSCALL, SYSTEM_V } from './convention.js';
import { placeText } from './place.js';
import { array, complex, float, integer, type Shape, struct, union, word } from './shape.js';

const texts = (params: Shape[], results: Shape[] = []): string[] => {
  const assignment = assignPlaces(SYSTEM_V, { params, results });
  return [...assignment.params, ...assignment.results].map(placeText);
};

describe('System V', () => {
  it('classifies aggregates by eightbytes', () => {
    expect(texts([struct({ a: word, b: float(8) }), struct({ a: float(4), b: float(4) }), struct({ a: word, b: word, c: word })])).toEqual([
      'RDI:XMM0',
      'XMM1',
      '0x8(SP)',
    ]);
    expect(texts([word], [struct({ a: word, b: word, c: word })])).toEqual(['RSI', '(RAX)']);
    expect(texts([], [struct({ a: word, b: float(8) })])).toEqual(['RAX:XMM0']);
    expect(texts([union({ a: float(8), b: integer(4) })])).toEqual(['RDI']);
  });

  it('passes system call arguments in R10 instead of RCX', () => {
    const { params } = assignPlaces(LINUX_SYSCALL, { params: Array.from({ length: 6 }, () => word), results: [word] });
    expect(params.map(placeText)).toEqual(['RDI', 'RSI', 'RDX', 'R10', 'R8', 'R9']);
  });
});

const leaves: SourceType[] = [
  { declare: 'unsigned char %', shape: integer(1) },
  { declare: 'short %', shape: integer(2) },
  { declare: 'int %', shape: integer(4) },
  { declare: 'long %', shape: word },
  { declare: 'void *%', shape: word },
  { declare: '__int128 %', shape: integer(16) },
  { declare: 'float %', shape: float(4) },
  { declare: 'double %', shape: float(8) },
  { declare: 'long double %', shape: float(16) },
  { declare: '_Complex float %', shape: complex(8) },
  { declare: '_Complex double %', shape: complex(16) },
  { declare: '_Complex long double %', shape: complex(32) },
];

function aggregate(pick: (below: number) => number, depth: number): SourceType {
  const fields = Array.from({ length: 1 + pick(4) }, (_, i): SourceType => {
    const type = randomType(pick, depth + 1);
    if (pick(5) > 0) return { ...type, declare: type.declare.replace('%', `f${i}`) };
    const length = 1 + pick(3);
    return { declare: type.declare.replace('%', `f${i}[${length}]`), shape: array(type.shape, length) };
  });
  const text = fields.map(field => `${field.declare};`).join(' ');
  const members = Object.fromEntries(fields.map((field, i) => [`f${i}`, field.shape]));
  // Members of a union overlap, so only one of one scalar has bytes that can be told apart.
  if (pick(6) === 0) return { declare: `union { ${fields[0]!.declare}; } %`, shape: union({ f0: fields[0]!.shape }) };
  return { declare: `struct { ${text} } %`, shape: struct(members) };
}

function randomType(pick: (below: number) => number, depth: number): SourceType {
  if (depth < 2 && pick(3) === 0) return aggregate(pick, depth);
  return leaves[pick(leaves.length)]!;
}

const COUNT = 150;

function randomFunctions(seed: number): SourceFunction[] {
  const pick = random(seed);
  return Array.from({ length: COUNT }, () => ({
    params: Array.from({ length: pick(10) }, () => randomType(pick, 0)),
    results: pick(4) === 0 ? [] : [randomType(pick, 0)],
  }));
}

function cProgram(functions: ReturnType<typeof number>): string {
  const declarations: string[] = ['#include <string.h>'];
  const body: string[] = [];
  const variable = (name: string, type: SourceType, first: number): void => {
    declarations.push(`typedef ${type.declare.replace('%', `T${name}`)};`, `T${name} ${name};`);
    declarations.push(`_Static_assert(sizeof(T${name}) == ${type.shape.size}, "${name}");`);
    body.push(`memcpy(&${name}, (unsigned char[]){${[...valueBytes(type.shape, first)].join(', ')}}, sizeof ${name});`);
  };
  for (const [i, { fn, params, results }] of functions.entries()) {
    for (const [j, type] of fn.params.entries()) variable(`p${i}_${j}`, type, params[j]!);
    for (const [j, type] of fn.results.entries()) variable(`r${i}_${j}`, type, results[j]!);
    const declared = fn.params.map((_, j) => `Tp${i}_${j} a${j}`).join(', ') || 'void';
    const result = fn.results.length > 0 ? `Tr${i}_0` : 'void';
    const back = fn.results.length > 0 ? `return r${i}_0;` : '';
    declarations.push(`__attribute__((noipa)) ${result} f${i}(${declared}) { ${back} }`);
    body.push(`f${i}(${fn.params.map((_, j) => `p${i}_${j}`).join(', ')});`);
  }
  return `${declarations.join('\n')}\nint main(void) {\n${body.join('\n')}\nreturn 0;\n}\n`;
}

const why = missing('gcc');

describe(`System V against gcc${why ? ` (skipped: ${why})` : ''}`, () => {
  it.skipIf(why)('finds every scalar of 150 random signatures where it predicts it', () => {
    const directory = resolve('.build/abi/gcc');
    mkdirSync(directory, { recursive: true });
    const functions = number(randomFunctions(5));
    writeFileSync(join(directory, 'main.c'), cProgram(functions));
    execFileSync('gcc', ['-O1', '-no-pie', '-Wno-psabi', '-o', 'prog', 'main.c'], { cwd: directory });
    const assignments = functions.map(({ fn }) => assignPlaces(SYSTEM_V, signatureOf(fn)));
    expect(differences(functions, assignments, observe(directory, join(directory, 'prog'), 'f%d', COUNT))).toEqual([]);
  });
});
