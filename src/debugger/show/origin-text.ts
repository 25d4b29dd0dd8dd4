/** The links of an origin in words: who wrote it, where, in which function, goroutine and convention, and what from. */
import { type EffectRegister, GPR_NAMES } from '../../cpu/api.js';
import { isGpr, valueWith } from '../../cpu/effects/instruction.js';
import { grouped } from '../../host/grouped.js';
import { hex } from '../../host/hex.js';
import { effectsIn } from '../code/decode.js';
import { describeCode } from '../code/describe.js';
import { disassembleAt } from '../code/disassemble.js';
import { heldInMemory } from '../lens/held.js';
import { registerRoles } from '../lens/roles.js';
import { conventionOf } from '../lens/signature.js';
import { landmarkOf } from '../memory/landmarks.js';
import type { Session } from '../session/session.js';
import { stackNamed } from '../stack/walk-target.js';
import type { OriginEnd, OriginLink, ValueSpot } from '../timeline/origin.js';
import { lineText } from './line-text.js';

/** A link, told while the machine stood in front of its instruction. */
export interface ToldLink {
  readonly t: number;
  readonly tid: number;
  readonly pc: bigint;
  readonly function: string;
  /** `proc.go:170`; empty where no line is known. */
  readonly line: string;
  /** `goroutine 1 on g0`. */
  readonly where: string;
  /** Its number. */
  readonly goroutine: bigint | undefined;
  readonly convention: string;
  readonly instruction: string;
  /** `rdi`, `runtime.g0.racectx`. */
  readonly wrote: string;
  readonly value: bigint | undefined;
  readonly how: OriginLink['how'];
  readonly into: ValueSpot;
  readonly from: readonly ValueSpot[];
  /** `r14`, `8 bytes at 0x602a98 (runtime.g0.racectx)`. */
  readonly sources: readonly string[];
  /** What the address of a source is made of: `r14 g = runtime.g0 (m0)`. */
  readonly through: readonly string[];
}

export function tellLink(session: Session, link: OriginLink): ToldLink {
  const { target } = session;
  const { images, process } = target;
  const func = images.functionAt(link.pc);
  const thread = process.current;
  const goroutine = target.goroutineOf(thread);
  const stack = stackNamed(target.walkTarget, thread.registers.get('rsp'), target.threadG(thread));
  const named = operandNames(session, link);
  const nameOf = (spot: ValueSpot): string => spotText(session, spot, spot.kind === 'memory' ? named.get(spot.address) : undefined);
  const where = goroutine === undefined ? stack.name : `goroutine ${goroutine.id}${stack.kind === 'goroutine' ? '' : ` on ${stack.name}`}`;
  return {
    t: link.t,
    tid: link.tid,
    pc: link.pc,
    function: describeCode(images, link.pc),
    line: lineText(images, link.pc),
    where,
    goroutine: goroutine?.id,
    convention: func === undefined ? '' : conventionOf(func).id,
    instruction: (disassembleAt(target, session.settings.flavor, link.pc)?.text ?? '').replace(/\s+[#;] .*/, ''),
    wrote: nameOf(link.wrote),
    value: link.value,
    how: link.how,
    into: link.wrote,
    from: link.sources,
    sources: link.sources.map(nameOf),
    through: link.sources[0]?.kind === 'memory' ? addressRoles(session, link.pc) : [],
  };
}

/** What the source calls the places in memory that the instruction reads and writes, by their addresses. */
function operandNames({ target }: Session, { pc }: OriginLink): ReadonlyMap<bigint, string> {
  const names = new Map<bigint, string>();
  const { registers } = target.process.current;
  const [frame] = target.stack().frames(1);
  if (frame === undefined || frame.physical.pc !== pc) return names;
  for (const { address } of effectsIn(target.memory, pc)?.accesses ?? []) {
    const at = valueWith(address, registers);
    const name = at === undefined ? undefined : heldInMemory(target, frame.physical, address);
    if (name !== undefined) names.set(at!, name);
  }
  return names;
}

/** The registers of an instruction's operand, with what they mean there. */
function addressRoles(session: Session, pc: bigint): readonly string[] {
  const { target } = session;
  const effects = effectsIn(target.memory, pc);
  const stack = target.stack();
  const [frame] = stack.frames(1);
  if (effects === undefined || frame === undefined) return [];
  const names = new Set<string>();
  for (const { address } of effects.accesses) collect(address, names);
  const roles = registerRoles(stack, frame);
  return GPR_NAMES.filter(name => names.has(name) && name !== 'rsp').map(name => {
    const value = target.process.current.registers.get(name);
    const role = roles.get(name)?.text;
    return role === undefined ? `${name} = ${hex(value)}` : `${name} is ${role}`;
  });
}

function collect(value: unknown, names: Set<string>): void {
  const { kind, register, args } = value as { kind: string; register?: EffectRegister; args?: readonly unknown[] };
  if (kind === 'register' && register !== undefined && isGpr(register)) names.add(register);
  for (const arg of args ?? []) collect(arg, names);
}

/** A place in words, as it is called now; `held`: what the source calls it. */
export function spotText(session: Session, spot: ValueSpot, held?: string): string {
  if (spot.kind === 'register') return spot.register === 'flags' ? 'the flags' : partName(spot);
  const { target } = session;
  const tls = target.go?.symbols.tlsG;
  const owner =
    tls === undefined ? undefined : target.process.threads.find(each => BigInt.asUintN(64, each.registers.fsBase + tls) === spot.address);
  if (owner !== undefined) return `g in the TLS of thread ${target.threadNumber(owner)} (${hex(spot.address)})`;
  const mark = landmarkOf(target.stack(), spot.address);
  const name = mark === undefined || mark.name === '' ? '' : mark.name;
  // What has a name of its own is called by that.
  const named = name !== '' && (mark?.region === 'global' || mark?.type !== undefined);
  if (held !== undefined && !named) return `${held} (${name === '' ? '' : `${name}, `}${hex(spot.address)})`;
  return name === '' ? `${spot.bytes} bytes at ${hex(spot.address)}` : `${name} (${hex(spot.address)})`;
}

function partName(spot: ValueSpot & { kind: 'register' }): string {
  const { bytes } = spot;
  // The registers of MMX lie side by side among those of the x87.
  const mmx = spot.register === 'x87' && (spot.offset & 15) + bytes <= 8;
  const register = mmx ? `mm${spot.offset >> 4}` : spot.register;
  const offset = mmx ? spot.offset & 15 : spot.offset;
  return offset === 0 && bytes >= 4 ? register : `byte ${offset}${bytes > 1 ? `-${offset + bytes - 1}` : ''} of ${register}`;
}

const number = (value: bigint | undefined): string => (value === undefined ? '' : ` = ${value < 10n ? value : hex(value)}`);

/** One link: what it did, then where. */
export function linkLines(link: ToldLink, mark: number): readonly string[] {
  const { sources, how } = link;
  const from =
    sources.length === 0
      ? how === 'constant'
        ? ', a constant'
        : ''
      : `${how === 'moved' ? ' from' : ', made of'} ${sources.slice(0, 3).join(' and ')}${sources.length > 1 ? `; on with ${sources[0]}` : ''}`;
  const through = link.through.length === 0 ? '' : `; ${link.through.join(', ')}`;
  const line = link.line === '' ? '' : ` at ${link.line}`;
  const convention = link.convention === '' ? '' : `, ${link.convention}`;
  return [
    `${String(mark).padStart(3)}  t=${grouped(link.t)}  ${link.function}${line}, ${link.where}${convention}`,
    `       ${link.instruction.padEnd(28)} ${link.wrote}${number(link.value)}${from}${through}`,
  ];
}

/** One link in one line. */
export function linkText(link: ToldLink): string {
  const from = link.sources.length === 0 ? '' : ` ${link.how === 'moved' ? 'from' : 'made of'} ${link.sources[0]}`;
  const line = link.line === '' ? '' : ` (${link.line})`;
  return `${link.wrote}${number(link.value)}${from}: ${link.function}${line}, ${link.where}, t=${grouped(link.t)}`;
}

/** The end of the way, in words. */
export function sourceText(session: Session, source: OriginEnd): string {
  switch (source.kind) {
    case 'constant':
      return `a constant of the program${number(source.value)}`;
    case 'start':
      if (session.target.process.fromCore) return 'as the core file has it: what was before is not in it';
      if (source.spot.kind === 'register') return 'as the kernel began the thread with it';
      return `never written since the program was loaded: ${spotText(session, source.spot)}${imageOf(session, source.spot.address)}`;
    case 'syscall':
      if (source.name === 'mmap' && source.spot.kind === 'memory')
        return `never written since the kernel gave that memory (mmap at t=${grouped(source.t)}): zeros`;
      return `the kernel: ${source.name} at t=${grouped(source.t)}`;
    case 'signal':
      return `the kernel, for a signal, at t=${grouped(source.t)}`;
    case 'changed':
      return `you changed it at t=${grouped(source.t)}`;
    case 'far':
      return `its thread has not written ${spotText(session, source.spot)} in ${grouped(source.instructions)} instructions before that, and further back is not looked`;
    case 'unknown':
      return `what is known ends here: ${source.why}`;
    case 'more':
      return `and further back: origin of ${spotText(session, source.spot)} there`;
  }
}

function imageOf({ target }: Session, address: bigint): string {
  const image = target.images.at(address);
  const mapping = target.memory.mappingAt(address);
  if (image !== undefined) return `, as ${image.path.split('/').at(-1)} has it`;
  if (mapping?.name === '[stack]') return ', as the kernel has set it up';
  return mapping === undefined ? '' : ', zeros since it was mapped';
}
