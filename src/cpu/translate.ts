/**
 * Blocks: from guest bytes to micro-op records. A block is a run of instructions within one page (the last may reach into the next) that
 * ends at a jump, at a breakpoint, or when it is long enough.
 */
import { Decoder, DecoderError, DecoderOptions, Code as IcedCode, Instruction } from 'iced-x86';
import { PAGE_SIZE } from './api.js';
import { opNumber, opRows } from './ir/table.js';
import { CODE, JUMP_CACHE, RECORD, VECTORS } from './layout.js';
import { Builder, dropDeadFlags, Unsupported, type Uop, type Value } from './lift/builder.js';
import { lifters } from './lift/table.js';
import type { SparseAddressSpace } from './memory/address-space.js';

const MAX_INSTRUCTIONS = 64;
const DECODERS = 64;

export interface Block {
  readonly pc: bigint;
  /** Address of the first record. */
  readonly record: number;
  readonly instructions: number;
  /** Offset of each instruction from pc. */
  readonly offsets: readonly number[];
  /** First byte behind the last instruction, relative to pc. */
  readonly length: number;
}

/** Where the next instruction cannot be fetched: the translator's caller turns it into a fault or a stop. */
type Fetch = { readonly decoder: Decoder; readonly available: number };

export class Translator {
  private next: number = CODE.base;
  /** Blocks in the order of their records, for looking a record up. */
  private blocks: Block[] = [];
  /** By address as a number: code lies below 2^53. */
  private byAddress = new Map<number, Block>();
  private single = new Map<number, Block>();
  private byPage = new Map<number, Set<Block>>();
  private readonly decoders = new Map<number, Fetch>();
  private readonly ins = new Instruction();
  private readonly builder = new Builder();
  private readonly view: DataView;
  private readonly words: Int32Array;
  private readonly bytes: Uint8Array;
  private readonly jumpTags: BigUint64Array;
  private breakpoints: ReadonlySet<bigint> = new Set();
  /** Counts the times that all translations were dropped: records from before are gone. */
  generation = 0;

  constructor(private readonly space: SparseAddressSpace) {
    this.view = new DataView(space.memory.buffer);
    this.words = new Int32Array(space.memory.buffer);
    this.bytes = new Uint8Array(space.memory.buffer);
    this.jumpTags = new BigUint64Array(space.memory.buffer, JUMP_CACHE.base, (JUMP_CACHE.entries << JUMP_CACHE.entryBits) / 8);
    this.clearJumpCache();
    space.onCodeChange = page => this.dropPage(page);
  }

  /** The block at an address, translated now if need be; undefined when the address cannot be executed. */
  block(pc: bigint): Block | undefined {
    return this.byAddress.get(Number(pc)) ?? this.translate(pc, false);
  }

  /** A block of the one instruction at an address; breakpoints do not matter to it. */
  one(pc: bigint): Block | undefined {
    return this.single.get(Number(pc)) ?? this.translate(pc, true);
  }

  /** Makes an indirect jump to the block find it without help. */
  remember(block: Block): void {
    const low = Number(block.pc & 0xffff_ffffn) | 0;
    const entry = (low ^ (low >>> 14)) & (JUMP_CACHE.entries - 1);
    this.jumpTags[entry * 2] = block.pc;
    this.view.setUint32(JUMP_CACHE.base + entry * 16 + 8, block.record, true);
  }

  /** The block that owns a record. */
  owner(record: number): Block {
    let low = 0;
    let high = this.blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.blocks[middle].record <= record) low = middle;
      else high = middle - 1;
    }
    return this.blocks[low];
  }

  /** Whether the record is the first of a block that has been dropped. */
  isStale(record: number): boolean {
    return this.view.getUint16(record + RECORD.op, true) === opNumber('stale');
  }

  /** Makes the field of a jump that led to a link record go to the block from now on. */
  patch(linkRecord: number, block: Block): void {
    this.view.setUint32(this.view.getUint32(linkRecord + RECORD.d, true), block.record, true);
  }

  /** Replaces the breakpoints; blocks that hold one that comes or goes are dropped. */
  setBreakpoints(addresses: ReadonlySet<bigint>): void {
    const changed = [...addresses].filter(at => !this.breakpoints.has(at)).concat([...this.breakpoints].filter(at => !addresses.has(at)));
    this.breakpoints = addresses;
    for (const address of changed) {
      const page = Number(address >> 12n);
      for (const block of [...(this.byPage.get(page) ?? [])]) {
        if (address >= block.pc && address < block.pc + BigInt(block.length)) this.drop(block);
      }
    }
  }

  dropPage(page: number): void {
    for (const block of [...(this.byPage.get(page) ?? [])]) this.drop(block);
    this.byPage.delete(page);
    this.space.codePages.delete(page);
    for (const at of [page, page - 1]) {
      this.decoders.get(at)?.decoder.free();
      this.decoders.delete(at);
    }
  }

  private drop(block: Block): void {
    const key = Number(block.pc);
    if (this.byAddress.get(key) === block) this.byAddress.delete(key);
    if (this.single.get(key) === block) this.single.delete(key);
    for (const page of pagesOf(block)) this.byPage.get(page)?.delete(block);
    // Jumps that are chained to the block find the way out at its first record. The block's length is given back by then.
    this.view.setUint16(block.record + RECORD.op, opNumber('stale'), true);
    this.view.setUint16(block.record + RECORD.index, 0, true);
    this.view.setBigUint64(block.record + RECORD.imm, block.pc, true);
  }

  private clearJumpCache(): void {
    // No block starts at an odd non-canonical address.
    this.jumpTags.fill(0xdead_0000_0000_0001n);
  }

  private flush(): void {
    this.generation++;
    this.next = CODE.base;
    this.blocks = [];
    this.byAddress.clear();
    this.single.clear();
    this.byPage.clear();
    this.clearJumpCache();
  }

  // ---- translation -----------------------------------------------------------------------------------------------------------------

  private fetch(page: number): Fetch | undefined {
    const known = this.decoders.get(page);
    if (known !== undefined) return known;
    const frame = this.space.reach(page, 'exec');
    if (frame === 0) return undefined;
    const after = this.space.reach(page + 1, 'exec');
    const code = new Uint8Array(PAGE_SIZE + (after === 0 ? 0 : 15));
    code.set(this.bytes.subarray(frame, frame + PAGE_SIZE));
    if (after !== 0) code.set(this.bytes.subarray(after, after + 15), PAGE_SIZE);
    if (this.decoders.size >= DECODERS) {
      const [oldest, entry] = this.decoders.entries().next().value!;
      entry.decoder.free();
      this.decoders.delete(oldest);
    }
    // From here on the bytes are cached: their stores must be seen.
    this.space.addCodePage(page);
    if (after !== 0) this.space.addCodePage(page + 1);
    const fetch = { decoder: new Decoder(64, code, DecoderOptions.None), available: code.length };
    this.decoders.set(page, fetch);
    return fetch;
  }

  private translate(pc: bigint, single: boolean): Block | undefined {
    const page = Number(pc >> 12n);
    const start = Number(pc & 0xfffn);
    const fetch = this.fetch(page);
    if (fetch === undefined) return undefined;
    const { decoder } = fetch;
    const { ins, builder } = this;
    builder.reset();
    const offsets: number[] = [];
    let ended = false;
    let at = start;
    const finish = single ? 1 : MAX_INSTRUCTIONS;
    if (!single && this.breakpoints.has(pc)) {
      builder.begin(ins, pc, 0);
      builder.emit('breakpoint', 0, 0, 0, pc);
      offsets.push(0);
      at++;
      ended = true;
    }
    while (!ended && offsets.length < finish && at < PAGE_SIZE) {
      const address = pc + BigInt(at - start);
      if (offsets.length > 0 && this.breakpoints.has(address)) break;
      decoder.position = at;
      decoder.ip = address;
      decoder.decodeOut(ins);
      if (ins.code === IcedCode.INVALID && decoder.lastError === DecoderError.NoMoreBytes && fetch.available === PAGE_SIZE) {
        // The instruction reaches into a page that cannot be executed: nothing of it runs.
        if (offsets.length === 0) return undefined;
        break;
      }
      const next = address + BigInt(ins.length);
      builder.begin(ins, next, offsets.length);
      offsets.push(at - start);
      const mark = builder.uops.length;
      try {
        if (ins.code === IcedCode.INVALID) {
          builder.emit('raise', 0, 0, 0, address, VECTORS.indexOf('#UD'));
          ended = true;
        } else {
          const lift = lifters.get(ins.mnemonic);
          if (lift === undefined) throw new Unsupported();
          lift(builder);
        }
      } catch (error) {
        if (!(error instanceof Unsupported)) throw error;
        builder.uops.length = mark;
        builder.emit('unsupported', 0, 0, 0, address);
        ended = true;
      }
      at += Math.max(1, ins.length);
      const last = builder.uops[builder.uops.length - 1];
      if (last !== undefined && opRows[last.op].flow === 'end') ended = true;
    }
    const { jumps } = builder;
    if (!ended) {
      builder.begin(ins, 0n, Math.max(0, offsets.length - 1));
      builder.jumps = { taken: pc + BigInt(at - start) };
      builder.emit('jump');
    }
    return this.write(pc, offsets, at - start, dropDeadFlags(builder.uops), jumps ?? builder.jumps, single);
  }

  private write(pc: bigint, offsets: number[], length: number, uops: Uop[], jumps: Builder['jumps'], single: boolean): Block {
    if (this.next + (uops.length + 4) * RECORD.size > CODE.base + CODE.size) this.flush();
    const { words } = this;
    const header = this.next;
    const record = header + RECORD.size;
    this.immediate(header, pc);
    words[(header + RECORD.blockLength) >> 2] = offsets.length;
    let at = record;
    for (const uop of uops) {
      const word = at >> 2;
      words[word] = uop.op | (uop.index << 16);
      words[word + RECORD.aux / 4] = uop.aux;
      words[word + RECORD.blockLength / 4] = 0;
      this.immediate(at, uop.imm);
      words[word + RECORD.d / 4] = this.operand(at, uop.d);
      words[word + RECORD.a / 4] = this.operand(at, uop.a);
      words[word + RECORD.b / 4] = this.operand(at, uop.b);
      at += RECORD.size;
    }
    const last = at - RECORD.size;
    if (jumps !== undefined) {
      at = this.link(at, last + RECORD.d, jumps.taken, offsets.length - 1);
      if (jumps.fallThrough !== undefined) at = this.link(at, last + RECORD.aux, jumps.fallThrough, offsets.length - 1);
    }
    this.next = at;
    const block: Block = { pc, record, instructions: offsets.length, offsets, length };
    this.blocks.push(block);
    (single ? this.single : this.byAddress).set(Number(pc), block);
    for (const page of pagesOf(block)) {
      let blocks = this.byPage.get(page);
      if (blocks === undefined) this.byPage.set(page, (blocks = new Set()));
      blocks.add(block);
      this.space.addCodePage(page);
    }
    return block;
  }

  /** Puts a value into a record's imm. */
  private immediate(record: number, value: bigint): void {
    const at = (record + RECORD.imm) >> 2;
    const small = Number(value);
    if (small >= 0 && small <= 0x7fff_ffff) {
      this.words[at] = small;
      this.words[at + 1] = 0;
    } else {
      this.words[at] = Number(BigInt.asIntN(32, value));
      this.words[at + 1] = Number(BigInt.asIntN(32, value >> 32n));
    }
  }

  /** The field of an operand; an immediate goes into the record's imm. */
  private operand(record: number, value: Value): number {
    if (typeof value === 'number') return value;
    this.immediate(record, value);
    return record + RECORD.imm;
  }

  private link(at: number, field: number, target: bigint, index: number): number {
    const { words } = this;
    words[at >> 2] = opNumber('link') | (index << 16);
    words[(at + RECORD.d) >> 2] = field;
    this.immediate(at, target);
    words[(at + RECORD.blockLength) >> 2] = 0;
    words[field >> 2] = at;
    return at + RECORD.size;
  }
}

function pagesOf(block: Block): number[] {
  const first = Number(block.pc >> 12n);
  const last = Number((block.pc + BigInt(Math.max(1, block.length) - 1)) >> 12n);
  return first === last ? [first] : [first, last];
}
