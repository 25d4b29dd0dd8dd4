/** The forms met so far, and how a new one is made. The build makes a file of the commonest. */
import { Code, type Decoder, DecoderOptions, EncodingKind, type Instruction } from 'iced-x86';
import type { Assets } from '../../host/assets.js';
import { CPU_LEVELS, type CpuLevel, hasFeature, isOfSomeLevel } from '../cpuid.js';
import { featuresOf } from '../extensions.js';
import { opTraits } from '../ir/ops.js';
import { VECTORS } from '../layout.js';
import { Builder, Unsupported } from './builder.js';
import { Form, IP } from './form.js';
import { FormTable } from './form-table.js';
import { lifters } from './table.js';

const builder = new Builder();

/** The processor that has all instructions of the table: its forms are those that the build makes ahead. */
const WHOLE: CpuLevel = 'v3';
const tables = new Map<CpuLevel, FormTable>();
/** All forms met so far, as a processor of a level has them. */
export function knownForms(level: CpuLevel = WHOLE): FormTable {
  let table = tables.get(level);
  if (table === undefined) tables.set(level, (table = new FormTable()));
  return table;
}
/** How a decoder reads for such a processor: without BMI1 and LZCNT the prefix in front of BSF and BSR says nothing. */
export const decoderOptions = (level: CpuLevel = WHOLE): DecoderOptions =>
  level === WHOLE ? DecoderOptions.None : DecoderOptions.NoMPFX_0FBC | DecoderOptions.NoMPFX_0FBD;
let asked = false;

/** Begins with the forms that the build has made. Without them all forms are made when they are met. */
export function beginWithForms(assets: Assets): void {
  if (asked) return;
  asked = true;
  const packed = assets.read('forms.bin');
  if (packed === undefined) return;
  try {
    tables.set(WHOLE, new FormTable(packed));
  } catch (error) {
    // Cut short, or of another build.
    if (!(error instanceof RangeError)) throw error;
  }
}

const ADDRESS_SIZE_PREFIX = 0x67;
const PREFIXES: ReadonlySet<number> = new Set([0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65]);
/** Short addresses are not sign-extended: instructions with that prefix are lifted one by one. */
function hasShortAddress(code: Uint8Array, at: number): boolean {
  for (let index = at; PREFIXES.has(code[index]!); index++) if (code[index] === ADDRESS_SIZE_PREFIX) return true;
  return false;
}

/** The first level whose processors have an instruction. */
export function levelOf(ins: Instruction): CpuLevel {
  const features = featuresOf(ins);
  return CPU_LEVELS.find(level => features.every(feature => hasFeature(level, feature)))!;
}
/** False: the instruction came with processors of a later level. */
const isOfLevel = (ins: Instruction, level: CpuLevel): boolean =>
  level === WHOLE || CPU_LEVELS.indexOf(levelOf(ins)) <= CPU_LEVELS.indexOf(level);

/** False: it shares its name with instructions of the table, and has an encoding or a length that came with a later extension. */
const isEncoded = (ins: Instruction): boolean =>
  ins.encoding === EncodingKind.Legacy || (ins.encoding === EncodingKind.VEX && featuresOf(ins).every(isOfSomeLevel));

/** The form of an instruction that the decoder has just read at an index of the code. One that r14 lacks stops the guest, or is #UD for it. */
export function newForm(ins: Instruction, decoder: Decoder, code: Uint8Array, at: number, level: CpuLevel = WHOLE): Form {
  const known = knownForms(level);
  const offsets = decoder.getConstantOffsets(ins);
  const { displacementOffset, displacementSize, immediateOffset, immediateSize } = offsets;
  offsets.free();
  builder.begin(ins, immediateSize > 0);
  try {
    const lift = lifters.get(ins.mnemonic);
    if (ins.code === Code.INVALID || !isOfLevel(ins, level)) builder.emit('raise', 0, 0, 0, IP, VECTORS.indexOf('#UD'));
    else if (lift === undefined || !isEncoded(ins)) builder.unsupported();
    else lift(builder);
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error;
    builder.begin(ins, false);
    builder.emit('unsupported', 0, 0, 0, IP);
  }
  const { uops, jumps, exact } = builder;
  const last = uops[uops.length - 1];
  const ends = jumps !== 'none' || (last !== undefined && last.conditional === undefined && opTraits[last.op]!.flow === 'end');
  const form = new Form(uops, ends, jumps, ins.length, displacementOffset, displacementSize, immediateOffset, immediateSize);
  if (ins.code !== Code.INVALID && !known.full && !hasShortAddress(code, at))
    known.add(form, code, at, exact ? form.length : sharedBytes(form));
  return form;
}

/** Bytes before the first number, if nothing but numbers is behind it; otherwise all. */
function sharedBytes({ length, displacementOffset, displacementSize, immediateOffset, immediateSize }: Form): number {
  const first = displacementSize > 0 ? displacementOffset : immediateSize > 0 ? immediateOffset : length;
  return first + displacementSize + immediateSize === length ? first : length;
}
