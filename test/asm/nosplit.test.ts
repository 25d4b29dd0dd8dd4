/** The stack of NOSPLIT functions against Go's linker: the same ones take too much. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { assemble } from '../../src/asm/assemble.js';
import { AssemblyError } from '../../src/asm/diagnostics.js';
import { type GoToolchain, missing, toolchain } from '../support/build.js';

/** Bodies of functions behind a frame of so many bytes, the largest that Go's linker takes; LEAF is NOSPLIT and has 64 bytes. */
const BODIES: readonly (readonly [largest: number, body: string])[] = [
  [784, 'RET'],
  [768, 'CALL ·split(SB); RET'],
  [776, 'CALL ·small(SB); RET'],
  [704, 'CALL ·leaf(SB); RET'],
  [688, 'CALL ·chain(SB); RET'],
  [784, 'RET ·leaf(SB)'],
  [704, 'JMP ·leaf(SB)'],
  [768, 'CALL AX; RET'],
  [768, 'CALL (AX); RET'],
  [784, 'JMP AX'],
  [696, 'PUSHQ AX; CALL ·leaf(SB); POPQ AX; RET'],
  [776, 'PUSHQ AX; POPQ AX; RET'],
  [768, 'ADJSP $16; MOVQ $1, (SP); ADJSP $-16; RET'],
  [704, 'SUBQ $64, SP; CALL ·leaf(SB); ADDQ $64, SP; RET'],
  [704, 'CALL ·leaf(SB); CALL ·small(SB); RET'],
];
const OTHERS = `
TEXT ·leaf(SB), NOSPLIT, $64-0; RET
TEXT ·chain(SB), NOSPLIT, $0-0; CALL ·leaf(SB); RET
TEXT ·small(SB), 0, $0-0; RET
TEXT ·split(SB), 0, $0-0; CALL ·leaf(SB); RET
TEXT ·again(SB), NOSPLIT, $8-0; CALL ·again(SB); RET
TEXT ·ping(SB), NOSPLIT, $8-0; CALL ·pong(SB); RET
TEXT ·pong(SB), NOSPLIT, $8-0; CALL ·ping(SB); RET
TEXT ·loop(SB), 0, $8-0; CALL ·loop(SB); RET
TEXT ·tail(SB), NOSPLIT, $0-0; JMP ·tail(SB)
`;
const functions = BODIES.flatMap(([largest, body], index) =>
  [0, 8].map(more => ({ name: `f${index}_${more}`, frame: largest + more, body })),
);
const NAMES = [...functions.map(({ name }) => name), ...'again ping pong loop tail'.split(' ')];
const SOURCE = `#include "textflag.h"\n${functions.map(({ name, frame, body }) => `TEXT ·${name}(SB), NOSPLIT, $${frame}-0; ${body}`).join('\n')}${OTHERS}`;
const MORESTACK = 'TEXT runtime·morestack_noctxt(SB), NOSPLIT, $0-0; RET\n';

function goRefuses(go: GoToolchain): Set<string> {
  const folder = mkdtempSync(join(tmpdir(), 'r14-nosplit-'));
  try {
    writeFileSync(join(folder, 'go.mod'), `module p\n\ngo ${go.language}\n`);
    const calls = NAMES.map(name => `\t${name}()\n`).join('');
    writeFileSync(join(folder, 'main.go'), `package main\n\n${NAMES.map(name => `func ${name}()\n`).join('')}\nfunc main() {\n${calls}}\n`);
    writeFileSync(join(folder, 'x_amd64.s'), SOURCE);
    const env = { ...process.env, ...go.env, GOOS: 'linux', GOARCH: 'amd64', CGO_ENABLED: '0' };
    const { stderr } = spawnSync(go.go, ['build', '-o', join(folder, 'x'), '.'], { cwd: folder, env, encoding: 'utf8' });
    const found = [...stderr.matchAll(/^main\.(\w+): nosplit stack over/gm)].map(([, name]) => name);
    if (found.length === 0) throw new Error(`go build: ${stderr}`);
    return new Set(found);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function r14Refuses(): ReadonlyMap<string, string> {
  const lines = SOURCE.split('\n');
  try {
    assemble({
      sources: [
        { file: 'x.s', text: SOURCE },
        { file: 'm.s', text: `#include "textflag.h"\n${MORESTACK}` },
      ],
    });
  } catch (error) {
    if (!(error instanceof AssemblyError)) throw error;
    return new Map(error.diagnostics.map(({ line, message }) => [/^TEXT ·(\w+)/.exec(lines[line - 1])![1], message]));
  }
  return new Map();
}

const reason = missing('go1.26');
it.skipIf(reason)(
  `NOSPLIT functions that take too much stack are those that go build refuses ${reason ?? ''}`,
  { timeout: 300_000 },
  () => {
    const refused = r14Refuses();
    expect([...refused.keys()].sort()).toEqual([...goRefuses(toolchain('go1.26') as GoToolchain)].sort());
    expect(refused.get('f0_8')).toBe('main.f0_8 is NOSPLIT and takes 800 bytes of stack: 792 are there without asking');
    expect(refused.get('f4_8')).toBe(
      'main.f4_8 is NOSPLIT and takes 800 bytes of stack with what it calls (main.f4_8 704, main.chain 8, main.leaf 72, and 8 each call): 792 are there without asking',
    );
    expect(refused.get('again')).toBe('main.again calls itself, and no function on the way asks for stack');
  },
);
