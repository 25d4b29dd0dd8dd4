/**
 * How hand-made assembly returns, told from its instructions: for code that moves RSP in ways that no table follows, where nobody has seen the call.
 * The instructions from a place on are gone through with what is known of the registers there, until one returns.
 */
import { type AddressSpace, GPR_NAMES, type GprName } from '../../cpu/api.js';
import { isGpr, type KnownRegisters, valueNow, valueWith } from '../../cpu/effects/instruction.js';
import { effectsIn } from './decode.js';

/** Instructions that are gone through at most: such code is short. */
const MOST = 64;

/** What C functions keep (System V psABI, figure 3.4): hand-made code that moves RSP calls no others. */
const KEPT: ReadonlySet<GprName> = new Set(['rbx', 'rbp', 'rsp', 'r12', 'r13', 'r14', 'r15']);

/** Where the return address lies that it will return by; undefined: that depends on what is not known. */
export function wayOut(memory: AddressSpace, from: bigint, known: (name: GprName) => bigint | undefined): bigint | undefined {
  const values = new Map<GprName, bigint>();
  for (const name of GPR_NAMES) {
    const value = known(name);
    if (value !== undefined) values.set(name, value);
  }
  const registers: KnownRegisters = { get: name => values.get(name) };
  const written: { readonly start: bigint; readonly end: bigint }[] = [];
  let pc = from;
  for (let count = 0; count < MOST; count++) {
    const effects = effectsIn(memory, pc);
    if (effects === undefined) return undefined;
    const { flow, accesses, writes, length } = effects;
    for (const { kind, address, bytes } of accesses) {
      const start = valueWith(address, registers);
      if (kind === 'read') {
        // What it writes itself on this way is not in memory yet.
        if (start === undefined || written.some(each => start < each.end && start + BigInt(bytes) > each.start)) return undefined;
      } else if (start === undefined) return undefined;
      else if (flow.kind !== 'call') written.push({ start, end: start + BigInt(bytes) });
    }
    const behind = pc + BigInt(length);
    const target =
      'target' in flow ? (typeof flow.target === 'bigint' ? flow.target : valueNow(effects, flow.target, registers, memory)) : behind;
    if (flow.kind === 'return') return values.get('rsp');
    if (flow.kind === 'call') {
      for (const name of GPR_NAMES) if (!KEPT.has(name)) values.delete(name);
      pc = behind;
      continue;
    }
    if (flow.kind === 'branch' || (flow.kind !== 'next' && flow.kind !== 'jump') || target === undefined) return undefined;
    const results = writes.map(({ register, bytes, offset, value, certain }) => {
      const whole = certain && offset === 0 && (bytes === 8 || bytes === 4);
      return { register, value: whole ? valueNow(effects, value, registers, memory) : undefined };
    });
    for (const { register, value } of results) {
      if (!isGpr(register)) continue;
      if (value === undefined) values.delete(register);
      else values.set(register, BigInt.asUintN(64, value));
    }
    pc = target;
  }
  return undefined;
}
