/**
 * Cases of several instructions in a row, for what single ones cannot show: flags that live across instructions or die inside a block,
 * a branch out of the middle, a fault after some instructions have retired.
 */
import { Code, type Instruction, InstructionInfoFactory, OpAccess, OpKind } from 'iced-x86';
import type { Case } from './case.js';
import { Draft, decode, type Form, formOf, gprNumber, RCX, RSP } from './draft.js';
import { testedForms } from './forms.js';
import { ENTRY, HIGH, LOW, MAX_CODE } from './layout.js';
import { Random } from './random.js';
import type { Profile } from './state.js';
import { toRflags, undefinedFlags } from './undefined.js';

const GROUPS: readonly (readonly [percent: number, group: string, forms: RegExp])[] = [
  [40, 'arith', /./],
  [14, 'shift', /^(?!Sh[lr]d_rm16)/],
  [12, 'move', /^(?!Xlat|Cmpxchg|Mov_.*moffs)/],
  [6, 'muldiv', /^(?!Div|Idiv)/],
  [5, 'bits', /^(?!Bs[fr])/],
  [12, 'condition', /./],
  [6, 'control', /^J[a-z]+_rel/],
  [5, 'sse2', /^(P|Mov[dqau])/],
];

let pools: (readonly [number, readonly Form[]])[] | undefined;

function pickForm(random: Random): Form {
  pools ??= GROUPS.map(([percent, group, forms]) => [
    percent,
    testedForms()
      .filter(form => form.group === group && forms.test(Code[form.code] as string))
      .map(form => formOf(form.code)),
  ]);
  let roll = random.below(100);
  for (const [percent, forms] of pools) if ((roll -= percent) < 0) return random.pick(forms);
  return random.pick((pools[0] as (typeof pools)[number])[1]);
}

const infoFactory = new InstructionInfoFactory();
const WRITES = new Set<OpAccess>([OpAccess.Write, OpAccess.CondWrite, OpAccess.ReadWrite, OpAccess.ReadCondWrite]);

function writesRegister(instruction: Instruction, number: number): boolean {
  const info = infoFactory.info(instruction);
  let found = false;
  for (const used of info.usedRegisters()) {
    if (WRITES.has(used.access) && gprNumber(used.register) === number) found = true;
    used.free();
  }
  info.free();
  return found;
}

function touchesMemory(instruction: Instruction): boolean {
  for (let i = 0; i < instruction.opCount; i++) if (instruction.opKind(i) === OpKind.Memory) return instruction.code !== Code.Lea_r64_m;
  return false;
}

/** Instructions behind one another, with memory operands around one pointer that none of them changes. */
class Chain {
  readonly bytes: number[] = [];
  /** Flags that are undefined now, and those that are so at any place where the case can end. */
  private live = 0;
  private masked = 0;

  constructor(
    readonly random: Random,
    private readonly pointer: number,
    private readonly address: bigint,
  ) {}

  /** Appends an instruction of that form with random operands. False when those did not do. */
  add(form: Form): boolean {
    const draft = new Draft(form, this.random);
    draft.pointer = { register: this.pointer, value: this.address };
    draft.rip = ENTRY + BigInt(this.bytes.length);
    const step = appendOne(draft, this.live);
    draft.free();
    if (!step || this.bytes.length + step.code.length > MAX_CODE) return false;
    if (step.mayEnd) this.masked |= this.live;
    this.live = step.live;
    this.bytes.push(...step.code);
    return true;
  }

  finish(seed: number, profile: Profile = 'int', registers: ReadonlyMap<number, bigint> = new Map()): Case | undefined {
    if (this.bytes.length === 0) return undefined;
    const all = new Map(registers).set(this.pointer, this.address);
    return {
      seed,
      profile,
      rip: ENTRY,
      code: Uint8Array.from(this.bytes),
      registers: [...all].sort(([a], [b]) => a - b),
      undefinedFlags: this.masked | this.live,
    };
  }
}

function startChain(seed: number): Chain {
  const random = new Random(seed ^ 0x2545f491);
  const pointer = random.pick([0, 1, 2, 3, 5, 6, 7, 8, 11, 12, 13, 15].filter(number => number !== RCX && number !== RSP));
  const region = random.pick([LOW, HIGH]);
  const address = region + BigInt(random.chance(12) ? 0x1ff0 + random.below(16) : 0x100 + random.below(0x1e00));
  return new Chain(random, pointer, address);
}

export function buildSequence(seed: number): Case | undefined {
  const chain = startChain(seed);
  const { random } = chain;
  const count = random.between(2, 9);
  for (let done = 0, tries = 0; done < count && tries < 60; tries++) if (chain.add(pickForm(random))) done++;
  return chain.finish(seed);
}

// ---- pairs -------------------------------------------------------------------------------------------------------------------------

const CONDITIONS = 'o no b ae e ne be a s ns p np l ge le g'.split(' ');
const CONSUMERS = CONDITIONS.flatMap(condition => [
  `J${condition}_rel8_64`,
  `J${condition}_rel32_64`,
  `Set${condition}_rm8`,
  ...[16, 32, 64].map(width => `Cmov${condition}_r${width}_rm${width}`),
]);
const PRODUCERS = [8, 16, 32, 64]
  .flatMap(width => {
    const immediate = width === 8 ? 8 : width === 16 ? 16 : 32;
    const two = ['Cmp', 'Sub', 'Add', 'And', 'Or', 'Xor', 'Adc', 'Sbb', 'Test'].map(name => `${name}_rm${width}_r${width}`);
    const immediates = ['Cmp', 'Test', 'Sub', 'And'].map(name => `${name}_rm${width}_imm${immediate}`);
    const one = ['Cmp', 'Cmp', 'Sub', 'Add'].map(name => `${name}_rm${width}_imm8`);
    const others = ['Inc', 'Inc', 'Dec', 'Dec', 'Neg'].map(name => `${name}_rm${width}`);
    const shifts = ['Shl', 'Shr', 'Sar', 'Shl', 'Shr'].map((name, i) => `${name}_rm${width}_${i < 3 ? '1' : 'imm8'}`);
    return [...two, ...immediates, ...one, ...others, ...shifts, `Cmpxchg_rm${width}_r${width}`, `Xadd_rm${width}_r${width}`];
  })
  .concat([
    'Ucomisd_xmm_xmmm64',
    'Ucomiss_xmm_xmmm32',
    'Comisd_xmm_xmmm64',
    'Ptest_xmm_xmmm128',
    'Sahf',
    'Popcnt_r64_rm64',
    'Bt_rm64_imm8',
    'Bt_rm32_r32',
    'Cmc',
  ]);

/** Number of the pairs that there are. */
export const PAIRS = CONSUMERS.length * PRODUCERS.length;
const BETWEEN = ['Mov_r64_rm64', 'Lea_r64_m', 'Movzx_r32_rm8', 'Mov_rm32_r32'];

const byName = new Map<string, Form>();
function formNamed(name: string): Form {
  let form = byName.get(name);
  if (!form) {
    const code = (Code as unknown as Record<string, Code>)[name];
    if (code === undefined) throw new Error(`iced has no form ${name}`);
    byName.set(name, (form = formOf(code)));
  }
  return form;
}

/** An instruction that sets flags and one that reads a condition from them; now and then with something in between. */
export function buildPair(index: number, seed: number): Case | undefined {
  const consumer = formNamed(CONSUMERS[index % CONSUMERS.length] as string);
  const producer = formNamed(PRODUCERS[Math.floor(index / CONSUMERS.length) % PRODUCERS.length] as string);
  for (let tries = 0; tries < 20; tries++) {
    const chain = startChain(seed + 0x9e3779b1 * tries);
    const { random } = chain;
    if (!chain.add(producer)) continue;
    const registers = nearlyEqual(Uint8Array.from(chain.bytes), random);
    if (random.chance(20)) chain.add(formNamed(random.pick(BETWEEN)));
    if (!chain.add(consumer)) continue;
    if (random.chance(30)) chain.add(formNamed(random.pick(CONSUMERS)));
    const profile = /sd_/.test(producer.name) ? 'f64' : /ss_/.test(producer.name) ? 'f32' : 'int';
    return chain.finish(seed, profile, registers);
  }
  return undefined;
}

/** Makes the operands of a comparison equal, or nearly so, in two cases of three. */
function nearlyEqual(code: Uint8Array, random: Random): Map<number, bigint> {
  const registers = new Map<number, bigint>();
  const instruction = decode(code, ENTRY);
  if (instruction.opCount === 2 && instruction.op0Kind === OpKind.Register && random.chance(66)) {
    const first = gprNumber(instruction.op0Register);
    const second = instruction.op1Kind === OpKind.Register ? gprNumber(instruction.op1Register) : undefined;
    const step = BigInt(random.pick([0, 0, 0, 1, -1]));
    if (first !== undefined && instruction.op1Kind >= OpKind.Immediate8 && instruction.op1Kind <= OpKind.Immediate32to64) {
      registers.set(first, BigInt.asUintN(64, instruction.immediate(1) + step));
    } else if (first !== undefined && second !== undefined && first !== second) {
      const value = random.chance(50) ? random.u64() : BigInt.asUintN(64, BigInt.asIntN(16, random.u64()) << BigInt(random.below(56)));
      registers.set(first, value).set(second, BigInt.asUintN(64, value + step));
    }
  }
  instruction.free();
  return registers;
}

interface Step {
  readonly code: Uint8Array;
  readonly live: number;
  readonly mayEnd: boolean;
}

function appendOne(draft: Draft, live: number): Step | undefined {
  const { form } = draft;
  for (const [index, kind] of form.operands.entries()) if (!draft.operand(index, kind)) return undefined;
  // Out of the case's own bytes, on either side.
  if (/^J/.test(form.name))
    draft.instruction.nearBranch64 =
      ENTRY + BigInt(draft.random.chance(50) ? draft.random.between(-60, -1) : draft.random.between(64, 120));
  // A bit offset in a register could reach anywhere.
  if (/^Bt[src]?_rm\d+_r/.test(form.name) && draft.instruction.op0Kind === OpKind.Memory) return undefined;
  const code = draft.encode();
  if (!code) return undefined;
  const decoded = decode(code, draft.rip);
  try {
    if (decoded.code !== form.code || writesRegister(decoded, (draft.pointer as { register: number }).register)) return undefined;
    if (toRflags(decoded.rflagsRead) & live) return undefined;
    const byRegister = /_CL$/.test(form.name);
    const mayEnd = touchesMemory(decoded) || /^J/.test(form.name);
    // A count that is not known: all that any count leaves undefined, and no flag is sure to be written.
    if (byRegister)
      return {
        code,
        mayEnd,
        live: live | undefinedFlags(decoded, form.name, 31, form.operandBytes) | undefinedFlags(decoded, form.name, 2, form.operandBytes),
      };
    const count = draft.instruction.opCount > 0 && decoded.opKind(decoded.opCount - 1) === OpKind.Immediate8 ? decoded.immediate8 : 1;
    const shift = /^(R[oc][lr]|S[ah][lr]d?)_/.test(form.name);
    const masked = count & (form.operandBytes === 8 ? 63 : 31);
    const written = shift && masked === 0 ? 0 : toRflags(decoded.rflagsModified);
    return { code, mayEnd, live: (live & ~written) | undefinedFlags(decoded, form.name, count, form.operandBytes) };
  } finally {
    decoded.free();
  }
}
