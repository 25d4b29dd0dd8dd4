/**
 * Blocks: from guest bytes to micro-op records. A block is a run of instructions within one page (the last may reach into the next) that
 * ends at a jump, at a breakpoint, or when it is long enough.
 */
import { Decoder, DecoderError, Code as IcedCode, Instruction } from 'iced-x86';
import { type EdgeKind, PAGE_SIZE } from './api.js';
import type { CpuLevel } from './cpuid.js';
import { Draft, putNumber } from './draft.js';
import { opNumber, opTraits } from './ir/ops.js';
import { CODE, JUMP_CACHE, RECORD } from './layout.js';
import type { Form } from './lift/form.js';
import { decoderOptions, knownForms, newForm } from './lift/forms.js';
import type { SparseAddressSpace } from './memory/address-space.js';
import type { Observers } from './observers.js';

const LINK = opNumber('link');
const MAX_INSTRUCTIONS = 64;
/** Blocks that are kept at hand, a power of two. */
const NEAR = 4096;
/** Pages whose bytes are kept at hand. */
const PAGES = 64;
/** Bytes of the longest instruction. */
const LONGEST = 15;

/** Instructions at the edges of calls and stacks, by their last op. */
const EDGES: ReadonlyMap<number, EdgeKind> = new Map(opTraits.flatMap(({ edge }, op) => (edge === undefined ? [] : [[op, edge]])));

export interface Block {
  /** Address: code lies below 2^53. */
  readonly pc: number;
  /** Address of the first record. */
  readonly record: number;
  readonly instructions: number;
  /** Offset of each instruction from pc. */
  readonly offsets: readonly number[];
  /** First byte behind the last instruction, relative to pc. */
  readonly length: number;
}

/** The bytes of a page and, when the page behind can be executed, the first of that. The decoder is made when a form is new. */
interface Fetch {
  readonly code: Uint8Array;
  decoder: Decoder | undefined;
}

/** Blocks by address. What is asked for at each turn of a thread is found without a look into the map. */
class BlockMap {
  private readonly all = new Map<number, Block>();
  private readonly near = Array<Block | undefined>(NEAR).fill(undefined);

  get(pc: number): Block | undefined {
    const at = (pc ^ (pc >>> 10)) & (NEAR - 1);
    const near = this.near[at];
    if (near?.pc === pc) return near;
    const block = this.all.get(pc);
    if (block !== undefined) this.near[at] = block;
    return block;
  }

  set(block: Block): void {
    this.forget(block.pc);
    this.all.set(block.pc, block);
  }

  /** Takes a block out, unless another has its place. */
  delete(block: Block): void {
    if (this.all.get(block.pc) !== block) return;
    this.forget(block.pc);
    this.all.delete(block.pc);
  }

  clear(): void {
    this.all.clear();
    this.near.fill(undefined);
  }

  private forget(pc: number): void {
    this.near[(pc ^ (pc >>> 10)) & (NEAR - 1)] = undefined;
  }
}

export class Translator {
  private next: number = CODE.base;
  /** Blocks in the order of their records, for looking a record up. */
  private blocks: Block[] = [];
  /** By address. */
  private readonly byAddress = new BlockMap();
  private readonly single = new BlockMap();
  private byPage = new Map<number, Block[]>();
  private readonly fetched = new Map<number, Fetch>();
  private readonly ins = new Instruction();
  private readonly draft = new Draft();
  private readonly view: DataView;
  private readonly words: Int32Array;
  private readonly bytes: Uint8Array;
  private readonly jumpTags: BigUint64Array;
  private breakpoints: ReadonlySet<bigint> = new Set();
  /** Told before a block goes, and whether since its code has changed; and before all do. */
  onDrop: (block: Block, changed: boolean) => void = () => {};
  onFlush: () => void = () => {};
  /** Counts the times that all translations were dropped: records from before are gone. */
  generation = 0;

  constructor(
    private readonly space: SparseAddressSpace,
    private readonly observers: Observers,
    private readonly level: CpuLevel,
  ) {
    this.view = new DataView(space.memory.buffer);
    this.words = new Int32Array(space.memory.buffer);
    this.bytes = new Uint8Array(space.memory.buffer);
    this.jumpTags = new BigUint64Array(space.memory.buffer, JUMP_CACHE.base, (JUMP_CACHE.entries << JUMP_CACHE.entryBits) / 8);
    this.clearJumpCache();
    space.onCodeChange = page => this.dropPage(page);
  }

  /** The block at an address, translated now if need be; undefined when the address cannot be executed. */
  block(pc: number): Block | undefined {
    return this.byAddress.get(pc) ?? this.translate(BigInt(pc), false);
  }

  /** The block at an address, if it is translated. */
  known(pc: number): Block | undefined {
    return this.byAddress.get(pc);
  }

  /** The block whose first record is at an address; undefined: no block's is. */
  at(record: number): Block | undefined {
    const block = this.owner(record);
    return block !== undefined && block.record === record && this.byAddress.get(block.pc) === block ? block : undefined;
  }

  /** A block of the one instruction at an address; breakpoints do not matter to it. */
  one(pc: number): Block | undefined {
    return this.single.get(pc) ?? this.translate(BigInt(pc), true);
  }

  /** Where what led to a link record goes on, at an address: behind an instruction that is a block of its own the others are too, up to a jump. */
  behind(linkRecord: number, pc: number): Block | undefined {
    const from = this.owner(linkRecord);
    const block = this.block(pc);
    return block !== undefined && block.instructions > 1 && this.single.get(from.pc) === from ? this.one(pc) : block;
  }

  /** Makes an indirect jump to the block find it without help. */
  remember(block: Block): void {
    const low = block.pc | 0;
    const entry = (low ^ (low >>> 14)) & (JUMP_CACHE.entries - 1);
    const tag = BigInt(block.pc);
    if (this.jumpTags[entry * 2] !== tag) this.jumpTags.copyWithin((entry ^ 1) * 2, entry * 2, entry * 2 + 2);
    this.jumpTags[entry * 2] = tag;
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
      for (const block of this.byPage.get(page) ?? []) {
        if (address >= block.pc && address < block.pc + block.length) this.drop(block, false);
      }
    }
  }

  /** After observers of edges came or went: the code asks others from now on. */
  edgesChanged(): void {
    this.flush();
  }

  dropPage(page: number): void {
    for (const block of this.byPage.get(page) ?? []) this.drop(block, true);
    this.byPage.delete(page);
    this.space.codePages.delete(page);
    for (const at of [page, page - 1]) {
      this.fetched.get(at)?.decoder?.free();
      this.fetched.delete(at);
    }
  }

  private drop(block: Block, changed: boolean): void {
    const { pc } = block;
    this.onDrop(block, changed);
    this.byAddress.delete(block);
    this.single.delete(block);
    for (let page = firstPage(block); page <= lastPage(block); page++) {
      const blocks = this.byPage.get(page);
      if (blocks !== undefined)
        this.byPage.set(
          page,
          blocks.filter(other => other !== block),
        );
    }
    // Jumps that are chained to the block find the way out at its first record. The block's length is given back by then.
    this.view.setUint16(block.record + RECORD.op, opNumber('stale'), true);
    this.view.setUint16(block.record + RECORD.index, 0, true);
    putNumber(this.words, (block.record + RECORD.imm) >> 2, pc);
  }

  private clearJumpCache(): void {
    // No block starts at an odd non-canonical address.
    this.jumpTags.fill(0xdead_0000_0000_0001n);
  }

  private flush(): void {
    this.onFlush();
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
    const known = this.fetched.get(page);
    if (known !== undefined) return known;
    const frame = this.space.reach(page, 'exec');
    if (frame === 0) return undefined;
    // What the page behind begins with is looked at, no more: how far ahead a translation goes must not be seen in the memory that is touched.
    const after = this.space.code(page + 1);
    const code = new Uint8Array(PAGE_SIZE + (after === undefined ? 0 : LONGEST));
    code.set(this.bytes.subarray(frame, frame + PAGE_SIZE));
    if (after !== undefined) code.set(after.subarray(0, LONGEST), PAGE_SIZE);
    if (this.fetched.size >= PAGES) {
      const [oldest, { decoder }] = this.fetched.entries().next().value!;
      decoder?.free();
      this.fetched.delete(oldest);
    }
    // From here on the bytes are cached: their stores must be seen.
    this.space.addCodePage(page);
    if (after !== undefined) this.space.addCodePage(page + 1);
    const fetch: Fetch = { code, decoder: undefined };
    this.fetched.set(page, fetch);
    return fetch;
  }

  /** The form of the instruction at an index of the code; undefined when it reaches into a page that cannot be executed. */
  private form(fetch: Fetch, at: number, address: number): Form | undefined {
    const { code } = fetch;
    const known = knownForms(this.level).find(code, at);
    if (known !== undefined && at + known.length <= code.length) return known;
    const decoder = (fetch.decoder ??= new Decoder(64, code, decoderOptions(this.level)));
    decoder.position = at;
    decoder.ip = BigInt(address);
    decoder.decodeOut(this.ins);
    const short = this.ins.code === IcedCode.INVALID && decoder.lastError === DecoderError.NoMoreBytes;
    return short && code.length === PAGE_SIZE ? undefined : newForm(this.ins, decoder, code, at, this.level);
  }

  private translate(pc: bigint, single: boolean): Block | undefined {
    const page = Number(pc >> 12n);
    const start = Number(pc & 0xfffn);
    const fetch = this.fetch(page);
    if (fetch === undefined) return undefined;
    const { draft } = this;
    draft.begin(fetch.code);
    const first = Number(pc);
    const offsets: number[] = [];
    let ended = false;
    let at = start;
    const finish = single ? 1 : MAX_INSTRUCTIONS;
    if (!single && this.breakpoints.has(pc)) {
      draft.stop(first);
      offsets.push(0);
      at++;
      ended = true;
    }
    while (!ended && offsets.length < finish && at < PAGE_SIZE) {
      const address = first + at - start;
      if (offsets.length > 0 && this.breakpoints.size > 0 && this.breakpoints.has(BigInt(address))) break;
      const form = this.form(fetch, at, address);
      if (form === undefined) {
        // Nothing of the instruction runs.
        if (offsets.length === 0) return undefined;
        break;
      }
      if (this.observers.watchEdges) this.askObservers(form, BigInt(address), offsets.length === 0);
      draft.add(form, address, at);
      offsets.push(at - start);
      at += Math.max(1, form.length);
      ended = form.ends;
    }
    if (!ended) draft.goOn(first + at - start);
    draft.dropDeadFlags();
    draft.fuseStep();
    draft.speedFill();
    return this.write(first, offsets, at - start, single);
  }

  /** Has observers asked in front of the instruction, where they want to be. */
  private askObservers({ uops }: Form, address: bigint, first: boolean): void {
    const last = uops[uops.length - 1];
    const kind = EDGES.get(last?.op ?? -1);
    const target = uops.length === 1 && last!.a >= 0 ? last!.a : undefined;
    const each = this.observers.watchInstructions ? 'instruction' : undefined;
    const kinds: readonly (EdgeKind | undefined)[] = [first ? 'entry' : undefined, kind, each];
    for (const asked of kinds) {
      if (asked !== undefined) for (const question of this.observers.sitesAt(address, asked)) this.draft.ask(question, target);
    }
  }

  private write(pc: number, offsets: number[], length: number, single: boolean): Block {
    const { draft, words } = this;
    if (this.next + (draft.records + 4) * RECORD.size > CODE.base + CODE.size) this.flush();
    const header = this.next;
    const record = header + RECORD.size;
    putNumber(words, (header + RECORD.imm) >> 2, pc);
    words[(header + RECORD.blockLength) >> 2] = offsets.length;
    let at = draft.write(words, record);
    const last = at - RECORD.size;
    const { jumps } = draft;
    if (jumps !== undefined) {
      at = this.link(at, last + RECORD.d, jumps.taken, offsets.length - 1);
      if (jumps.fallThrough !== undefined) at = this.link(at, last + RECORD.aux, jumps.fallThrough, offsets.length - 1);
    }
    this.next = at;
    const block: Block = { pc, record, instructions: offsets.length, offsets, length };
    this.blocks.push(block);
    (single ? this.single : this.byAddress).set(block);
    for (let page = firstPage(block); page <= lastPage(block); page++) {
      const blocks = this.byPage.get(page);
      if (blocks === undefined) this.byPage.set(page, [block]);
      else blocks.push(block);
      this.space.addCodePage(page);
    }
    return block;
  }

  private link(at: number, field: number, target: number, index: number): number {
    const { words } = this;
    words[at >> 2] = LINK | (index << 16);
    words[(at + RECORD.d) >> 2] = field;
    putNumber(words, (at + RECORD.imm) >> 2, target);
    words[(at + RECORD.blockLength) >> 2] = 0;
    words[field >> 2] = at;
    return at + RECORD.size;
  }
}

const firstPage = (block: Block): number => Math.floor(block.pc / PAGE_SIZE);
const lastPage = (block: Block): number => Math.floor((block.pc + Math.max(1, block.length) - 1) / PAGE_SIZE);
