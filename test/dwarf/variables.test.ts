import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Variable } from '../../src/image/api.js';
import { type ExpressionContext, evaluateLocation } from '../../src/image/dwarf/expression.js';
import { buildGo, hasCommand, MATRIX, missing } from '../support/build.js';
import { compile, gdbPython, hex, type Opened, open } from './open.js';

/** What walk.py tells of a frame; numbers are decimal text. */
interface Frame {
  readonly function: string;
  readonly inlined: boolean;
  readonly pc: string;
  readonly registers: Readonly<Record<string, string | null>>;
  /** Value undefined to us (no integer or pointer): null. */
  readonly variables: readonly (readonly [name: string, value: string | null])[];
  readonly line: number;
}

interface Walk {
  readonly stops: readonly { readonly frames: readonly Frame[]; readonly memory: readonly (readonly [string, string])[] }[];
  readonly text: string;
}

const NAMES = ['rax', 'rdx', 'rcx', 'rbx', 'rsi', 'rdi', 'rbp', 'rsp', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15', 'rip'];

const walker = readFileSync(join(import.meta.dirname, 'walk.py'), 'utf8');

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** The value as gdb's script tells it; undefined: not to be compared. */
function shownValue(variable: Variable, context: ExpressionContext, bias: bigint): string | undefined {
  const { size } = variable.type;
  if (typeof variable.constant === 'bigint') return BigInt.asUintN(size * 8, variable.constant).toString();
  if (!variable.location) return 'lost';
  const result = evaluateLocation({ ...variable.location, bias }, context);
  if (!result.ok) return result.error;
  const [piece] = result.pieces;
  if (result.pieces.length !== 1 || size > 8) return undefined;
  if (piece!.kind === 'empty') return 'lost';
  if (piece!.kind === 'value') return BigInt.asUintN(size * 8, littleEndian(piece!.bytes)).toString();
  if (piece!.kind === 'register') {
    const value = context.register(piece!.register);
    return value === undefined ? 'lost' : BigInt.asUintN(size * 8, value).toString();
  }
  const bytes = piece!.kind === 'memory' ? context.readMemory(piece!.address, size) : undefined;
  return bytes && littleEndian(bytes).toString();
}

interface Compared {
  readonly wrong: string[];
  readonly frames: number;
  readonly values: number;
  readonly lost: number;
  readonly escaped: number;
}

/** Frames, variables and values at every stop of a walk, against gdb's. */
function compare({ dwarf, elf }: Opened, walk: Walk, go: boolean): Compared {
  const wrong: string[] = [];
  let frames = 0;
  let values = 0;
  let lost = 0;
  let escaped = 0;
  const bias = BigInt(walk.text) - BigInt(elf.sectionNamed('.text')!.address);
  for (const stop of walk.stops) {
    const memory = stop.memory.map(([address, bytes]) => ({ start: BigInt(address), bytes: Buffer.from(bytes, 'hex') }));
    const readMemory = (address: bigint, size: number) => {
      const area = memory.find(m => address >= m.start && address + BigInt(size) <= m.start + BigInt(m.bytes.length));
      return area?.bytes.subarray(Number(address - area.start), Number(address - area.start) + size);
    };
    stop.frames.forEach((frame, level) => {
      // A frame that made a call is looked up at the call, not behind it. Logical frames of one physical frame share their pc.
      const isCaller = stop.frames.slice(0, level).some(inner => !inner.inlined);
      const pc = BigInt(frame.pc) - bias - (isCaller ? 1n : 0n);
      let first = level;
      while (first > 0 && stop.frames[first - 1]!.inlined && stop.frames[first - 1]!.pc === frame.pc) first--;
      const mine = dwarf.inlineFrames(pc)[level - first];
      const where = `${hex(pc)} ${frame.function}`;
      frames++;
      if (mine?.name !== frame.function || mine.line !== frame.line) {
        wrong.push(`${where}:${frame.line} is ${mine?.name}:${mine?.line}`);
        return;
      }
      const register = (n: number) => {
        const value = frame.registers[NAMES[n] ?? ''];
        return value === null || value === undefined ? undefined : BigInt(value);
      };
      const cfa = () => {
        const row = dwarf.unwindAt(pc);
        return row && 'register' in row.cfa ? register(row.cfa.register)! + BigInt(row.cfa.offset) : undefined;
      };
      const variables = dwarf.variables(mine.scope, pc);
      const names = (list: readonly string[]) => [...new Set(list)].sort().join();
      const theirNames = names(frame.variables.map(([name]) => name));
      const myNames = names(variables.map(variable => variable.name));
      if (!go && theirNames !== myNames) wrong.push(`${where} has ${myNames}, not ${theirNames}`);
      for (const variable of variables) {
        // Escaped to the heap: gdb has the pointer to it, under the name `&x`.
        const pointer = frame.variables.find(([name, value]) => name === `&${variable.name}` && value !== null && value !== 'lost');
        // Not where another variable of the name is in force as well (`i := i`).
        const alone = variables.filter(other => other.name === variable.name).length === 1;
        if (pointer && alone && variable.location) {
          const place = evaluateLocation({ ...variable.location, bias }, { register, cfa, readMemory });
          const [piece] = place.ok ? place.pieces : [];
          escaped++;
          if (piece?.kind !== 'memory' || piece.address.toString() !== pointer[1])
            wrong.push(`${where} ${variable.name} is not at ${pointer[1]}`);
        }
        const theirs = frame.variables.filter(([name, value]) => name === variable.name && value !== null).map(([, value]) => value!);
        const value = theirs.length > 0 ? shownValue(variable, { register, cfa, readMemory }, bias) : undefined;
        // gdb finds values at entry in the caller's call site.
        if (value === undefined || value === 'the value at entry of the function is not known') continue;
        if (value === 'lost') lost++;
        else values++;
        if (!theirs.includes(value)) wrong.push(`${where} ${variable.name} is ${value}, not ${theirs.join(' or ')}`);
      }
    });
  }
  return { wrong, frames, values, lost, escaped };
}

const noGdb = hasCommand('gdb') || process.env.CI === 'true' ? undefined : 'gdb is missing: apt-get install gdb';
const why = noGdb ?? missing('gcc');

describe.skipIf(why)(`variables are what gdb shows, instruction by instruction${why ? ` (${why})` : ''}`, () => {
  const FLAGS: readonly (readonly string[])[] = [
    ['-g', '-gdwarf-5', '-O0'],
    ['-g', '-gdwarf-4', '-O0'],
    ['-g', '-gdwarf-5', '-O2'],
    ['-g', '-gdwarf-4', '-O2'],
    ['-g', '-gdwarf-3', '-O1'],
    ['-g', '-gdwarf-5', '-O3', '-fomit-frame-pointer', '-fdebug-types-section'],
    ['-g', '-Og', '-no-pie'],
  ];
  for (const flags of FLAGS) {
    it(`gcc ${flags.join(' ')}`, () => {
      const program = open(compile('shapes.c', flags));
      const walk = gdbPython<Walk>(program.path, `${walker}\nwalk("main", 300)\n`);
      const { wrong, frames, values } = compare(program, walk, false);
      expect(wrong).toEqual([]);
      expect(program.problems).toEqual([]);
      expect(frames).toBeGreaterThan(350);
      expect(values).toBeGreaterThan(500);
    });
  }

  for (const toolchain of MATRIX) {
    for (const name of ['closures', 'maps'] as const) {
      const absent = missing(toolchain);
      it.skipIf(absent)(`${name} of ${toolchain}${absent ? ` (${absent})` : ''}`, () => {
        const program = open(buildGo(name, { toolchain }));
        const own = [...program.dwarf.functions()].filter(f => f.name.startsWith('main.') && !f.wrapper);
        const places = own.flatMap(f => [...program.dwarf.statementsIn(f.entry, f.end)].map(s => `*${hex(s.pc)}`));
        const walk = gdbPython<Walk>(program.path, `${walker}\nvisit(${JSON.stringify(places)}, 300, "main.")\n`);
        const { wrong, frames, values, escaped } = compare(program, walk, true);
        expect(wrong).toEqual([]);
        expect(program.problems).toEqual([]);
        expect(frames).toBeGreaterThan(250);
        expect(values).toBeGreaterThan(100);
        if (name === 'closures') expect(escaped).toBeGreaterThan(5);
      });
    }
  }
});
