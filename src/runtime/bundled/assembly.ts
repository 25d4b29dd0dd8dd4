/**
 * Assembly of the user's own, put together with a start, or with calls of its functions; with nothing around it, or with the small Go runtime of this
 * folder.
 */
import { assemble, type SourceFile } from '../../asm/assemble.js';
import { AssemblyError } from '../../asm/diagnostics.js';
import { CallError, type Invocation, invocation } from '../../asm/invoke.js';
import type { Assets } from '../../host/assets.js';
import { type Instrumented, racePass } from '../instrument/pass.js';
import { Catalog, namesPackages } from './catalog.js';
import { type Runnable, withDetector } from './detected.js';

/** Go's registers as they should be, on the thread's stack as g0. */
const SETUP = `	ANDQ $~15, SP
	LEAQ r14·g(SB), R14
	LEAQ -(64*1024)(SP), AX
	MOVQ AX, 16(R14)
	MOVQ $158, AX
	MOVQ $0x1002, DI
	LEAQ r14·tls+8(SB), SI
	SYSCALL
	MOVQ R14, (TLS)
	XORPS X15, X15
`;
const EXIT = `	MOVQ $231, AX
	XORL DI, DI
	SYSCALL
	INT $3
`;
const FLAGS = `#include "textflag.h"
`;
const DATA = `${FLAGS}GLOBL r14·g(SB), NOPTR, $512
GLOBL r14·tls(SB), NOPTR, $16
`;
/** In front of each call: the one before it may have been of C or of ABI0. */
const READY = 'LEAQ r14·g(SB), R14\n\tXORPS X15, X15';
/** What prologues call when 64 KiB of stack are used up. */
const MORESTACK = ['runtime·morestack', 'runtime·morestack_noctxt'];
/** Counts the calls that have returned. */
export const RETURNED = 'r14.returned';
/** Names of the files that are added to the user's, in messages. */
const START = '<start>';

/** How files are assembled. */
export interface AssemblyWishes {
  /** Wants no `main`: for a listing. */
  readonly listed?: boolean;
  /** Minor number of a Go release. */
  readonly go?: number | undefined;
  /** With r14's small Go runtime, which then starts the program; `race`: with its -race build. */
  readonly runtime?: { readonly race: boolean } | undefined;
}

export interface Assembly {
  readonly program: Runnable;
  /** What `--call` wanted to be called, in order. */
  readonly calls: readonly MadeCall[];
}

export interface MadeCall extends Invocation {
  /** As typed. */
  readonly call: string;
}

/** What is to be assembled. */
export interface AssemblySources {
  readonly sources: readonly SourceFile[];
  /** Files of Go that declare what the sources define. */
  readonly declarations: readonly SourceFile[];
  /** A file that another includes. */
  readonly includes: (name: string, from: string) => SourceFile | undefined;
  /** Where the runtime is. */
  readonly assets: Assets;
}

/** Throws AssemblyError and CallError. */
export function assembledCalls(given: AssemblySources, calls: readonly string[], wishes: AssemblyWishes): Assembly {
  const { runtime } = wishes;
  const build = (start: string, declared: string, entry: string | undefined): Runnable =>
    assembleAll(given, start, declared, entry, wishes);
  const main = `${given.sources[0]!.package}·main`;
  if (calls.length === 0) {
    if (runtime !== undefined) return { program: build('', hasMain(given) ? `package main\nfunc main()\n` : '', undefined), calls: [] };
    if (wishes.listed === true) return { program: build(begin('r14·start', ''), '', undefined), calls: [] };
    const start = defines(given.sources, '_rt0_amd64_linux') ? '' : begin('_rt0_amd64_linux', `\tCALL ${main}(SB)\n`);
    return { program: build(start, '', undefined), calls: [] };
  }
  const around = (body: string): string => (runtime === undefined ? begin('r14·start', body) : onGoroutine(body));
  const entry = runtime === undefined ? 'r14.start' : undefined;
  const plain = build(around(''), '', entry);
  const made = calls.map((call, index) => ({ call, ...invocation(plain, call, index) }));
  const body = made.map(({ text }, index) => `\t${READY}\n${text}\nMOVB $${index + 1}, r14·returned(SB)\n`).join('');
  const data = `${made.map(each => each.data).join('\n')}\nGLOBL r14·returned(SB), NOPTR, $8\n`;
  const declared = made.map((each, index) => (index === 0 ? each.declarations : each.declarations.replace(/^package .*\n/, ''))).join('');
  return { program: build(`${data}${around(body)}`, declared, entry), calls: made };
}

/** Puts together what is assembled. `start` is text of package r14, `declared` declarations. */
function assembleAll(
  { sources, declarations, includes, assets }: AssemblySources,
  start: string,
  declared: string,
  entry: string | undefined,
  { go, runtime }: AssemblyWishes,
): Runnable {
  const own = runtime === undefined ? undefined : new Catalog(assets).runtime(namesPackages(sources));
  const stubs = start === '' || runtime !== undefined ? [] : MORESTACK.filter(name => !defines(sources, name));
  const extra =
    start === ''
      ? ''
      : `${runtime === undefined ? DATA : FLAGS}${start}${stubs.map(name => `TEXT ${name}(SB), NOSPLIT|NOFRAME, $0-0\n\tUNDEF\n`).join('')}`;
  const called = /^TEXT r14·start<ABIInternal>/m.test(start);
  const instrumented: Instrumented[] = [];
  const program = assemble({
    ...(runtime?.race ? { instrument: racePass(fn => instrumented.push(fn)) } : {}),
    sources: [...(own?.sources ?? []), ...sources, ...(extra === '' ? [] : [{ file: START, text: extra, package: 'r14' }])],
    declarations: [...(own?.declarations ?? []), ...declarations, ...(declared === '' ? [] : [{ file: START, text: declared }])],
    includes,
    ...(runtime === undefined
      ? {}
      : { defines: { ...(runtime.race ? { RACE: '1' } : {}), ...(called ? { MAIN: 'r14·start<ABIInternal>' } : {}) } }),
    ...(entry === undefined ? {} : { entry }),
    ...(go === undefined ? (own === undefined ? {} : { go: own.go }) : { go }),
  });
  return runtime?.race ? withDetector(program, instrumented) : program;
}

const begin = (name: string, body: string): string => `TEXT ${name}(SB), NOSPLIT|NOFRAME|TOPFRAME, $0-0\n${SETUP}${body}${EXIT}`;

/** As the main goroutine's function: its stack is the call's, and what it returns to ends the program. */
const onGoroutine = (body: string): string => `TEXT r14·start<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-0
	SUBQ $8, SP
${body.replaceAll('LEAQ r14·g(SB), R14', 'MOVQ (TLS), R14')}	ADDQ $8, SP
	RET
`;

const defines = (sources: readonly SourceFile[], symbol: string): boolean =>
  sources.some(({ text }) => new RegExp(`^\\s*TEXT\\s+${symbol}\\b`, 'm').test(text));

/** A main that nobody has declared, which the runtime wants to call. */
const hasMain = ({ sources, declarations }: AssemblySources): boolean =>
  sources.some(({ text }) => /^\s*TEXT\s+(?:main)?·main\b/m.test(text)) &&
  !declarations.some(({ text }) => /^\s*func\s+main\b/m.test(text));

/** What is wrong, for the user. */
export function complaintText(error: AssemblyError | CallError, path: string, { runtime }: AssemblyWishes): string {
  if (error instanceof CallError) return `r14: --call: ${error.message}`;
  const { diagnostics, sources } = error;
  const own = diagnostics.filter(diagnostic => diagnostic.file !== START);
  const without = runtime === undefined && own.some(({ message }) => /\bruntime\.\w+(?:<\w+>)? is not defined/.test(message));
  const hint = without
    ? "\nr14: --runtime assembles it with r14's small Go runtime, which has goroutines, channels, maps and the heap"
    : '';
  if (own.length > 0) return new AssemblyError(own, sources).message + hint;
  // Only the start does not find its main.
  return `r14: ${path} has no main: TEXT ·main(SB), NOSPLIT, $0-0 is where a program starts, and --call 'Name(...)' calls any other function`;
}
