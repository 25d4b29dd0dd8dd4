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
import { MATRIX, missing, toolchain } from '../../test/support/build.js';
import { assignPlaces } from './assign.js';
import { ABI_INTERNAL, ABI0 } from './convention.js';
import { placeText } from './place.js';
import { array, complex, float, goInterface, goSlice, goString, integer, type Shape, struct, word } from './shape.js';

const texts = (shapes: Shape[]): string[] => assignPlaces(ABI_INTERNAL, { params: shapes, results: [] }).params.map(placeText);

describe('Go ABIInternal', () => {
  it('uses nine integer and fifteen float registers', () => {
    expect(texts(Array.from({ length: 10 }, () => word))).toEqual(['RAX', 'RBX', 'RCX', 'RDI', 'RSI', 'R8', 'R9', 'R10', 'R11', '0x8(SP)']);
    expect(texts(Array.from({ length: 16 }, () => float(8))).slice(13)).toEqual(['XMM13', 'XMM14', '0x8(SP)']);
  });

  it('never splits a value, and lets later ones use what a failed one left', () => {
    const seven = Array.from({ length: 7 }, () => word);
    expect(texts([...seven, goSlice, goString]).slice(7)).toEqual(['0x8(SP)', 'R10:R11']);
    expect(texts([array(integer(1), 2), integer(1), array(word, 1), array(word, 0)])).toEqual(['0x8(SP)', 'RAX', 'RBX', '0x10(SP)']);
  });

  it('gives every register argument a spill slot behind the stack results', () => {
    const { params, results, stackBytes, spillBytes } = assignPlaces(ABI_INTERNAL, {
      params: [integer(1), array(integer(1), 3), goString, integer(4)],
      results: [array(word, 2)],
    });
    expect(params.map(place => (place.in === 'registers' ? place.spill : place.in))).toEqual([32, 'stack', 40, 56]);
    expect(results).toEqual([{ in: 'stack', offset: 16 }]);
    expect([stackBytes, spillBytes]).toEqual([24, 32]);
  });

  it('has all of ABI0 on the stack', () => {
    const { params, results, stackBytes } = assignPlaces(ABI0, { params: [integer(1), word, integer(4)], results: [integer(2)] });
    expect([...params, ...results].map(placeText)).toEqual(['0x8(SP)', '0x10(SP)', '0x18(SP)', '0x20(SP)']);
    expect(stackBytes).toBe(32);
  });
});

const leaves: SourceType[] = [
  { declare: '% uint8', shape: integer(1) },
  { declare: '% int16', shape: integer(2) },
  { declare: '% uint32', shape: integer(4) },
  { declare: '% int', shape: word },
  { declare: '% uintptr', shape: word },
  { declare: '% unsafe.Pointer', shape: word },
  { declare: '% func()', shape: word },
  { declare: '% map[int]int', shape: word },
  { declare: '% float32', shape: float(4) },
  { declare: '% float64', shape: float(8) },
  { declare: '% complex64', shape: complex(8) },
  { declare: '% complex128', shape: complex(16) },
  { declare: '% string', shape: goString },
  { declare: '% []byte', shape: goSlice },
  { declare: '% any', shape: goInterface },
  { declare: '% error', shape: goInterface },
];

function randomType(pick: (below: number) => number, depth: number): SourceType {
  const kind = depth > 2 ? 9 : pick(12);
  if (kind === 0) {
    const elem = randomType(pick, depth + 1);
    const length = 1 + pick(2);
    return { declare: elem.declare.replace('%', `% [${length}]`), shape: array(elem.shape, length) };
  }
  if (kind === 1 && depth === 0) return { declare: '% [0]int64', shape: array(word, 0) };
  if (kind <= 3) {
    const fields = Array.from({ length: 1 + pick(4) }, () => randomType(pick, depth + 1));
    const text = fields.map((field, i) => field.declare.replace('%', `f${i}`)).join('; ');
    return { declare: `% struct{${text}}`, shape: struct(Object.fromEntries(fields.map((field, i) => [`f${i}`, field.shape]))) };
  }
  return leaves[pick(leaves.length)]!;
}

const COUNT = 120;

function randomFunctions(seed: number): SourceFunction[] {
  const pick = random(seed);
  const types = (most: number): SourceType[] => Array.from({ length: pick(most + 1) }, () => randomType(pick, 0));
  return Array.from({ length: COUNT }, () => ({ params: types(9), results: types(5) }));
}

/** Declares a variable per value, sets its bytes one by one, and passes it on. */
function goProgram(functions: ReturnType<typeof number>, inAssembly = false): string {
  const declarations: string[] = [];
  const fill: string[] = [];
  const calls: string[] = [];
  const variable = (name: string, type: SourceType, first: number): void => {
    declarations.push(`var ${type.declare.replace('%', name)}`, `var _ = [1]int{}[unsafe.Sizeof(${name})-${type.shape.size}]`);
    const bytes = [...valueBytes(type.shape, first)];
    if (bytes.length > 0) fill.push(`*(*[${bytes.length}]byte)(unsafe.Pointer(&${name})) = [...]byte{${bytes.join(', ')}}`);
  };
  for (const [i, { fn, params, results }] of functions.entries()) {
    for (const [j, type] of fn.params.entries()) variable(`p${i}_${j}`, type, params[j]!);
    for (const [j, type] of fn.results.entries()) variable(`r${i}_${j}`, type, results[j]!);
    const list = (prefix: string, types: readonly SourceType[]): string => types.map((_, j) => `${prefix}${i}_${j}`).join(', ');
    const declared = (prefix: string, types: readonly SourceType[]): string =>
      types.map((type, j) => type.declare.replace('%', `${prefix}${j}`)).join(', ');
    // Arguments that live across a call are what the prologue spills.
    const keep = fn.params.map((_, j) => `p${i}_${j} = a${j}`).join('\n');
    const head = `func f${i}(${declared('a', fn.params)}) (${declared('b', fn.results)})`;
    if (inAssembly) declarations.push(`//go:noescape\n${head}`);
    else declarations.push(`//go:noinline\n${head} {\ntouch()\n${keep}\nreturn ${list('r', fn.results)}\n}`);
    calls.push(`f${i}(${list('p', fn.params)})`);
  }
  return [
    'package main',
    'import "unsafe"',
    'var touched int',
    '//go:noinline\nfunc touch() { touched++ }',
    ...declarations,
    `func main() {\n${fill.join('\n')}\n${calls.join('\n')}\n}`,
    '',
  ].join('\n');
}

const toolchains = MATRIX.map(name => ({ name, why: missing(name) }));

describe.each(toolchains)('ABIInternal against $name', ({ name, why }) => {
  const note = why === undefined ? '' : ` (skipped: ${why})`;
  const directory = resolve(`.build/abi/${name}`);
  const functions = number(randomFunctions(name.length));
  const build = (extra: string[]): string => {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'main.go'), goProgram(functions));
    const { go } = toolchain(name)!;
    const env = { ...process.env, GO111MODULE: 'off', GOFLAGS: '', GOTOOLCHAIN: 'local', CGO_ENABLED: '0' };
    const result = execFileSync('sh', ['-c', `"$0" build ${extra.join(' ')} -o prog main.go 2>&1`, go], {
      cwd: directory,
      env,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    return result;
  };
  const assignments = functions.map(({ fn }) => assignPlaces(ABI_INTERNAL, signatureOf(fn)));

  it.skipIf(why)(`finds every scalar of 120 random signatures where it predicts it${note}`, () => {
    build([]);
    const seen = observe(directory, join(directory, 'prog'), "'main.f%d'", COUNT);
    expect(differences(functions, assignments, seen)).toEqual([]);
  });

  it.skipIf(why)(`finds the arguments of assembly functions where ABI0 has them${note}`, () => {
    const onStack = functions.map(({ fn }) => assignPlaces(ABI0, signatureOf(fn)));
    const folder = join(directory, 'abi0');
    mkdirSync(folder, { recursive: true });
    const go = toolchain(name)!;
    writeFileSync(join(folder, 'go.mod'), `module abi0\n\ngo ${go.language}\n`);
    writeFileSync(join(folder, 'main.go'), goProgram(functions, true));
    // The size behind $0- says what a stub takes and gives, without padding at the end; go vet holds it to the declaration.
    const stubs = functions.map(({ fn }, i) => {
      const types = [...fn.params, ...fn.results];
      const places = [...onStack[i]!.params, ...onStack[i]!.results];
      const ends = places.map((place, j) => (place.in === 'stack' ? place.offset - 8 + types[j]!.shape.size : 0));
      return `TEXT \u00b7f${i}(SB), 4, $0-${Math.max(0, ...ends)}\n\tRET\n`;
    });
    writeFileSync(join(folder, 'stubs_amd64.s'), stubs.join('\n'));
    const env = { ...process.env, ...go.env, CGO_ENABLED: '0' };
    // The sizes that vet of Go 1.19 computes differ from its own compiler's.
    if (name !== 'go1.19') execFileSync(go.go, ['vet', '-asmdecl', '.'], { cwd: folder, env });
    execFileSync(go.go, ['build', '-o', 'prog', '.'], { cwd: folder, env });
    const given = functions.map(each => ({ ...each, fn: { ...each.fn, results: [] } }));
    expect(differences(given, onStack, observe(folder, join(folder, 'prog'), "'main.f%d.abi0'", COUNT))).toEqual([]);
  });

  it.skipIf(why)(`agrees with the compiler on argument sizes and spill slots${note}`, () => {
    const listing = build(["-gcflags='-S'"]);
    const wrong: string[] = [];
    for (const [i, assignment] of assignments.entries()) {
      const body = listing.slice(listing.search(new RegExp(`^main\\.f${i} STEXT`, 'm')));
      const text = body.slice(0, body.search(/\n\S+ STEXT/));
      const size = Number(/TEXT\s+main\.f\d+\(SB\), ABIInternal, \$\d+-(\d+)/.exec(text)?.[1]);
      if (size !== assignment.stackBytes + assignment.spillBytes) wrong.push(`f${i}: ${size} bytes of arguments`);
      const spills = spillsBeforeMorestack(text);
      const predicted = assignment.params.flatMap(place =>
        place.in === 'registers' ? place.parts.map(part => `${part.register}@${place.spill! + part.offset}`) : [],
      );
      if (spills.join() !== predicted.join()) wrong.push(`f${i}: spills ${spills} but predicted ${predicted}`);
    }
    expect(wrong).toEqual([]);
  });
});

const GO_REGISTER: Readonly<Record<string, string>> = {
  AX: 'rax',
  BX: 'rbx',
  CX: 'rcx',
  DI: 'rdi',
  SI: 'rsi',
  AL: 'rax',
  BL: 'rbx',
  CL: 'rcx',
  DIB: 'rdi',
  SIB: 'rsi',
};

/** The stores that save register arguments ahead of `runtime.morestack`, as `register@offset from RSP at entry`. */
function spillsBeforeMorestack(text: string): string[] {
  const lines = text.split('\n');
  const call = lines.findIndex(line => /CALL\s+runtime\.morestack/.test(line));
  const spills: string[] = [];
  for (let i = call - 1; i >= 0; i--) {
    const store = /MOV\w+\s+(\w+), (\d+)\(SP\)/.exec(lines[i]!);
    if (store) {
      const name = store[1]!;
      const register = GO_REGISTER[name] ?? (name.startsWith('X') ? `xmm${name.slice(1)}` : name.toLowerCase().replace(/b$/, ''));
      spills.unshift(`${register}@${store[2]}`);
    } else if (!/NOP|PCDATA|FUNCDATA/.test(lines[i]!)) break;
  }
  return spills;
}
