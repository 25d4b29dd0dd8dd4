/** The race runtime's accesses, as instrumented code makes them: what reaches the C side, and what it leaves in the trace. */
import { expect, it } from 'vitest';
import { assemble } from '../../asm/assemble.js';
import { elfBytes } from '../../asm/elf.js';
import { nodeAssets } from '../../host/node/assets.js';
import { nodePorts } from '../../host/node/ports.js';
import { startProcess } from '../../linux/process.js';
import { Catalog } from './catalog.js';
import { withDetector } from './detected.js';

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
	ADDQ $48, AX
	MOVQ AX, 0(SP)
	MOVQ $${CALLER}, 8(SP)
	MOVQ $${PC}, 16(SP)
	CALL runtime·racereadpc(SB)
	CALL runtime·racewritepc(SB)
	// Neither in the arena nor in data: the C side does not hear of it.
	LEAQ runtime·waitReasonStrings(SB), AX
	CALL runtime·raceread<ABIInternal>(SB)
	RET
`;
const runtime = new Catalog(nodeAssets).runtime();
const program = withDetector(
  assemble({ ...runtime, sources: [...runtime.sources, { file: 'main.s', text: MAIN }], defines: { RACE: '1' } }),
);
const functionNamed = (name: string) => program.functions.find(fn => fn.name === name)!;

/** Where the call of a runtime function returns to: the first instruction of the next line. */
function returnAddress(callee: string): bigint {
  const line = 1 + MAIN.split('\n').findIndex(text => text.includes(`CALL runtime·${callee}`));
  return functionNamed('main.main').lines.find(row => row.line > line)!.pc;
}

const C_SIDE = ['read', 'write', 'read_range', 'write_range', 'read_pc', 'write_pc'].map(name => `__tsan_${name}`);
const TRACE_POS = program.declarations.constants.get('threadState_trace_pos')!;
const EVENT_BYTES = 8n;

/** What the C side was called with, in the order of its calls, and the events that stand in the trace in the end. */
function run() {
  const process = startProcess({
    host: nodePorts,
    path: '/x',
    args: ['/x'],
    output: () => {},
    program: elfBytes(program),
    extension: program.extension!,
  });
  const word = (address: bigint): bigint => new DataView(process.memory.read(address, 8).slice().buffer).getBigUint64(0, true);
  const entries = new Map(C_SIDE.map(name => [functionNamed(name).address, name]));
  const until = (addresses: Iterable<bigint>) => {
    process.cpu.setBreakpoints(addresses);
    return process.run({ budget: 1_000_000, pass: true });
  };
  until([functionNamed('main.main').address]);
  const thr = word(process.current.registers.get('r14') + program.declarations.constants.get('g_racectx')!);
  const calls: { name: string; thr: bigint; addr: bigint; rdx: bigint; rcx: bigint }[] = [];
  // Until the thread ends with the process.
  const stops = [...entries.keys(), functionNamed('__tsan_fini').address];
  let stop = until(stops);
  let end = 0n;
  for (; stop.kind === 'breakpoint'; stop = until(stops)) {
    if (entries.get(process.current.registers.rip) === undefined) {
      end = word(thr + TRACE_POS);
      continue;
    }
    const { registers } = process.current;
    const [rdi, rsi, rdx, rcx] = (['rdi', 'rsi', 'rdx', 'rcx'] as const).map(name => registers.get(name));
    expect(registers.get('rsp') % 16n, 'System V: SP + 8 is aligned at entry').toBe(8n);
    calls.push({ name: entries.get(registers.rip)!, thr: rdi!, addr: rsi!, rdx: rdx!, rcx: rcx! });
  }
  const events: bigint[] = [];
  // The thread's first part of the trace: of 128 KiB, aligned to that, with events behind a header of 0x28 bytes.
  for (let at = (end & ~0x1ffffn) + 0x28n; at < end; at += EVENT_BYTES) events.push(word(at));
  return { stop, thr, calls, events };
}

const ran = run();
const { addr } = ran.calls[0]!;

it('the context of the goroutine, the address, and then size and return address reach the C side', () => {
  const { thr, calls, stop } = ran;
  expect(thr).not.toBe(0n);
  expect(stop).toEqual({ kind: 'exited', status: 0 });
  expect(calls.map(({ name }) => name)).toEqual(C_SIDE);
  for (const call of calls) expect(call, call.name).toMatchObject({ thr, addr: call.name.endsWith('_pc') ? addr + 48n : addr });
  const [load, store, loads, stores, loadAt, storeAt] = calls;
  expect(load!.rdx).toBe(returnAddress('raceread<'));
  expect(store!.rdx).toBe(returnAddress('racewrite<'));
  expect(loads).toMatchObject({ rdx: 24n, rcx: returnAddress('racereadrange<') });
  expect(stores).toMatchObject({ rdx: 40n, rcx: returnAddress('racewriterange<') });
  // Go hands over a function's entry, the race runtime wants a return address: one more.
  for (const call of [loadAt, storeAt]) expect(call).toMatchObject({ rdx: CALLER, rcx: PC + 1n });
});

/** Words of a trace as ThreadSanitizer v3 has them: which access of what size, or a call. */
function decoded(words: readonly bigint[]) {
  const events: { kind: string; addr?: bigint; size?: bigint; pc?: bigint }[] = [];
  let pc = 0n;
  for (let at = 0; at < words.length; at++) {
    const event = words[at]!;
    const bits = (from: bigint, count: bigint): bigint => (event >> from) & ((1n << count) - 1n);
    if (bits(0n, 1n) === 1n) {
      pc += bits(5n, 15n) - 0x4000n;
      events.push({ kind: bits(1n, 1n) === 1n ? 'read' : 'write', addr: event >> 20n, size: 1n << bits(3n, 2n), pc });
    } else if (bits(1n, 1n) === 1n) events.push(event >> 2n === 0n ? { kind: 'exit' } : { kind: 'enter', pc: event >> 2n });
    else if (bits(2n, 3n) === 0n) {
      pc = words[++at]!;
      events.push({ kind: bits(5n, 1n) === 1n ? 'read' : 'write', addr: event >> 20n, size: 1n << bits(7n, 2n), pc });
    } else if (bits(2n, 3n) === 1n) {
      const second = words[++at]!;
      const size = ((second >> 44n) << 13n) | bits(7n, 13n);
      events.push({ kind: bits(5n, 1n) === 1n ? 'reads' : 'writes', addr: second & ((1n << 44n) - 1n), size, pc: event >> 20n });
      pc = event >> 20n;
    } else events.push({ kind: `event ${bits(2n, 3n)}` });
  }
  return events;
}

it('each leaves its events in the trace; the pc forms enter and leave the function that they are said to be in', () => {
  const at = addr + 48n;
  const from = (kind: string) => [{ kind: 'enter', pc: CALLER }, { kind, addr: at, size: 1n, pc: PC + 1n }, { kind: 'exit' }];
  expect(decoded(ran.events)).toEqual([
    // Time, with which every part begins.
    { kind: 'event 5' },
    { kind: 'read', addr, size: 1n, pc: returnAddress('raceread<') },
    { kind: 'write', addr, size: 1n, pc: returnAddress('racewrite<') },
    { kind: 'reads', addr, size: 24n, pc: returnAddress('racereadrange<') },
    { kind: 'writes', addr, size: 40n, pc: returnAddress('racewriterange<') },
    ...from('read'),
    ...from('write'),
  ]);
});
