/** `r14 asm FILE.s`: the user's own assembly. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { assemble } from '../asm/assemble.js';
import { AssemblyError } from '../asm/diagnostics.js';
import { CallError, type Invocation, invocation, RESULTS, showValue } from '../asm/invoke.js';
import { listing } from '../asm/listing.js';
import type { Assembled } from '../asm/program.js';
import { sizeOf } from '../asm/types.js';
import type { Process } from '../linux/api.js';
import { writeOut } from './output.js';

export { listing };

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
const MORESTACK = `TEXT runtime·morestack_noctxt(SB), NOSPLIT|NOFRAME, $0-0
	UNDEF
`;
/** Set when the called function has returned. */
const RETURNED = 'r14.returned';
const MAIN = '	CALL main·main(SB)\n';

export interface Assembly {
  readonly program: Assembled;
  /** What --call wanted to be called. */
  readonly call?: Invocation;
}

/**
 * Assembles a file with the `types.go` beside it; a start comes with it where it has none, or for a call. Undefined when it is wrong:
 * all that is wrong has been written.
 */
export function assembleFile(path: string, call?: string): Assembly | undefined {
  const file = resolve(path);
  const text = readSource(file, path);
  const types = join(dirname(file), 'types.go');
  const has = (symbol: string): boolean => new RegExp(`^\\s*TEXT\\s+${symbol}\\b`, 'm').test(text);
  const build = (start: string | undefined, entry?: string): Assembled => {
    const extra = start === undefined ? '' : `${DATA}${start}${has('runtime·morestack_noctxt') ? '' : MORESTACK}`;
    return assemble({
      sources: [{ file: path, text, package: 'main' }, ...(extra === '' ? [] : [{ file: '<start>', text: extra, package: 'r14' }])],
      declarations: existsSync(types) ? [{ file: types, text: readFileSync(types, 'utf8') }] : [],
      includes: (name, from) => {
        const included = join(dirname(resolve(from)), name);
        return existsSync(included) ? readFileSync(included, 'utf8') : undefined;
      },
      ...(entry === undefined ? {} : { entry }),
    });
  };
  const begin = (name: string, body: string): string => `TEXT ${name}(SB), NOSPLIT|NOFRAME|TOPFRAME, $0-0\n${SETUP}${body}${EXIT}`;
  try {
    if (call === undefined) return { program: build(has('_rt0_amd64_linux') ? undefined : begin('_rt0_amd64_linux', MAIN)) };
    const made = invocation(build(begin('r14·start', '')), call);
    const body = `${made.text}\nMOVB $1, r14·returned(SB)\n`;
    return { program: build(`${made.data}\nGLOBL r14·returned(SB), NOPTR, $8\n${begin('r14·start', body)}`, 'r14.start'), call: made };
  } catch (error) {
    if (!(error instanceof AssemblyError || error instanceof CallError)) throw error;
    writeOut(2, `${error instanceof CallError ? 'r14: --call: ' : ''}${error.message}\n`);
    return undefined;
  }
}

function readSource(file: string, path: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reasons: Record<string, string> = { ENOENT: 'there is no such file', EISDIR: 'it is a directory', EACCES: 'it may not be read' };
    throw new Error(`${path}: ${reasons[code ?? ''] ?? `it cannot be read (${code})`}`);
  }
}

/** `= 5`: what the called function returned; undefined while it has not. */
export function returnedText({ program, call }: Assembly, memory: Process['memory']): string | undefined {
  const address = (name: string): bigint => program.symbols.find(symbol => symbol.name === name)?.address ?? 0n;
  const read = (from: bigint, size: number): Uint8Array | undefined => {
    try {
      return memory.read(from, size);
    } catch {
      return undefined;
    }
  };
  if (call === undefined || read(address(RETURNED), 1)?.[0] !== 1) return undefined;
  if (call.results.length === 0) return '(no results)';
  const base = address(RESULTS);
  const shown = call.results.map(({ type, offset }) =>
    showValue(type, read(base + BigInt(offset), sizeOf(type)) ?? new Uint8Array(sizeOf(type)), read),
  );
  return `= ${shown.join(', ')}`;
}
