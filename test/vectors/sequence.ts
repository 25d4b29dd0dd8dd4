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

export function buildSequence(seed: number): Case | undefined {
  const random = new Random(seed ^ 0x2545f491);
  const pointer = random.pick([0, 1, 2, 3, 5, 6, 7, 8, 11, 12, 13, 15].filter(number => number !== RCX && number !== RSP));
  const region = random.pick([LOW, HIGH]);
  const address = region + BigInt(random.chance(12) ? 0x1ff0 + random.below(16) : 0x100 + random.below(0x1e00));
  const count = random.between(2, 9);
  const bytes: number[] = [];
  // Flags that are undefined now, and those that are so at any place where the case can end.
  let live = 0;
  let masked = 0;
  for (let done = 0, tries = 0; done < count && tries < 60; tries++) {
    const draft = new Draft(pickForm(random), random);
    draft.pointer = { register: pointer, value: address };
    draft.rip = ENTRY + BigInt(bytes.length);
    const step = appendOne(draft, live);
    draft.free();
    if (!step || bytes.length + step.code.length > MAX_CODE) continue;
    if (step.mayEnd) masked |= live;
    live = step.live;
    bytes.push(...step.code);
    done++;
  }
  if (bytes.length === 0) return undefined;
  return {
    seed,
    profile: 'int',
    rip: ENTRY,
    code: Uint8Array.from(bytes),
    registers: [[pointer, address]],
    undefinedFlags: masked | live,
  };
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
