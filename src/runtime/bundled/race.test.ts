/** The race runtime's accesses, as instrumented code makes them: what reaches the C side, and what it leaves in the trace. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { assemble } from '../../asm/assemble.js';
import { elfBytes } from '../../asm/elf.js';
import { nodePorts } from '../../host/node/ports.js';
import { startProcess } from '../../linux/process.js';

const CALLER = 0x1111n;
const PC = 0x2222n;
const MAIN = `#include "textflag.h"
TEXT main·main<ABIInternal>(SB), NOSPLIT, $40-0
	MOVL $64, AX
	CALL runtime·mallocgc<ABIInternal>(SB)
	MOVQ AX, 32(SP)
	CALL runtime·raceread<ABIInternal>(SB)
	MOVQ 32(SP), AX
	CALL runtime·racewrite<ABIInternal>(SB)
	MOVQ 32(SP), AX
	MOVL $24, BX
	CALL runtime·racereadrange<ABIInternal>(SB)
	MOVQ 32(SP), AX
	MOVL $40, BX
	CALL runtime·racewriterange<ABIInternal>(SB)
	MOVQ 32(SP), AX
	MOVQ AX, 0(SP)
	MOVQ $${CALLER}, 8(SP)
	MOVQ $${PC}, 16(SP)
	CALL runtime·racereadpc(SB)
	CALL runtime·racewritepc(SB)
	// Not in the arena: the C side does not hear of it.
	LEAQ runtime·g0(SB), AX
	CALL runtime·raceread<ABIInternal>(SB)
	RET
`;
const read = (file: string) => ({ file, text: readFileSync(join(import.meta.dirname, file), 'utf8'), package: 'runtime' });
const program = assemble({
  sources: [
    ...readdirSync(import.meta.dirname)
      .filter(file => file.endsWith('.s'))
      .map(read),
    { file: 'main.s', text: MAIN },
  ],
  declarations: [read('types.go')],
  defines: { RACE: '1' },
});
const functionNamed = (name: string) => program.functions.find(fn => fn.name === name)!;

/** Where the call of a runtime function returns to: the first instruction of the next line. */
function returnAddress(callee: string): bigint {
  const line = 1 + MAIN.split('\n').findIndex(text => text.includes(`CALL runtime·${callee}`));
  return functionNamed('main.main').lines.find(row => row.line > line)!.pc;
}

const C_SIDE = ['read', 'write', 'read_range', 'write_range', 'read_pc', 'write_pc'].map(name => `__tsan_${name}`);
const TRACE_POS = program.declarations.constants.get('threadState_trace_pos')!;
const EVENT_BYTES = 16n;

/** What the C side was called with, in the order of its calls, and the events that stand in the trace in the end. */
function run() {
  const process = startProcess({
    host: nodePorts,
    path: '/x',
    args: ['/x'],
    output: () => {},
    program: elfBytes(program),
  });
  const word = (address: bigint): bigint => new DataView(process.memory.read(address, 8).slice().buffer).getBigUint64(0, true);
  const entries = new Map(C_SIDE.map(name => [functionNamed(name).address, name]));
  const until = (addresses: Iterable<bigint>) => {
    process.cpu.setBreakpoints(addresses);
    return process.run({ budget: 1_000_000, pass: true });
  };
  until([functionNamed('main.main').address]);
  const thr = word(process.current.registers.get('r14') + program.declarations.constants.get('g_racectx')!);
  const first = word(thr + TRACE_POS);
  const calls: { name: string; thr: bigint; addr: bigint; rdx: bigint; rcx: bigint }[] = [];
  let stop = until(entries.keys());
  for (; stop.kind === 'breakpoint'; stop = until(entries.keys())) {
    const { registers } = process.current;
    const [rdi, rsi, rdx, rcx] = (['rdi', 'rsi', 'rdx', 'rcx'] as const).map(name => registers.get(name));
    expect(registers.get('rsp') % 16n, 'System V: SP + 8 is aligned at entry').toBe(8n);
    calls.push({ name: entries.get(registers.rip)!, thr: rdi!, addr: rsi!, rdx: rdx!, rcx: rcx! });
  }
  const events: { kind: bigint; value: bigint }[] = [];
  for (let at = first; at < word(thr + TRACE_POS); at += EVENT_BYTES) events.push({ kind: word(at), value: word(at + 8n) });
  return { stop, thr, calls, events };
}

const ran = run();
const { addr } = ran.calls[0]!;

it('the context of the goroutine, the address, and then size and return address reach the C side', () => {
  const { thr, calls, stop } = ran;
  expect(thr).not.toBe(0n);
  expect(stop).toEqual({ kind: 'exited', status: 0 });
  expect(calls.map(({ name }) => name)).toEqual(C_SIDE);
  for (const call of calls) expect(call, call.name).toMatchObject({ thr, addr });
  const [load, store, loads, stores, loadAt, storeAt] = calls;
  expect(load!.rdx).toBe(returnAddress('raceread<'));
  expect(store!.rdx).toBe(returnAddress('racewrite<'));
  expect(loads).toMatchObject({ rdx: 24n, rcx: returnAddress('racereadrange<') });
  expect(stores).toMatchObject({ rdx: 40n, rcx: returnAddress('racewriterange<') });
  // Go hands over a function's entry, the race runtime wants a return address: one more.
  for (const call of [loadAt, storeAt]) expect(call).toMatchObject({ rdx: CALLER, rcx: PC + 1n });
});

it('each leaves its events in the trace; the pc forms enter and leave the function that they are said to be in', () => {
  const [ENTER, EXIT, READ, WRITE] = [1n, 2n, 3n, 4n];
  const withPc = (kind: bigint) => [{ kind: ENTER, value: CALLER }, { kind, value: addr }, { kind: EXIT }];
  const accesses = [READ, WRITE, READ, WRITE].map(kind => ({ kind, value: addr }));
  const expected = [...accesses, ...withPc(READ!), ...withPc(WRITE!)];
  expect(ran.events).toHaveLength(expected.length);
  expect(ran.events).toMatchObject(expected);
});
