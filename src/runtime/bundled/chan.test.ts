/** Channels of the bundled runtime: what Go's specification says of their order. */
import { expect, it } from 'vitest';
import { assemble } from '../../asm/assemble.js';
import { elfBytes } from '../../asm/elf.js';
import { nodeAssets } from '../../host/node/assets.js';
import { nodePorts } from '../../host/node/ports.js';
import { startProcess } from '../../linux/process.js';
import { Catalog } from './catalog.js';

const runtime = new Catalog(nodeAssets).runtime();

/** Runs a program on the runtime; what it wrote, and its status. */
function run(text: string) {
  const program = assemble({
    sources: [...runtime.sources, { file: 'main.s', text }],
    declarations: [...runtime.declarations, { file: 'main.go', text: 'package main\nfunc produce()\n' }],
  });
  let said = '';
  const hear = ({ bytes }: { readonly bytes: Uint8Array }): void => {
    said += new TextDecoder().decode(bytes);
  };
  const process = startProcess({ host: nodePorts, path: '/x', args: ['/x'], output: hear, program: elfBytes(program) });
  process.catch = { signals: new Set() };
  const stop = process.run({ budget: 1_000_000 });
  return { said, status: stop.kind === 'exited' ? stop.status : stop.kind };
}

const program = (size: number): string => `#include "textflag.h"
#define SEND(n) MOVQ $n, 16(SP); MOVQ $(10*n), 24(SP); MOVQ $(100*n), 32(SP); MOVQ 40(SP), AX; LEAQ 16(SP), BX; CALL runtime·chansend1<ABIInternal>(SB)
#define RECEIVE MOVQ 40(SP), AX; LEAQ 16(SP), BX; CALL runtime·chanrecv1<ABIInternal>(SB); MOVQ 16(SP), AX; ADDQ 24(SP), AX; ADDQ 32(SP), AX; CALL print<>(SB)
TEXT main·main<ABIInternal>(SB), NOSPLIT, $64-0
	MOVL $24, AX
	MOVL $${size}, BX
	CALL runtime·makechan<ABIInternal>(SB)
	MOVQ AX, 40(SP)
	MOVL $16, AX
	CALL runtime·mallocgc<ABIInternal>(SB)
	LEAQ main·produce<ABIInternal>(SB), CX
	MOVQ CX, (AX)
	MOVQ 40(SP), CX
	MOVQ CX, 8(AX)
	CALL runtime·newproc<ABIInternal>(SB)
	CALL runtime·Gosched<ABIInternal>(SB)
	MOVQ 40(SP), AX
	MOVQ hchan_qcount(AX), AX
	CALL print<>(SB)
	RECEIVE
	RECEIVE
	RECEIVE
	RECEIVE
	RECEIVE
	RECEIVE
	RET
TEXT main·produce<ABIInternal>(SB), NOSPLIT, $64-0
	MOVQ 8(DX), AX
	MOVQ AX, 40(SP)
	SEND(1)
	SEND(2)
	SEND(3)
	SEND(4)
	SEND(5)
	RET
TEXT print<>(SB), NOSPLIT, $0-0
	CALL runtime·printint<ABIInternal>(SB)
	CALL runtime·printnl<ABIInternal>(SB)
	RET
`;

it.each([0, 1, 2, 3, 8])('a channel of three words an element and a buffer of %i keeps the order, and ends in a deadlock', size => {
  const { said, status } = run(program(size));

  expect(said).toBe(`${Math.min(size, 5)}\n111\n222\n333\n444\n555\nfatal error: all goroutines are asleep - deadlock!\n`);
  expect(status).toBe(2);
});
