/** Disassembly with symbols, in the flavour that the settings ask for. */
import {
  Code,
  Decoder,
  DecoderOptions,
  FlowControl,
  Formatter,
  FormatterSyntax,
  Instruction,
  MemorySizeOptions,
  OpKind,
  type Register,
  RegisterExt,
} from 'iced-x86';
import { plan9 } from '../../asm/plan9.js';
import { type AddressSpace, GPR_NAMES, type GprName } from '../../cpu/api.js';
import type { Images } from '../../image/images.js';
import { readable } from './decode.js';
import { describeSide } from './describe.js';
import { fieldNames } from './field-names.js';

export const FLAVORS = ['gnu', 'intel', 'go'] as const;
export type Flavor = (typeof FLAVORS)[number];

/** What code is looked at with. */
export interface CodeSpace {
  readonly memory: AddressSpace;
  readonly images: Images;
}

export interface DisassembledLine {
  readonly address: bigint;
  readonly bytes: Uint8Array;
  /** The instruction in the flavour asked for, with symbols. */
  readonly text: string;
  /** In bytes. */
  readonly length: number;
  /** Where a direct branch goes, or what a PC-relative operand is at. */
  readonly target?: bigint;
}

let gas: Formatter | undefined;
let intel: Formatter | undefined;

function formatterFor(flavor: 'gnu' | 'intel'): Formatter {
  const existing = flavor === 'gnu' ? gas : intel;
  if (existing !== undefined) return existing;
  const formatter = new Formatter(flavor === 'gnu' ? FormatterSyntax.Gas : FormatterSyntax.Intel);
  formatter.smallHexNumbersInDecimal = false;
  formatter.uppercaseHex = false;
  formatter.hexPrefix = '0x';
  formatter.hexSuffix = '';
  formatter.branchLeadingZeros = false;
  formatter.ripRelativeAddresses = true;
  formatter.showBranchSize = false;
  formatter.spaceAfterOperandSeparator = flavor === 'intel';
  // What the GNU tools write in AT&T syntax, and Delve in Intel's.
  formatter.signedImmediateOperands = flavor === 'intel';
  formatter.showZeroDisplacements = flavor === 'gnu';
  formatter.signedMemoryDisplacements = true;
  if (flavor === 'intel') formatter.memorySizeOptions = MemorySizeOptions.Always;
  if (flavor === 'gnu') gas = formatter;
  else intel = formatter;
  return formatter;
}

/** Most bytes of an instruction. */
const LONGEST = 15;

/** Instructions from `start`: `count` of them, or up to `end`. */
export function disassembleRange(
  { memory, images }: CodeSpace,
  flavor: Flavor,
  start: bigint,
  limits: { readonly end?: bigint; readonly count?: number },
): readonly DisassembledLine[] {
  return [...disassemble(memory, images, flavor, start, limits)];
}

export function disassembleAt(space: CodeSpace, flavor: Flavor, address: bigint): DisassembledLine | undefined {
  return disassembleRange(space, flavor, address, { count: 1 })[0];
}

/** Decodes the instructions that start from `start` up to `end`, or `count` of them; ends early where memory does. */
function* disassemble(
  memory: AddressSpace,
  images: Images,
  flavor: Flavor,
  start: bigint,
  limits: { readonly end?: bigint; readonly count?: number },
): Generator<DisassembledLine> {
  const range = limits.end === undefined ? undefined : Number(limits.end - start);
  const bytes = readable(memory, start, range === undefined ? (limits.count ?? 1) * LONGEST : range + LONGEST - 1);
  const decoder = new Decoder(64, bytes, DecoderOptions.None);
  decoder.ip = start;
  const instruction = new Instruction();
  try {
    for (let done = 0; decoder.canDecode && done < (limits.count ?? Number.POSITIVE_INFINITY); done++) {
      if (decoder.position >= (range ?? Number.POSITIVE_INFINITY)) break;
      decoder.decodeOut(instruction);
      const offset = Number(instruction.ip - start);
      const { ip: address, length } = instruction;
      yield {
        address,
        length,
        bytes: bytes.slice(offset, offset + length),
        text: formatted(instruction, flavor, memory, images, bytes, offset),
        ...targetOf(instruction),
      };
    }
  } finally {
    instruction.free();
    decoder.free();
  }
}

function targetOf(instruction: Instruction): Pick<DisassembledLine, 'target'> {
  if (instruction.op0Kind === OpKind.NearBranch64) return { target: instruction.nearBranchTarget };
  return instruction.isIpRelMemoryOperand ? { target: instruction.ipRelMemoryAddress } : {};
}

function formatted(
  instruction: Instruction,
  flavor: Flavor,
  memory: AddressSpace,
  images: Images,
  bytes: Uint8Array,
  offset: number,
): string {
  if (instruction.code === Code.INVALID) {
    const rest = [...bytes.slice(offset, offset + Math.max(1, instruction.length))];
    return `(bad) ${rest.map(byte => byte.toString(16).padStart(2, '0')).join(' ')}`;
  }
  const name = (address: bigint) => describeSide(images, address);
  const field = fieldOf(instruction, memory, images);
  if (flavor === 'go') return plan9(instruction, address => symbolOf(images, address), field);
  const text = formatterFor(flavor).format(instruction);
  return (flavor === 'gnu' ? asGnu(text) : text) + annotation(instruction, name, field);
}

/** As the GNU tools write it: no suffix where 64-bit code has one size only, a scale with every index, no count of one, imul in full. */
function asGnu(text: string): string {
  return text
    .replace(/\b(call|jmp|push|pop)q(?= )/, '$1')
    .replace(/^((?:s[ah]|ro|rc)[lr][bwlq]? )\$0x1,/, '$1')
    .replace(/^(imul \$\w+,)(%\w+)$/, '$1$2,$2')
    .replace(/\((%\w+),(%\w+)\)/, '($1,$2,1)');
}

/** The name of the struct field that the instruction's memory operand is, where types tell. */
function fieldOf(instruction: Instruction, memory: AddressSpace, images: Images): string | undefined {
  const { ip, memoryBase, memoryDisplacement } = instruction;
  const func = images.functionAt(ip);
  const field = func && fieldNames(memory, images, func).get(ip);
  // The code may have changed since it was looked through.
  return field !== undefined && field.base === gprName(memoryBase) && field.displacement === BigInt.asIntN(64, memoryDisplacement)
    ? field.text
    : undefined;
}

/** The general register of 64 bits that a register of iced is. */
const gprName = (register: Register): GprName | undefined =>
  RegisterExt.isGPR64(register) ? GPR_NAMES[RegisterExt.number(register)] : undefined;

/** The symbol that covers an address; Go's syntax says what lies between symbols in numbers. */
function symbolOf(images: Images, address: bigint): { readonly name: string; readonly base: bigint } | undefined {
  const hit = images.symbolAt(address);
  if (hit === undefined) {
    const func = images.functionAt(address);
    return func === undefined ? undefined : { name: func.name, base: func.entry };
  }
  return hit.symbol.size > 0 && hit.offset >= hit.symbol.size ? undefined : { name: hit.symbol.name, base: hit.symbol.address };
}

/** Where a branch goes, and what a RIP-relative operand is, as gdb writes it behind the instruction; which field another one is. */
function annotation(instruction: Instruction, name: (address: bigint) => string | undefined, field: string | undefined): string {
  if (isNearBranch(instruction)) {
    const symbol = name(instruction.nearBranchTarget);
    return symbol === undefined ? '' : ` <${symbol}>`;
  }
  if (!instruction.isIpRelMemoryOperand) return field === undefined ? '' : `        # ${field}`;
  const address = instruction.ipRelMemoryAddress;
  const symbol = name(address);
  return `        # 0x${address.toString(16)}${symbol === undefined ? '' : ` <${symbol}>`}`;
}

function isNearBranch(instruction: Instruction): boolean {
  return (
    instruction.opCount > 0 &&
    instruction.op0Kind === OpKind.NearBranch64 &&
    [FlowControl.Call, FlowControl.UnconditionalBranch, FlowControl.ConditionalBranch, FlowControl.XbeginXabortXend].includes(
      instruction.flowControl,
    )
  );
}
