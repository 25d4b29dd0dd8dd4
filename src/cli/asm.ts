/** `r14 asm FILE.s`: the user's own assembly. */

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { assemble } from '../asm/assemble.js';
import { AssemblyError, diagnosticsText } from '../asm/diagnostics.js';
import { CallError, type Invocation, invocation } from '../asm/invoke.js';
import { listed, listing } from '../asm/listing.js';
import type { Assembled } from '../asm/program.js';
import { printValue } from '../debugger/values/print.js';
import { memorySource, type Source } from '../debugger/values/source.js';
import { told } from '../host/told.js';
import { assembledImage } from '../image/assembled.js';
import type { Process } from '../linux/api.js';
import { writeOut } from './output.js';
import { readText } from './read-text.js';

export { diagnosticsText, listing };

/** The same as `listing`, an object of JSON a line. */
export const listingData = (program: Assembled): string =>
  listed(program)
    .map(instruction => `${JSON.stringify(instruction)}\n`)
    .join('');

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
const DATA = `#include "textflag.h"
GLOBL r14·g(SB), NOPTR, $512
GLOBL r14·tls(SB), NOPTR, $16
`;
/** What prologues call when 64 KiB of stack are used up. */
const MORESTACK = ['runtime·morestack', 'runtime·morestack_noctxt'];
/** Set when the called function has returned. */
const RETURNED = 'r14.returned';
/** Names of the files that are added to the user's, in messages. */
const START = '<start>';

export interface Assembly {
  readonly program: Assembled;
  /** What --call wanted to be called. */
  readonly call?: Invocation;
}

/**
 * Assembles a file with the `types.go` beside it; a start comes with it where it has none, or for a call. With `toRun` false it wants no
 * `main`; `go` is the minor number of a Go release. Undefined when it is wrong: all that is wrong has been written.
 */
export function assembleFile(path: string, call?: string, toRun = true, go?: number): Assembly | undefined {
  const text = readText(path);
  const types = join(dirname(path), 'types.go');
  const declarations = existsSync(types) ? readText(types) : undefined;
  // What `·` stands for in the file is the package that its declarations are of.
  const inPackage = /^\s*package\s+([\p{L}_][\p{L}\p{N}_]*)/mu.exec(declarations ?? '')?.[1] ?? 'main';
  const has = (symbol: string): boolean => new RegExp(`^\\s*TEXT\\s+${symbol}\\b`, 'm').test(text);
  const build = (start: string | undefined, entry?: string, declared?: string): Assembled => {
    const extra =
      start === undefined
        ? ''
        : `${DATA}${start}${MORESTACK.filter(name => !has(name))
            .map(name => `TEXT ${name}(SB), NOSPLIT|NOFRAME, $0-0\n\tUNDEF\n`)
            .join('')}`;
    return assemble({
      sources: [{ file: path, text, package: inPackage }, ...(extra === '' ? [] : [{ file: START, text: extra, package: 'r14' }])],
      declarations: [
        ...(declarations === undefined ? [] : [{ file: types, text: declarations }]),
        ...(declared === undefined ? [] : [{ file: START, text: declared }]),
      ],
      includes: (name, from) => {
        const included = join(dirname(from), name);
        return existsSync(included) ? { file: included, text: readText(included) } : undefined;
      },
      ...(entry === undefined ? {} : { entry }),
      ...(go === undefined ? {} : { go }),
    });
  };
  const begin = (name: string, body: string): string => `TEXT ${name}(SB), NOSPLIT|NOFRAME|TOPFRAME, $0-0\n${SETUP}${body}${EXIT}`;
  try {
    if (call === undefined && toRun)
      return { program: build(has('_rt0_amd64_linux') ? undefined : begin('_rt0_amd64_linux', `\tCALL ${inPackage}·main(SB)\n`)) };
    const program = build(begin('r14·start', ''));
    if (call === undefined) return { program };
    const made = invocation(program, call);
    const body = `${made.text}\nMOVB $1, r14·returned(SB)\n`;
    const start = `${made.data}\nGLOBL r14·returned(SB), NOPTR, $8\n${begin('r14·start', body)}`;
    return { program: build(start, 'r14.start', made.declarations), call: made };
  } catch (error) {
    if (!(error instanceof AssemblyError || error instanceof CallError)) throw error;
    writeOut(2, `${error instanceof CallError ? `r14: --call: ${error.message}` : wrongText(error, path)}\n`);
    return undefined;
  }
}

/** What is wrong with the user's own text. When only the start does not find its `main`, that is said. */
function wrongText({ diagnostics, sources }: AssemblyError, path: string): string {
  const own = diagnostics.filter(diagnostic => diagnostic.file !== START);
  if (own.length > 0) return new AssemblyError(own, sources).message;
  return `r14: ${path} has no main: TEXT ·main(SB), NOSPLIT, $0-0 is where a program starts, and --call 'Name(...)' calls any other function`;
}

/** `= 5`: what the called function returned; undefined while it has not. */
export function returnedText({ program, call }: Assembly, memory: Process['memory']): string | undefined {
  const image = assembledImage(program, '');
  const sourceOf = (name: string) => memorySource(memory, image.symbolsNamed(name)[0].address);
  if (call === undefined || !hasReturned(sourceOf(RETURNED))) return undefined;
  if (call.results.length === 0) return '(no results)';
  const world = { memory, images: [image] };
  const shown = call.results.map(name => printValue(world, { type: image.globalNamed(name)!.type, source: sourceOf(name) }));
  return `= ${shown.join(', ')}`;
}

function hasReturned(source: Source): boolean {
  try {
    return source.read(0, 1)[0] === 1;
  } catch (error) {
    // The program has unmapped its own data.
    told(error);
    return false;
  }
}
