/**
 * Test support: programs of random signatures, built by the real compilers, whose every scalar carries a value of its own; gdb tells
 * where each of them is at the callee's first instruction and just after its return.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Signature } from '../../src/abi/assign.js';
import type { Assignment, Place } from '../../src/abi/place.js';
import { type Scalar, type Shape, scalars } from '../../src/abi/shape.js';

/** Registers in little-endian bytes, and the stack from RSP at entry. */
export interface Edge {
  readonly registers: Readonly<Record<string, Uint8Array>>;
  readonly stack: Uint8Array;
  /** What RAX points to, at the return of a function whose result is in memory. */
  readonly atRax: Uint8Array;
}

/** A type in the source language with its shape. */
export interface SourceType {
  /** With `%` where a declared name goes: `int %`, `% []byte`. */
  readonly declare: string;
  readonly shape: Shape;
}

export interface SourceFunction {
  readonly params: readonly SourceType[];
  readonly results: readonly SourceType[];
}

export const signatureOf = (fn: SourceFunction): Signature => ({
  params: fn.params.map(type => type.shape),
  results: fn.results.map(type => type.shape),
});

/** A small linear congruential generator (Numerical Recipes): the same programs on every run. */
export function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return below => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** The bytes of the n-th scalar of a program; 80-bit floats are whole numbers with the explicit integer bit. */
function scalarBytes(scalar: Scalar, n: number): Uint8Array {
  const bytes = new Uint8Array(scalar.size);
  const view = new DataView(bytes.buffer);
  if (scalar.kind === 'float') {
    if (scalar.size === 4) view.setFloat32(0, n + 0.5, true);
    else if (scalar.size === 8) view.setFloat64(0, n + 0.5, true);
    else {
      view.setBigUint64(0, (1n << 63n) | BigInt(n), true);
      view.setUint16(8, 0x403e, true);
    }
    return bytes;
  }
  for (let i = 0; i < Math.min(3, scalar.size); i++) bytes[i] = i === 0 ? 1 + (n % 251) : (n >> (8 * (i - 1))) & 0xff;
  if (scalar.size >= 4) bytes[3] = 0x10;
  if (scalar.size === 16) bytes[8] = n & 0xff;
  return bytes;
}

/** Bytes of a whole value whose scalars are numbered from `first`; unions take the last member's. */
export function valueBytes(shape: Shape, first: number): Uint8Array {
  const bytes = new Uint8Array(shape.size);
  for (const [i, scalar] of scalars(shape).entries()) bytes.set(scalarBytes(scalar, first + i), scalar.offset);
  return bytes;
}

const GDB_SCRIPT = `
import gdb, json
MASK = (1 << 64) - 1
inferior = gdb.selected_inferior
def raw(name):
    if not name.startswith('xmm'): return reg(name).to_bytes(8, 'little').hex()
    lanes = gdb.parse_and_eval('$' + name)['v2_int64']
    return b''.join((int(lanes[i]) & MASK).to_bytes(8, 'little') for i in range(2)).hex()
def st(n):
    text = gdb.execute('info registers st%d' % n, to_string=True)
    return int(text.split('raw ')[1].split(')')[0], 16).to_bytes(16, 'little')
NAMES = ['rax','rcx','rdx','rbx','rsp','rbp','rsi','rdi'] + ['r%d' % i for i in range(8, 16)] + ['xmm%d' % i for i in range(16)]
def memory(address, size):
    try: return bytes(inferior().read_memory(address, size)).hex()
    except gdb.MemoryError: return ''
def reg(name): return int(gdb.parse_and_eval('$' + name)) & MASK
def edge(base):
    registers = {name: raw(name) for name in NAMES}
    for n in range(2): registers['st%d' % n] = st(n).hex()
    return {'registers': registers, 'stack': memory(base, 1024), 'atRax': memory(reg('rax'), 256)}
gdb.execute('set pagination off')
gdb.execute('set confirm off')
gdb.execute('set environment GOGC off')
gdb.execute('set environment GODEBUG asyncpreemptoff=1')
gdb.execute('handle SIGURG nostop noprint pass')
out = []
started = False
for i in range(COUNT):
    entry = gdb.Breakpoint('*' + (SYMBOL % i), internal=True)
    gdb.execute('continue' if started else 'run', to_string=True)
    started = True
    entry.delete()
    at_entry = edge(reg('rsp'))
    back = int.from_bytes(bytes(inferior().read_memory(reg('rsp'), 8)), 'little')
    leave = gdb.Breakpoint('*%d' % back, internal=True)
    gdb.execute('continue', to_string=True)
    leave.delete()
    out.append([at_entry, edge(reg('rsp') - 8)])
with open(OUT, 'w') as f: json.dump(out, f)
gdb.execute('kill')
`;

const unhex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

/** Runs the program under gdb; `symbol` is a gdb location with %d for the function's number. */
export function observe(directory: string, program: string, symbol: string, count: number): { entry: Edge; leave: Edge }[] {
  mkdirSync(directory, { recursive: true });
  const out = join(directory, 'edges.json');
  const script = join(directory, 'observe.py');
  writeFileSync(script, `COUNT=${count}\nSYMBOL=${JSON.stringify(symbol)}\nOUT=${JSON.stringify(out)}\n${GDB_SCRIPT}`);
  execFileSync('gdb', ['-nx', '-batch', '-x', script, program], { stdio: ['ignore', 'pipe', 'pipe'], timeout: 120_000 });
  const edges = JSON.parse(readFileSync(out, 'utf8')) as { registers: Record<string, string>; stack: string; atRax: string }[][];
  const edge = (raw: (typeof edges)[0][0]): Edge => ({
    registers: Object.fromEntries(Object.entries(raw.registers).map(([name, hex]) => [name, unhex(hex)])),
    stack: unhex(raw.stack),
    atRax: unhex(raw.atRax),
  });
  return edges.map(([entry, leave]) => ({ entry: edge(entry!), leave: edge(leave!) }));
}

/** The value's bytes as the place says they lie; bytes that no scalar owns are zero. */
function gather(shape: Shape, place: Place, edge: Edge): Uint8Array {
  const found = new Uint8Array(shape.size);
  const covered = new Uint8Array(shape.size);
  if (place.in === 'stack') found.set(edge.stack.subarray(place.offset, place.offset + shape.size));
  else if (place.in === 'memory') found.set(edge.atRax.subarray(0, shape.size));
  else for (const part of place.parts) found.set(edge.registers[part.register]!.subarray(0, part.size), part.offset);
  for (const scalar of scalars(shape)) covered.fill(1, scalar.offset, scalar.offset + Math.min(scalar.size, meaningful(scalar)));
  return found.map((byte, i) => (covered[i] ? byte : 0));
}

/** An 80-bit float has six bytes of padding. */
const meaningful = (scalar: Scalar): number => (scalar.kind === 'float' && scalar.size === 16 ? 10 : scalar.size);

export interface Numbered {
  readonly fn: SourceFunction;
  /** Number of the first scalar of each parameter and result. */
  readonly params: readonly number[];
  readonly results: readonly number[];
}

/** Gives every scalar of all functions a number of its own. */
export function number(functions: readonly SourceFunction[]): Numbered[] {
  let next = 1;
  const take = (type: SourceType): number => {
    const first = next;
    next += scalars(type.shape).length;
    return first;
  };
  return functions.map(fn => ({ fn, params: fn.params.map(take), results: fn.results.map(take) }));
}

/** What differs between prediction and observation, in words; empty when all agree. */
export function differences(
  functions: readonly Numbered[],
  assignments: readonly Assignment[],
  seen: { entry: Edge; leave: Edge }[],
): string[] {
  const wrong: string[] = [];
  const compare = (label: string, type: SourceType, first: number, place: Place, edge: Edge): void => {
    const want = Buffer.from(valueBytes(type.shape, first)).toString('hex');
    const have = Buffer.from(gather(type.shape, place, edge)).toString('hex');
    if (want !== have) wrong.push(`${label} ${type.declare}: predicted ${JSON.stringify(place)}: want ${want}, have ${have}`);
  };
  for (const [i, { fn, params, results }] of functions.entries()) {
    for (const [j, type] of fn.params.entries()) {
      compare(`f${i} parameter ${j}`, type, params[j]!, assignments[i]!.params[j]!, seen[i]!.entry);
    }
    for (const [j, type] of fn.results.entries()) {
      compare(`f${i} result ${j}`, type, results[j]!, assignments[i]!.results[j]!, seen[i]!.leave);
    }
  }
  return wrong;
}
