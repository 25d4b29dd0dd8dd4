/** `r14 asm FILE.s`: the user's own assembly. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { assemble } from '../asm/assemble.js';
import { AssemblyError } from '../asm/diagnostics.js';
import { listing } from '../asm/listing.js';
import type { Assembled } from '../asm/program.js';
import { writeOut } from './output.js';

export { listing };

/** A start for a file that has none: calls main.main on the thread's stack as g0, then ends with status 0. */
const START = `#include "textflag.h"
GLOBL r14·g(SB), NOPTR, $512
GLOBL r14·tls(SB), NOPTR, $16
TEXT _rt0_amd64_linux(SB), NOSPLIT|NOFRAME|TOPFRAME, $0-0
	ANDQ $~15, SP
	LEAQ r14·g(SB), R14
	LEAQ -(64*1024)(SP), AX
	MOVQ AX, 16(R14)
	MOVQ $158, AX
	MOVQ $0x1002, DI
	LEAQ r14·tls+8(SB), SI
	SYSCALL
	MOVQ R14, (TLS)
	XORPS X15, X15
	CALL main·main(SB)
	MOVQ $231, AX
	XORL DI, DI
	SYSCALL
	INT $3
TEXT runtime·morestack_noctxt(SB), NOSPLIT|NOFRAME, $0-0
	UNDEF
`;

/** Assembles a file with the `types.go` beside it. Undefined when it is wrong: all that is wrong has been written. */
export function assembleFile(path: string): Assembled | undefined {
  const file = resolve(path);
  const text = readFileSync(file, 'utf8');
  const types = join(dirname(file), 'types.go');
  const starts = /^\s*TEXT\s+_rt0_amd64_linux\b/m.test(text);
  try {
    return assemble({
      sources: [{ file: path, text, package: 'main' }, ...(starts ? [] : [{ file: '<start>', text: START, package: 'r14' }])],
      declarations: existsSync(types) ? [{ file: types, text: readFileSync(types, 'utf8') }] : [],
      includes: (name, from) => {
        const included = join(dirname(resolve(from)), name);
        return existsSync(included) ? readFileSync(included, 'utf8') : undefined;
      },
    });
  } catch (error) {
    if (!(error instanceof AssemblyError)) throw error;
    writeOut(2, `${error.message}\n`);
    return undefined;
  }
}
