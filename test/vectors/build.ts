/** Makes a case from an instruction form and a seed: chooses operands and prefixes, encodes, and checks that it decodes to the same. */
import { type Instruction, OpCodeOperandKind, OpKind } from 'iced-x86';
import type { Case } from './case.js';
import { Draft, decode, type Form, RCX } from './draft.js';
import { CODE, INPUT } from './layout.js';
import { Random } from './random.js';
import { profileOf, RULES } from './rules.js';
import { expand } from './state.js';
import { undefinedFlags } from './undefined.js';

const K = OpCodeOperandKind;
const MEMORY_KINDS = new Set<OpCodeOperandKind>([
  K.mem,
  K.r8_or_mem,
  K.r16_or_mem,
  K.r32_or_mem,
  K.r64_or_mem,
  K.xmm_or_mem,
  K.ymm_or_mem,
  K.mm_or_mem,
  K.seg_rSI,
  K.es_rDI,
  K.seg_rDI,
  K.seg_rBX_al,
]);

/** A seed's first attempts may have no encoding (AH beside a REX prefix, RSP as index): it has a few more. */
const ATTEMPTS = 12;

export function buildCase(form: Form, seed: number): Case | undefined {
  const random = new Random(seed ^ 0x5bd1e995);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const draft = new Draft(form, random);
    try {
      const test = attemptCase(draft, seed);
      if (test) return test;
    } finally {
      draft.free();
    }
  }
  return undefined;
}

function attemptCase(draft: Draft, seed: number): Case | undefined {
  const { form, random, instruction } = draft;
  if (form.operands.some(kind => MEMORY_KINDS.has(kind)) && random.chance(7)) draft.addressBytes = 4;
  // At the end of the page: its last bytes, or what follows, cannot be fetched.
  // UD0 and UD1 refuse before CPUs agree on their length.
  if (random.chance(1) && !/^Ud[01]$/.test(form.mnemonic)) draft.rip = CODE + 0x1000n - BigInt(random.between(1, 8));
  const rules = RULES.filter(({ mnemonics }) => mnemonics.test(form.mnemonic));
  for (const rule of rules) if (rule.before && !rule.before(draft)) return undefined;
  for (const [index, kind] of form.operands.entries()) if (!draft.operand(index, kind)) return undefined;
  for (const rule of rules) if (rule.after && !rule.after(draft)) return undefined;
  if (form.lockable && instruction.op0Kind === OpKind.Memory && random.chance(25)) instruction.hasLockPrefix = true;
  const code = draft.encode();
  return code && finish(draft, seed, addPrefix(code, draft));
}

function finish(draft: Draft, seed: number, code: Uint8Array): Case | undefined {
  const { form } = draft;
  const decoded = decode(code, draft.rip);
  try {
    if (decoded.code !== form.code || decoded.length !== code.length) return undefined;
    const profile = profileOf(draft);
    return {
      seed,
      profile,
      rip: draft.rip,
      code,
      registers: [...draft.registers].sort(([a], [b]) => a - b),
      ...(draft.overlay?.length ? { overlay: draft.overlay } : {}),
      undefinedFlags: undefinedFlags(decoded, form.name, countOf(decoded, draft, seed, profile), form.operandBytes),
    };
  } finally {
    decoded.free();
  }
}

function countOf(instruction: Instruction, draft: Draft, seed: number, profile: Case['profile']): number {
  const last = instruction.opCount - 1;
  if (last >= 0 && instruction.opKind(last) === OpKind.Immediate8) return instruction.immediate8;
  const given = draft.registers.get(RCX);
  if (given !== undefined) return Number(given & 0xffn);
  return expand(seed, profile, 0n, 0)[INPUT.gpr + 8 * RCX] as number;
}

const isLegacyPrefix = (byte: number) => [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3].includes(byte);

const isVex = (byte: number): boolean => byte === 0xc4 || byte === 0xc5;

/** Adds a prefix that changes nothing, as compilers do for padding, to some instructions. */
function addPrefix(code: Uint8Array, draft: Draft): Uint8Array {
  const { random, form } = draft;
  if (!random.chance(8)) return code;
  let legacy = 0;
  while (isLegacyPrefix(code[legacy] as number)) legacy++;
  const insert = (at: number, byte: number) => Uint8Array.of(...code.subarray(0, at), byte, ...code.subarray(at));
  // What RIP-relative operands name must not move with the end of the instruction.
  if (draft.instruction.isIpRelMemoryOperand) return code;
  const rex = ((code[legacy] as number) & 0xf0) === 0x40;
  const wide = rex && ((code[legacy] as number) & 8) !== 0;
  if (wide && random.chance(30) && !code.subarray(0, legacy).includes(0x66) && !/^(Cvt|Mov[dq]_|P|Crc32|Extract)/.test(form.name))
    return insert(0, 0x66);
  // Behind a prefix of operand size or REX, VEX is reserved.
  if (!rex && !isVex(code[legacy] as number) && random.chance(40)) return insert(legacy, 0x40);
  if (/^(Ret|Jmp|Call|J[a-z]+)$/.test(form.mnemonic) && random.chance(50)) return insert(0, random.pick([0xf2, 0xf3]));
  // CS, DS, ES and SS have no base in 64-bit mode.
  return insert(0, random.pick([0x2e, 0x3e, 0x26, 0x36]));
}
