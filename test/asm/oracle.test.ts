/** The assembler against Go's own: the same bytes for the same source. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assemble } from '../../src/asm/assemble.js';
import { AssemblyError } from '../../src/asm/diagnostics.js';
import { jumps } from '../../src/asm/mnemonics.js';
import type { Assembled } from '../../src/asm/program.js';
import { plainName } from '../../src/asm/syntax.js';
import { nodeAssets } from '../../src/host/node/assets.js';
import { Catalog } from '../../src/runtime/bundled/catalog.js';
import { type GoToolchain, missing, toolchain } from '../support/build.js';
import { type GoCode, type GoOptions, goAssemble, goAssembleLines, goData, goRefuses } from './go.js';
import { shapeLine, shapes, variants } from './table.js';

/** A release of Go, and its minor number. */
interface Release {
  readonly go: GoToolchain;
  readonly minor: number;
}
const RELEASES = [
  ['go1.26', 26],
  ['go1.27.2', 27],
] as const;
/** The release that is on PATH: what all of them make alike is compared with it only. */
const local = (): Release => ({ go: toolchain('go1.26') as GoToolchain, minor: 26 });
/** The thread's g lies below FS. */
const TLS_G = -8;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Lines that Go takes and r14 refuses, because what Go makes of them is not what they say. */
const REFUSED: readonly { readonly why: string; readonly is: (line: string) => boolean }[] = [
  {
    why: 'the constant does not fit the operand: Go leaves out its upper bits, or sets them',
    is: line => {
      const [, sign, digits] = /\$(-?)(\w+)/.exec(line) ?? [];
      if (digits === undefined) return false;
      const constant = sign === '-' ? -BigInt(digits) : BigInt(digits);
      const width = { B: 8, W: 16, L: 32, Q: 32, T: 8 }[/^\w+/.exec(line)![0].at(-1)!] ?? 64;
      return (
        constant < -(1n << BigInt(width - 1)) || constant >= 1n << BigInt(line.startsWith('INT ') || !/^\w+Q /.test(line) ? width : 31)
      );
    },
  },
  {
    why: 'no processor has it: registers only where the operand is memory',
    is: line => /^(?:CMPXCHG(?:8|16)B|MOVNT(?:IL|IQ|PS|PD|O|Q)|XRSTOR(?:64)?) /.test(line),
  },
  { why: 'VAES and VPCLMULQDQ, which came with AVX-512', is: line => /^V(?:AES|PCLMULQDQ)\w* .*Y\d/.test(line) },
  { why: 'MOVHLPS and MOVLHPS are the names of these, or they do not exist', is: line => /^MOV[HL]P[SD] X3, X3$/.test(line) },
  {
    why: 'Go takes the number of a general register for that of an MMX register, or the other way round',
    is: line => /^CVTPL2P[SD] \w+, X\d+$|^PINSR[BDQ] .*, M\d, /.test(line) || (/\bM\d$/.test(line) && !/^MOV[LQ] /.test(line)),
  },
];
const EVEX = 0x62;
/** Lines that both take, with other bytes, because Go's are wrong. */
const DIFFERENT: readonly { readonly why: string; readonly line: RegExp }[] = [
  { why: 'Go takes the general register of the same number', line: /^MOVQ M\d, M\d$/ },
  { why: 'without the REX prefix that Go forgets, these are CH, DH and BH', line: /^CRC32B (?:BP|SI|DI), CX$/ },
];

interface Code {
  readonly bytes: Uint8Array;
  readonly address: bigint;
}

const codeAt = (program: Assembled, from: bigint, to: bigint): Code => {
  const [text] = program.segments;
  return { address: from, bytes: text.bytes.slice(Number(from - text.start), Number(to - text.start)) };
};

/** r14's code by line of the one function, and the lines that it refuses. */
function assembleLines(texts: readonly string[], wrap: (lines: readonly string[]) => string, minor: number) {
  const refused = new Map<number, string>();
  for (;;) {
    try {
      const text = wrap(texts.map((line, index) => (refused.has(index + 1) ? '' : line)));
      const program = assemble({ sources: [{ file: 'x.s', text, package: 'runtime' }], go: minor, stackUnchecked: true });
      const [fn] = program.functions;
      const ends = [...fn.lines.slice(1).map(row => row.pc), fn.address + BigInt(fn.size)];
      return { refused, program, lines: new Map(fn.lines.map((row, index) => [row.line, codeAt(program, row.pc, ends[index])])) };
    } catch (error) {
      if (!(error instanceof AssemblyError)) throw error;
      for (const { line, message } of error.diagnostics) refused.set(line, message);
    }
  }
}

/** What Go's linker calls the places where data begin and end. */
function edgesOf({ segments }: Assembled) {
  const [data, bss] = [segments.find(each => each.name === 'data'), segments.find(each => each.name === 'bss')];
  return [
    { name: 'runtime.noptrdata', address: (data ?? bss)?.start ?? 0n },
    { name: 'runtime.enoptrbss', address: bss === undefined ? 0n : bss.start + BigInt(bss.memorySize) },
  ];
}

/** Both codes as text, with what only a linker knows as zeros; `resolved` says whether r14 put the right address there. */
function compare(theirs: GoCode, own: Code, program: Assembled) {
  const expected = theirs.bytes.slice();
  const found = own.bytes.slice();
  const wrong: string[] = [];
  for (const { from, to, symbol } of theirs.relocations) {
    expected.fill(0, from, to);
    found.fill(0, from, to);
    // A mark, or code of another length.
    if (to - from !== 4 || to > own.bytes.length) continue;
    const value = Buffer.from(own.bytes).readInt32LE(from);
    if (symbol === '') {
      if (value !== TLS_G) wrong.push(`TLS: ${value}`);
      continue;
    }
    const [, name, offset] = /^(.+?)(?:<\d+>)?(\+-?\d+)?$/.exec(symbol) as RegExpExecArray;
    const near = own.address + BigInt(to) + BigInt(value);
    const candidates = [...program.symbols, ...edgesOf(program)]
      .filter(one => one.name === plainName(name))
      .map(one => one.address + BigInt((offset ?? '0').replace('+-', '-')));
    if (!candidates.some(address => address === near || address === BigInt(value))) wrong.push(`${symbol}: 0x${near.toString(16)}`);
  }
  return { expected: hex(expected), found: hex(found), wrong };
}

function compareLines({ go, minor }: Release, texts: readonly string[], tail = '', options: GoOptions = {}) {
  // TEXT stands on the first line, so that the numbers of lines are the table's.
  const wrap = (lines: readonly string[]) => `TEXT ·f(SB), 4, $0-0; ${lines.join('\n')}\n${tail}`;
  const theirs = goAssembleLines(go, texts, wrap, options);
  const own = assembleLines(texts, wrap, minor);
  const differences: string[] = [];
  const taken: number[] = [];
  texts.forEach((line, index) => {
    const number = index + 1;
    const [theirReason, ownReason] = [theirs.refused.get(number), own.refused.get(number)];
    if (theirReason !== undefined && ownReason !== undefined) return;
    const [expected, found] = [theirs.lines.get(`runtime.f:${number}`), own.lines.get(number)];
    if (theirReason !== undefined)
      differences.push(`${line}: Go refuses it (${theirReason}), r14 makes ${hex(found?.bytes ?? new Uint8Array())}`);
    else if (ownReason !== undefined) {
      // What Go makes of AVX-512's encoding alone (EVEX) is none of r14's.
      if (!REFUSED.some(({ is }) => is(line)) && !(options.listed && expected?.bytes[0] === EVEX))
        differences.push(`${line}: r14 refuses it (${ownReason}), Go makes ${hex(expected?.bytes ?? new Uint8Array())}`);
    } else if (expected !== undefined && found !== undefined) {
      taken.push(index);
      const both = compare(expected, found, own.program);
      if (both.expected !== both.found && !DIFFERENT.some(({ line: known }) => known.test(line)))
        differences.push(`${line}: Go makes ${both.expected}, r14 ${both.found}`);
      differences.push(...both.wrong.map(wrong => `${line}: r14 takes ${wrong}`));
    } else if (line !== '' && (expected === undefined) !== (found === undefined)) differences.push(`${line}: only one makes code of it`);
  });
  return { differences, taken };
}

/** All functions of a file of the program, found by the line of their TEXT. */
function compareFunctions(go: GoToolchain, text: string, program: Assembled, file: string, options: GoOptions = {}) {
  const { errors, functions } = goAssemble(go, text, options);
  const differences = [...errors].map(([line, message]) => `${file}:${line}: Go refuses it: ${message}`);
  for (const theirs of functions) {
    const fn = program.functions.findLast(one => one.at.file === file && one.at.line <= theirs.line);
    if (fn === undefined) {
      differences.push(`${theirs.name}:${theirs.line}: only Go has it`);
      continue;
    }
    const both = compare(theirs, codeAt(program, fn.address, fn.address + BigInt(fn.size)), program);
    if (both.expected !== both.found)
      differences.push(`${file}:${theirs.line} ${theirs.name}: Go makes\n${both.expected}, r14\n${both.found}`);
    differences.push(...both.wrong.map(wrong => `${theirs.name}: r14 takes ${wrong}`));
  }
  return { differences, count: functions.length };
}

const compareSource = ({ go, minor }: Release, text: string) =>
  compareFunctions(go, text, assemble({ sources: [{ file: 'x.s', text, package: 'runtime' }], go: minor, stackUnchecked: true }), 'x.s');

describe.each(RELEASES.map(([name, minor]) => ({ name, minor, reason: missing(name) })))(
  "Go's assembler and r14's agree: $name $reason",
  ({ name, minor, reason }) => {
    const release = (): Release => ({ go: toolchain(name) as GoToolchain, minor });
    const test = it.skipIf(reason);
    const CELL = 'GLOBL ·cell(SB), 16, $64\n';

    test('every mnemonic with every combination of kinds of operands, and their registers, addresses and constants', {
      timeout: 300_000,
    }, () => {
      const all = shapes();
      const first = compareLines(release(), all.map(shapeLine), CELL, { listed: true });
      expect(first.differences).toEqual([]);
      expect(first.taken.length).toBeGreaterThan(1200);
      // A third of the variants of each shape; another third of the next.
      const lines = first.taken.flatMap((index, shape) => variants(all[index]).filter((_, variant) => (variant + shape) % 3 === 0));
      const second = compareLines(release(), lines, CELL, { listed: true });
      expect(second.differences).toEqual([]);
      expect(second.taken.length).toBeGreaterThan(5000);
    });

    test('AVX, AVX2, FMA, BMI and their kin, with registers, addresses, gathers and constants', { timeout: 300_000 }, () => {
      const all = shapes(true);
      const first = compareLines(release(), all.map(shapeLine), CELL, { listed: true });
      expect(first.differences).toEqual([]);
      expect(first.taken.length).toBeGreaterThan(1200);
      const lines = first.taken.flatMap((index, shape) => variants(all[index]!).filter((_, variant) => (variant + shape) % 3 === 0));
      const second = compareLines(release(), lines, CELL, { listed: true });
      expect(second.differences).toEqual([]);
      expect(second.taken.length).toBeGreaterThan(5000);
    });

    test('what stands apart: TLS, strings, prefixes, raw data, addresses, pairs of registers', () => {
      const { differences } = compareLines(release(), APART, CELL);
      expect(differences).toEqual([]);
    });

    test('jumps, short and long, forwards and backwards', () => {
      const far = Array.from({ length: 150 }, () => 'BYTE $0x90').join('; ');
      const near = Array.from({ length: 100 }, () => 'BYTE $0x90').join('; ');
      // Go's JCXZL lands a byte behind its label: its distance leaves out the prefix.
      const names = [...jumps.keys(), 'JMP'].filter(name => name !== 'JCXZL');
      const text = names
        .flatMap((name, index) => {
          const short = /^(?:JCXZ|LOOP)/.test(name);
          return [
            `TEXT ·near${index}(SB), 4, $0-0\nback: ${near}\n${name} back\n${name} on\n${near}\non: RET`,
            ...(short ? [] : [`TEXT ·far${index}(SB), 4, $0-0\nback: ${far}\n${name} back\n${name} on\n${far}\non: RET`]),
          ];
        })
        .join('\n');
      const { differences, count } = compareSource(release(), `${text}\n`);
      expect(differences).toEqual([]);
      expect(count).toBeGreaterThan(80);
    });

    test('DATA and GLOBL', () => {
      const text = `#include "textflag.h"\n${DATA.map(([value, size], index) => `DATA ·d${index}+8(SB)/${size}, ${value}\nGLOBL ·d${index}(SB), ${index % 2 === 0 ? 'RODATA|' : ''}NOPTR, $24\n`).join('')}GLOBL ·zero(SB), NOPTR, $4096\n`;
      const program = assemble({ sources: [{ file: 'x.s', text, package: 'runtime' }] });
      const theirs = goData(release().go, text);
      expect(theirs.size).toBe(DATA.length);
      for (const [name, { bytes, addresses }] of theirs) {
        const symbol = program.symbols.find(one => one.name === name)!;
        const segment = program.segments.find(one => symbol.address >= one.start && symbol.address < one.start + BigInt(one.memorySize))!;
        const own = Buffer.from(segment.bytes)
          .subarray(Number(symbol.address - segment.start))
          .subarray(0, symbol.size);
        expect(symbol.size, name).toBe(bytes.length);
        for (const { at, symbol: target, offset } of addresses) {
          expect(own.readBigUInt64LE(at), name).toBe(program.symbols.find(one => one.name === target)!.address + BigInt(offset));
          own.fill(0, at, at + 8);
        }
        expect(hex(own), name).toBe(hex(bytes));
      }
    });

    test('macros: with arguments, over several lines, of each other, undefined again', () => {
      const { differences, count } = compareSource(release(), MACROS);
      expect(differences).toEqual([]);
      expect(count).toBe(2);
    });

    test('frames: prologues, stack checks, epilogues, arguments and locals', () => {
      const text = FRAMES.map((head, index) => `TEXT ·f${index}(SB), ${head}`).join('\n');
      const source = `#include "textflag.h"\n${text}\n${MORESTACK}`;
      const { differences, count } = compareSource(release(), source);
      expect(differences).toEqual([]);
      expect(count).toBe(FRAMES.length + 2);
    });

    test('jumps to jumps, alignment, adjustments of the stack, floating-point constants', () => {
      const { differences, count } = compareSource(
        release(),
        ACCEPTED.map((body, index) => `TEXT ·f${index}(SB), 4, $0-0\n${body}\n`).join(''),
      );
      expect(differences).toEqual([]);
      expect(count).toBe(ACCEPTED.length);
    });

    test.each(REFUSED_BODIES)('what neither takes: %s', (body, message) => {
      const text = `TEXT ·f(SB), 4, $0-0\n${body}\nTEXT ·g(SB), 4, $0-0\nRET\n`;
      expect(goRefuses(release().go, text)).toBe(true);
      expect(() => assemble({ sources: [{ file: 'x.s', text, package: 'runtime' }], go: minor })).toThrow(message);
    });
  },
);

const MORESTACK = 'TEXT ·morestack_noctxt(SB), NOSPLIT, $0-0\n\tRET\nTEXT ·morestack(SB), NOSPLIT, $0-0\n\tRET\n';
const MACROS = `#include "textflag.h"
#define OFFSET (8*(1+1)) // a comment
#define LOAD(place, r) MOVQ place, r
#define SUM(x, y, to) \\
	LOAD(x, to) \\
	ADDQ y, to; \\
	ADDQ $OFFSET, to
#define cell ·cell(SB)
TEXT ·f(SB), NOSPLIT, $0-0
	SUM(OFFSET(SP), (AX)(BX*8), CX)
	SUM(cell, DX, SI)
#undef OFFSET
#define OFFSET $-1
#ifdef NOSUCH
	NONSENSE
#else
	LOAD(OFFSET, DI)
#endif
#ifndef NOSUCH
	RET
#endif
TEXT ·g(SB), NOSPLIT, $0-0
	LOAD(0(BX)(CX*1), R8); LOAD($(1+2), R9)
	RET
GLOBL ·cell(SB), NOPTR, $8
`;
const BODIES = [
  'MOVQ x+0(FP), AX\n\tMOVQ AX, r+8(FP)\n\tRET',
  'CALL ·morestack(SB)\n\tMOVQ x+0(FP), AX\n\tRET',
  'PUSHQ AX\n\tMOVQ x+0(FP), BX\n\tPOPQ AX\n\tTESTQ AX, AX\n\tJEQ out\n\tRET\nout:\n\tMOVQ $1, r+8(FP)\n\tRET',
  'JMP ·morestack(SB)',
  'TESTQ AX, AX\n\tJEQ 2(PC)\n\tRET ·morestack(SB)\n\tRET',
];
/** Flags, frame and body of functions. */
const FRAMES: readonly string[] = [0, 8, 24, 64, 120, 128, 136, 4088, 4096, 4104, 5000, 70_000].flatMap(frame => [
  ...['0', 'NOSPLIT', 'NEEDCTXT', 'WRAPPER|NOSPLIT', 'TOPFRAME', 'NOSPLIT|NEEDCTXT'].flatMap(flags =>
    BODIES.map(body => `${flags}, $${frame}-16\n${frame >= 24 ? '\tMOVQ CX, y-8(SP)\n\tMOVQ CX, 8(SP)\n' : ''}\t${body}`),
  ),
  ...(frame === 0 ? BODIES.map(body => `NOSPLIT|NOFRAME, $0-16\n\t${body}`) : []),
]);

/** Values and widths. */
const DATA: readonly (readonly [string, number])[] = [
  ['$5', 1],
  ['$-1', 1],
  ['$0x1234', 2],
  ['$-2', 4],
  ['$0x123456789abcdef0', 8],
  ['$1.5', 8],
  ['$-2.25', 4],
  ['$1e300', 8],
  ['$"abc"', 3],
  ['$"\\x00\\n\\t\\"\\\\"', 5],
  ['$"ab"', 8],
  ['$"ä\\xff\\u20ac\\101"', 7],
  ['$·zero(SB)', 8],
  ['$·zero+40(SB)', 8],
  ["$'a'", 1],
  ['$(1<<40 + 3)', 8],
];

const APART: readonly string[] = [
  ...['MOV', 'ADD', 'SUB', 'MUL', 'DIV', 'COMI', 'UCOMI'].flatMap(name =>
    ['SS', 'SD'].flatMap(suffix =>
      ['1.5', '-1.5', '0.0', '-0.0', '1e10', '(2.5)', '-(0.1)', '(-3.25)'].map(value => `${name}${suffix} $${value}, X9`),
    ),
  ),
  ...['5', '-1', '0x12345678', '2*4', '(5)'].flatMap(value => [
    `ADDQ ${value}, AX`,
    `MOVQ AX, ${value}`,
    `MOVB $1, ${value}`,
    `LEAQ ${value}, AX`,
  ]),
  ...['PUSHQ 5; POPQ 5', 'JMP 5', 'MOVSD 5, X0', 'CMPQ 5, AX', 'CMPQ AX, 5', 'INCL 8'],
  ...['TEST', 'ADD', 'OR', 'ADC', 'SBB', 'AND', 'SUB', 'XOR', 'MOV'].flatMap(name =>
    ['AL', 'AX', 'AH', 'BL'].map(target => `${name}B $1, ${target}`),
  ),
  'CMPB AL, $1',
  'CMPB AX, $1',
  'CMPB AL, $200',
  'MOVQ (TLS), R14',
  'MOVQ (TLS), AX',
  'MOVQ AX, (TLS)',
  'MOVQ TLS, CX',
  'MOVQ 0(CX)(TLS*1), AX',
  'REP; MOVSB',
  'REP; MOVSQ',
  'REP; STOSQ',
  'REPN; SCASB',
  'CMPSB',
  'LODSQ',
  'MOVSW',
  'STOSL',
  'XLAT',
  'LOCK; XADDQ AX, (BX)',
  'LOCK; CMPXCHGQ CX, (DX)',
  'BYTE $0x90; BYTE $0xcc',
  'WORD $0x1234',
  'LONG $0x12345678',
  'QUAD $0x123456789abcdef0',
  'MOVQ $·cell(SB), AX',
  'MOVQ $·cell+16(SB), R9',
  'LEAQ ·cell+8(SB), SI',
  'LEAQ 8(SP), AX',
  'LEAQ (AX)(BX*8), CX',
  'LEAL 1(AX)(AX*2), CX',
  'MOVQ $8(SP), AX',
  'ADDQ $5, ·cell(SB)',
  'ADDL $0x12345, ·cell+4(SB)',
  'CMPQ ·cell(SB), $7',
  'CMPB ·cell(SB), $7',
  'MOVQ $-1, ·cell(SB)',
  'MOVUPS ·cell(SB), X9',
  'MOVUPS X9, ·cell+16(SB)',
  'PSHUFD $0x1b, ·cell(SB), X2',
  'CALL AX',
  'CALL R12',
  'CALL (DX)',
  'CALL 8(R13)',
  'CALL ·f(SB)',
  'JMP AX',
  'JMP R9',
  'JMP (BX)',
  'JMP 8(AX)(CX*8)',
  'JMP ·f(SB)',
  'JEQ 2(PC); NOP; BYTE $0x90',
  'XCHGL AX, AX',
  'XCHGQ AX, R8',
  'XCHGQ R8, AX',
  'XCHGW AX, CX',
  'XCHGB AX, CX',
  'XCHGQ AX, (BX)',
  'XCHGL (BX), AX',
  'MOVB AL, (BX)',
  'MOVB AH, BL',
  'MOVB CH, DH',
  'ADDB AH, CX',
  'MOVBLZX AH, CX',
  'MOVBLZX AL, CX',
  'SHLQ CX, AX',
  'SHLQ CX, DX, AX',
  'SHRQ $3, DX, R9',
  'SHLL $1, AX',
  'SARQ $63, R15',
  'RORW $8, AX',
  'CMPXCHG8B (SI)',
  'CMPXCHG16B (R8)',
  'NOP',
  'INT $3',
  'INT $0x80',
  'UNDEF',
  'MOVQ $0, AX',
  'MOVL $0, AX',
  'MOVQ $0xffffffffffffffff, AX',
  'ADDQ $0xffffffffffffffff, AX',
  'SUBQ $-128, BX',
  'ADDQ $128, BX',
  'ANDQ $~15, SP',
  "MOVB $'a', AX",
  'MOVQ $(1<<32), AX',
  'MOVQ $(3*4+1), R8',
  'PUSHQ $5; POPQ AX',
  'PUSHQ R12; POPQ R13',
  'PUSHQ 8(AX); POPQ (BX)',
  'PUSHFQ; POPFQ',
  'MOVQ X1, AX',
  'MOVQ AX, X9',
  'MOVQ X1, X2',
  'MOVQ (AX), X1',
  'MOVQ X1, (R9)',
  'MOVL X1, AX',
  'MOVL AX, X1',
  'MOVQ g, AX',
];

const BLOCK = 'BYTE $0x90; '.repeat(60);
/** Bodies of functions. */
const ACCEPTED: readonly string[] = [
  'JMP a; a: JMP b; RET; b: RET',
  'JEQ a; RET; a: JMP b; RET; b: RET',
  'JEQ a; RET; a: NOP; JMP b; RET; b: RET',
  'JEQ a; RET; a: JMP a',
  'a: JMP b; b: JMP a; RET',
  'JMP a; a: JMP b; b: JMP c; c: JMP a',
  'JEQ a; RET; a: JMP b; b: JMP c; c: JMP a',
  'RET; b: JMP c; c: JMP a; a: JMP b',
  'JEQ a; RET; a: JMP ·f0(SB)',
  'JEQ a; RET; a: JMP AX',
  'JCXZQ a; RET; a: JMP b; RET; b: RET',
  'LOOP a; RET; a: JMP b; RET; b: RET',
  'JEQ 2(PC); RET; JMP b; RET; b: RET',
  'JEQ a; RET; a: JEQ b; RET; b: RET',
  'JEQ a; RET; a: b: JMP c; RET; c: RET',
  'JEQ a; RET; a: JMP b; b: JMP c; RET; c: JMP d; RET; d: RET',
  `JEQ a; RET; a: JMP b; ${BLOCK}${BLOCK}${BLOCK} b: RET`,
  `a: JMP b; ${BLOCK} JEQ a; ${BLOCK}${BLOCK} b: RET`,
  'JEQ a; RET; a: PCALIGN $16; JMP c; RET; c: RET',
  ...[8, 16, 32, 64, 128, 2048].flatMap(to => [`PCALIGN $${to}; RET`, `RET; PCALIGN $${to}; RET`, `JEQ a; PCALIGN $${to}; a: RET`]),
  ...[0, 7, 14, 15].flatMap(most => [`RET; PCALIGNMAX $16, $${most}; RET`, `BYTE $1; BYTE $1; PCALIGNMAX $16, $${most}; RET`]),
  'RET; PCALIGNMAX $16; RET',
  `JEQ a; ${BLOCK} PCALIGN $64; ${BLOCK} a: RET`,
  `JEQ a; ${BLOCK} PCALIGN $64; JNE a; ${BLOCK} PCALIGN $32; a: RET; JMP a`,
  'ADJSP $16; ADJSP $-16; RET',
  'ADJSP $128; ADJSP $-128; RET',
  'ADJSP $1000; MOVQ x+0(FP), AX; ADJSP $-1000; RET',
  'PUSHQ AX; ADJSP $-8; RET',
  'PUSHQ AX; UNDEF',
  'PUSHQ AX; JMP ·f0(SB)',
  'SUBQ $8, SP; RET',
  'PUSHW AX; POPW AX; RET',
  'PUSHQ AX; JEQ a; POPQ AX; RET; a: RET',
  'PUSHQ AX',
];
/** Bodies, and what r14 says. */
const REFUSED_BODIES: readonly (readonly [string, string])[] = [
  ['PUSHQ AX; RET', 'RET with 8 bytes pushed and not popped (Go counts PUSH, POP and ADJSP in the order of the lines)'],
  ['POPQ AX; RET', 'RET with 8 bytes popped that nothing has pushed'],
  ['PUSHQ AX; ADDQ $8, SP; RET', 'RET with 8 bytes pushed and not popped'],
  ['SUBQ $8, SP; POPQ AX; RET', 'RET with 8 bytes popped'],
  ['PUSHFQ; RET', 'RET with 8 bytes pushed'],
  ['PUSHW AX; RET', 'RET with 2 bytes pushed'],
  ['PUSHQ AX; JEQ a; POPQ AX; RET; a: POPQ AX; RET', 'RET with 8 bytes popped'],
  ['PUSHQ AX; RET; POPQ AX', 'RET with 8 bytes pushed'],
  ['ADJSP $8; RET', 'RET with 8 bytes pushed'],
  ['PUSHQ AX; RET ·g(SB)', 'RET with 8 bytes pushed'],
  ['PCALIGN $4; RET', '4 is no alignment of code (a power of two from 8 to 2048)'],
  ['PCALIGN $4096; RET', '4096 is no alignment of code'],
  ['PCALIGN AX; RET', 'PCALIGN wants 1 constant (PCALIGN $16)'],
  ['PCALIGN; RET', 'PCALIGN wants 1 constant'],
  ['PCALIGNMAX $16, $16; RET', '16 bytes are no limit for an alignment to 16 (0 to 15)'],
  ['PCALIGNMAX $16, $-1; RET', '-1 bytes are no limit'],
  ['PCALIGNMAX $7, $6; RET', '7 is no alignment of code'],
  ['TEXT ·h(SB), NOSPLIT, $0-0; RET', 'NOSPLIT is not a known constant (#include "textflag.h" defines it)'],
  ['NO_LOCAL_POINTERS; RET', 'unknown instruction NO_LOCAL_POINTERS (#include "funcdata.h" defines it)'],
  ['BYTE 0x90; RET', 'raw data wants one constant (did you mean $144?)'],
  ['SHLQ 5, AX; RET', 'SHLQ does not take these operands: memory, AX (did you mean $5?)'],
  ['ADDQ 5, 6; RET', 'ADDQ does not take these operands: memory, memory (did you mean $5?)'],
  ['SHLQ BX, AX; RET', 'the count of SHLQ must be CX or a constant, not BX (MOVQ BX, CX first)'],
  ['SARL DX, (AX); RET', 'the count of SARL must be CX or a constant, not DX (MOVQ DX, CX first)'],
  [
    'ADDQ $0x123456789AB, AX; RET',
    '0x123456789ab does not fit the 32 bits with a sign that a constant of ADDQ has (MOVQ $0x123456789ab, R first)',
  ],
  ['MOVQ $0x123456789AB, (AX); RET', '0x123456789ab does not fit the 32 bits with a sign that a constant of MOVQ has'],
  ['MOVSD $1, X0; RET', 'MOVSD does not take these operands: constant, X0 ($1.0 is a floating-point constant)'],
  ['MOVQ $1.5, AX; RET', 'only MOVSS, MOVSD, arithmetic and comparisons of those take a floating-point constant'],
  ['MOVSD $1.0, (AX); RET', 'MOVSD does not take these operands'],
  ['SQRTSD $1.5, X0; RET', 'only MOVSS, MOVSD, arithmetic'],
  ['MOVSD $1e400, X0; RET', '1e400 is larger than any float64'],
  ['MOV 8(AX), BX; RET', 'unknown instruction MOV (it says how much it takes: MOVQ 8, MOVL 4, MOVW 2, MOVB 1 bytes)'],
  ['MOVQ RAX, BX; RET', 'RAX is not a register or a constant (did you mean AX?)'],
  ['MOVL eax, BX; RET', 'eax is not a register or a constant (did you mean AX?)'],
  ['MOVQ R8D, BX; RET', 'R8D is not a register or a constant (did you mean R8?)'],
  ['MOVUPS XMM3, X1; RET', 'XMM3 is not a register or a constant (did you mean X3?)'],
  ['MOVQ 8(RAX), BX; RET', 'RAX is not a register (did you mean AX?)'],
  ['MOVQ (AX)(rcx*8), BX; RET', 'rcx is not a register (did you mean CX?)'],
  ['MOVQ AX BX; RET', 'a comma is missing in front of BX'],
  ['MOVQ AX $4; RET', 'a comma is missing in front of $4'],
  ['MOVQ $5 AX; RET', 'a comma is missing in front of AX'],
  ['JEQ ·g(SB); RET', 'a conditional jump stays in its function (jump over a JMP or RET to the other one)'],
  ['CALL .g(SB); RET', 'a name of the package begins with a middle dot, not with a full stop (write ·g)'],
];

/** Without what r14 has of its own: marks of inlined bodies and for the race detector, and C's convention, whose code sets up its own frame. */
const forGo = (text: string, program: Assembled, file: string): string => {
  const inC = new Set(program.functions.filter(fn => fn.at.file === file && fn.convention === 'C').map(fn => fn.at.line));
  // Nor functions in registers that check the stack, which Go's assembler refuses: it cannot spill what it does not know.
  const splits = program.functions.filter(fn => fn.at.file === file && fn.convention === 'ABIInternal' && (fn.flags & 4) === 0);
  const left = new Set<number>();
  const lines = text.split('\n');
  for (const { at } of splits) {
    const next = lines.findIndex((line, index) => index >= at.line && /^(?:TEXT|DATA|GLOBL)\b/.test(line));
    for (let index = at.line - 1; index < (next < 0 ? lines.length : next); index++) left.add(index);
  }
  return lines
    .map((line, index) => (left.has(index) ? '' : line))
    .map((line, index) => (inC.has(index + 1) ? line.replace('NOSPLIT', 'NOSPLIT|NOFRAME') : line))
    .map(line => (/^\s*(?:INLINE(?:END)?|NORACE|RACEREAD|RACEWRITE)\b/.test(line) ? '' : line))
    .join('\n');
};

/** Every bundled source, as Go's assembler sees it. */
const bundledReason = missing('go1.26');
describe.skipIf(bundledReason)(`Go's assembler agrees on bundled sources ${bundledReason ?? ''}`, () => {
  const root = join(import.meta.dirname, '../..');
  const catalog = new Catalog(nodeAssets);
  // The runtime is compared with the first program; the others bring their own sources.
  const list = catalog.list();
  for (const { name, variants: choices } of list) {
    for (const variant of choices) {
      it(`${name}, ${variant}`, { timeout: 300_000 }, () => {
        const program = catalog.build(name, { variant, instrument: false });
        // Every source includes textflag.h first: constants of the types come with it.
        const flags = readFileSync(join(local().go.goroot, 'pkg/include/textflag.h'), 'utf8');
        const constants = [...program.declarations.constants].map(([constant, value]) => `#define ${constant} ${value}\n`);
        const include = {
          'textflag.h': `${flags}\n${constants.join('')}`,
          'go.h': readFileSync(join(root, 'src/runtime/bundled/go.h'), 'utf8'),
        };
        const { variants: defined, race } = JSON.parse(readFileSync(join(root, 'programs', name, 'program.json'), 'utf8'));
        const defines = [...defined[variant], ...(race ? ['RACE'] : [])];
        const differences = [...program.sources]
          .filter(
            ([file]) => file.endsWith('.s') && ((name === list[0].name && variant === choices[0]) || file.includes(`/programs/${name}/`)),
          )
          .flatMap(
            ([file, text]) => compareFunctions(local().go, forGo(text, program, file), program, file, { include, defines }).differences,
          );
        expect(differences).toEqual([]);
      });
    }
  }
});
