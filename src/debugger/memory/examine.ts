/** gdb's `x/NFU` and Delve's `examinemem`: memory as numbers, characters, strings, addresses or instructions. */

import { type AddressSpace, MemoryFault } from '../../cpu/api.js';
import { hex } from '../../host/hex.js';
import type { Answer, Data } from '../answer.js';
import { describeAddress } from '../code/describe.js';
import { type CodeSpace, disassembleRange, type Flavor } from '../code/disassemble.js';
import { CommandError } from '../errors.js';
import { quoteText } from '../values/numbers.js';

export interface ExamineFormat {
  /** Units; negative reads backwards from the address. */
  readonly count: number;
  readonly letter: string;
  /** Bytes. */
  readonly size: number;
}

const SIZES: Readonly<Record<string, number>> = { b: 1, h: 2, w: 4, g: 8 };
const LETTERS = 'xduotacfsiz';
/** What a letter stands for when neither the command nor one before it gave a size. */
const NATURAL: Readonly<Record<string, number>> = { a: 8, c: 1, f: 8, s: 1, i: 1 };
const MOST = 100_000;

/** Reads `x`'s `/FMT`. What it does not say is as in `before`: format and size stay for the next `x`, as in gdb. */
export function parseExamineFormat(source: string, column: number, before: Pick<ExamineFormat, 'letter' | 'size'>): ExamineFormat {
  const match = /^(-?\d*)([a-z]*)$/.exec(source);
  if (match === null) throw new CommandError(`"${source}" is not a format: x/[COUNT][${LETTERS}][bhwg]`, column);
  let letter: string | undefined;
  let size: number | undefined;
  for (const char of match[2]!) {
    if (SIZES[char] !== undefined) size = SIZES[char];
    else if (LETTERS.includes(char)) letter = char;
    else throw new CommandError(`no format "${char}": x/[COUNT][${LETTERS}][bhwg]`, column);
  }
  const chosen = letter ?? before.letter;
  const bytes =
    chosen === 'a'
      ? 8
      : (size ??
        (letter === undefined ? before.size : (NATURAL[chosen] ?? (before.size === 1 && 'cs'.includes(before.letter) ? 8 : before.size))));
  if (chosen === 'f' && bytes < 4) throw new CommandError('floats have 4 or 8 bytes: x/fw or x/fg', column);
  const count = match[1] === '' ? 1 : match[1] === '-' ? -1 : Number(match[1]);
  if (Math.abs(count) > MOST) throw new CommandError(`at most ${MOST} units at a time`, column);
  return { count, letter: chosen, size: bytes };
}

/** What code is shown with; `pc` is where the selected frame stands. */
export interface ExamineOptions {
  readonly flavor: Flavor;
  readonly pc: bigint | undefined;
}

/** `x/FMT` from an address, and where the next one goes on. */
export function examine(space: CodeSpace, start: bigint, format: ExamineFormat, options: ExamineOptions): readonly [Answer, next: bigint] {
  const from = format.count < 0 ? backwards(space, start, format, options.flavor) : start;
  const positive = { ...format, count: Math.abs(format.count) };
  const [answer, next] =
    format.letter === 'i'
      ? instructions(space, from, positive, options)
      : format.letter === 's'
        ? strings(space, from, positive)
        : numbers(space, from, positive);
  return [answer, format.count < 0 ? from : next];
}

function backwards(space: CodeSpace, end: bigint, { count, letter, size }: ExamineFormat, flavor: Flavor): bigint {
  if (letter !== 'i') return BigInt.asUintN(64, end + BigInt(count * size));
  // Instructions cannot be read backwards; the function's are read forwards up to here.
  const func = space.images.functionAt(end - 1n);
  if (func === undefined) throw new CommandError('instructions before this address cannot be told: no function covers it');
  const before = disassembleRange(space, flavor, func.entry, { end }).slice(count);
  return before[0]?.address ?? func.entry;
}

type Read = readonly [Answer, bigint];

function instructions(space: CodeSpace, start: bigint, { count }: ExamineFormat, { flavor, pc }: ExamineOptions): Read {
  const lines = disassembleRange(space, flavor, start, { count });
  if (lines.length === 0) throw unreadable(start);
  const output = lines.map(line => `${line.address === pc ? '=>' : '  '} ${label(space, line.address)}:\t${line.text}`);
  const data = lines.map(line => ({ address: hexOf(line.address), text: line.text }));
  const last = lines.at(-1)!;
  return [{ output: output.join('\n'), data }, last.address + BigInt(last.length)];
}

function strings(space: CodeSpace, start: bigint, { count }: ExamineFormat): Read {
  const output: string[] = [];
  const data: Data[] = [];
  let address = start;
  for (let done = 0; done < count; done++) {
    const bytes = untilNul(space, address);
    output.push(`${label(space, address)}:\t${quoteText(bytes)}`);
    data.push({ address: hexOf(address), value: new TextDecoder().decode(bytes) });
    address += BigInt(bytes.length + 1);
  }
  return [{ output: output.join('\n'), data }, address];
}

function untilNul(space: CodeSpace, address: bigint): Uint8Array {
  const { memory } = space;
  const bytes: number[] = [];
  while (bytes.length < 4096) {
    if (!memory.allows(address + BigInt(bytes.length), 1, 'read')) {
      if (bytes.length === 0) throw unreadable(address);
      break;
    }
    const byte = memory.readU8(address + BigInt(bytes.length));
    if (byte === 0) break;
    bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}

function numbers(space: CodeSpace, start: bigint, { count, letter, size }: ExamineFormat): Read {
  const perLine = letter === 'a' ? 2 : letter === 't' ? Math.max(1, 8 / size) : letter === 'c' ? 8 : size === 8 ? 2 : size === 4 ? 4 : 8;
  const output: string[] = [];
  const data: Data[] = [];
  for (let done = 0; done < count; done += perLine) {
    const address = start + BigInt(done * size);
    const cells: string[] = [];
    for (let index = 0; index < Math.min(perLine, count - done); index++) {
      const at = address + BigInt(index * size);
      const raw = readUnit(space.memory, at, size);
      const shown = unitText(space, raw, letter, size);
      cells.push(shown);
      data.push({ address: hexOf(at), value: shown });
    }
    output.push(`${label(space, address)}:\t${cells.join('\t')}`);
  }
  return [{ output: output.join('\n'), data }, start + BigInt(count * size)];
}

function readUnit(memory: AddressSpace, address: bigint, size: number): bigint {
  let bytes: Uint8Array;
  try {
    bytes = memory.read(address, size);
  } catch (error) {
    if (!(error instanceof MemoryFault)) throw error;
    throw unreadable(address);
  }
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** One unit in a format's letter. */
function unitText(space: CodeSpace, raw: bigint, letter: string, size: number): string {
  const bits = size * 8;
  switch (letter) {
    case 'd':
      return BigInt.asIntN(bits, raw).toString();
    case 'u':
      return raw.toString();
    case 'o':
      return `0${raw.toString(8)}`;
    case 't':
      return raw.toString(2).padStart(bits, '0');
    case 'z':
      return `0x${raw.toString(16).padStart(size * 2, '0')}`;
    case 'a': {
      const symbol = describeAddress(space.images, raw);
      return `${hex(raw)}${symbol === undefined ? '' : ` <${symbol}>`}`;
    }
    case 'c': {
      const byte = Number(raw & 0xffn);
      return `${byte >= 128 ? byte - 256 : byte} '${characterText(byte)}'`;
    }
    case 'f': {
      const view = new DataView(new ArrayBuffer(8));
      view.setBigUint64(0, raw, true);
      return String(size === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true));
    }
    default:
      return `0x${raw.toString(16).padStart(letter === 'x' ? size * 2 : 0, '0')}`;
  }
}

function characterText(byte: number): string {
  const named = {
    0: '\\000',
    7: '\\a',
    8: '\\b',
    9: '\\t',
    10: '\\n',
    11: '\\v',
    12: '\\f',
    13: '\\r',
    27: '\\033',
    39: "\\'",
    92: '\\\\',
  }[byte];
  if (named !== undefined) return named;
  return byte >= 32 && byte < 127 ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`;
}

function label(space: CodeSpace, address: bigint): string {
  const symbol = describeAddress(space.images, address);
  return `${hexOf(address)}${symbol === undefined ? '' : ` <${symbol}>`}`;
}

function hexOf(address: bigint): string {
  return hex(address);
}

function unreadable(address: bigint): CommandError {
  return new CommandError(`cannot read memory at ${hexOf(address)}: nothing is mapped there`);
}

const DELVE_FORMATS: Readonly<Record<string, string>> = {
  bin: 't',
  binary: 't',
  oct: 'o',
  octal: 'o',
  dec: 'd',
  decimal: 'd',
  hex: 'x',
  hexadecimal: 'x',
  raw: 'raw',
};
const DELVE_MOST = 1_000_000;

/** Delve's `examinemem`, whose units are printed in full width, eight to a line. */
export function examineDelve(
  memory: AddressSpace,
  source: { readonly start: bigint; readonly column: number },
  flags: ReadonlyMap<string, string>,
): Answer {
  const format = DELVE_FORMATS[flags.get('-fmt') ?? 'hex'];
  if (format === undefined) throw new CommandError(`no format "${flags.get('-fmt')}"; there are bin, oct, dec, hex and raw`, source.column);
  const count = delveNumber(flags.get('-count') ?? flags.get('-len') ?? '1', '-count', source.column);
  const size = delveNumber(flags.get('-size') ?? '1', '-size', source.column);
  if (size > 8) throw new CommandError('-size is at most 8', source.column);
  if (count * size > DELVE_MOST) throw new CommandError(`at most ${DELVE_MOST} bytes at a time`, source.column);
  const { start } = source;
  const units: Data[] = [];
  const cells = Array.from({ length: count }, (_, index) => {
    const raw = readUnit(memory, start + BigInt(index * size), size);
    units.push(hexOf(raw));
    return delveCell(raw, format, size);
  });
  if (format === 'raw') return { output: cells.join(''), data: units };
  const perLine = size >= 4 ? 4 : 8;
  const lines: string[] = [];
  for (let index = 0; index < count; index += perLine) {
    lines.push(`${hexOf(start + BigInt(index * size))}:   ${cells.slice(index, index + perLine).join('   ')}`);
  }
  return { output: lines.join('\n'), data: units };
}

function delveCell(raw: bigint, format: string, size: number): string {
  switch (format) {
    case 't':
      return raw.toString(2).padStart(size * 8, '0');
    case 'o':
      return `0${raw.toString(8).padStart(Math.ceil((size * 8) / 3), '0')}`;
    case 'd':
      return raw.toString().padStart(Math.ceil(size * 2.408), '0');
    case 'raw':
      return String.fromCharCode(...Array.from({ length: size }, (_, index) => Number((raw >> BigInt(8 * index)) & 0xffn)));
    default:
      return `0x${raw.toString(16).padStart(size * 2, '0')}`;
  }
}

function delveNumber(value: string, name: string, column: number): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 1)
    throw new CommandError(`${name} is a whole number of at least 1, not "${value}"`, column);
  return number;
}
