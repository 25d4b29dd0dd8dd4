import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryFault, type MemorySnapshot, PAGE_SIZE, PROT, type SavedMemory } from '../api.js';
import { FRAMES_BASE, TLB } from '../layout.js';
import { decodePart, encodePart } from '../part.js';
import { MemoryLimitError, SparseAddressSpace } from './address-space.js';

const PAGES = 8;
const FIRST = 0x1000;
const LIMIT = 6 * PAGE_SIZE;
const at = (page: number): bigint => BigInt(FIRST + page) << 12n;

/** Bytes of a file: each offset has one of its own, and the file ends within a page. */
const fileByte = (offset: number): number => (offset < 5 * PAGE_SIZE + 100 ? ((offset >> 12) * 37 + offset) & 0xff : 0);

const FILE = Uint8Array.from({ length: 20 * PAGE_SIZE }, (_, i) => fileByte(i));

interface ModelPage {
  prot: number;
  name: string;
  /** Offset in the file; undefined: anonymous. */
  file: number | undefined;
  /** Undefined: never touched. */
  bytes: Uint8Array | undefined;
}

/** The same said plainly: a record a page, all copied for a snapshot. */
class Model {
  pages = new Map<number, ModelPage>();

  fresh({ file }: ModelPage): Uint8Array {
    return file === undefined ? new Uint8Array(PAGE_SIZE) : FILE.slice(file, file + PAGE_SIZE);
  }

  bytes(page: number): Uint8Array {
    const entry = this.pages.get(page)!;
    return entry.bytes ?? this.fresh(entry);
  }

  get touched(): number {
    return [...this.pages.values()].filter(({ bytes }) => bytes !== undefined).length;
  }

  copy(): Map<number, ModelPage> {
    return new Map([...this.pages].map(([page, entry]) => [page, { ...entry, bytes: entry.bytes?.slice() }]));
  }

  touch(page: number): Uint8Array {
    const entry = this.pages.get(page)!;
    return (entry.bytes ??= this.fresh(entry));
  }

  contents(): { page: number; bytes: Uint8Array }[] {
    const changed = [...this.pages].filter(([, entry]) => entry.bytes && Buffer.compare(entry.bytes, this.fresh(entry)) !== 0);
    return changed.map(([page, entry]) => ({ page, bytes: entry.bytes! })).sort((a, b) => a.page - b.page);
  }
}

const hash = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

function newSpace(): SparseAddressSpace {
  const pages = Math.ceil((FRAMES_BASE + LIMIT) / 65536) + 1;
  const space = new SparseAddressSpace(new WebAssembly.Memory({ initial: pages, maximum: pages }), LIMIT);
  space.pager = (source, offset, into) => {
    expect(source).toBe('file');
    into.set(FILE.subarray(offset, offset + into.length));
  };
  return space;
}

/** A store of the guest, as the interpreter makes it: through the TLB where a tag lets it, else by asking. False: refused. */
function guestStore(space: SparseAddressSpace, page: number, offset: number, value: number): boolean {
  const view = new DataView(space.memory.buffer);
  const entry = TLB.base + ((FIRST + page) & (TLB.entries - 1)) * (1 << TLB.entryBits);
  const host =
    view.getBigUint64(entry + TLB.write, true) === at(page)
      ? (((FIRST + page) * PAGE_SIZE) | 0) + view.getInt32(entry + TLB.delta, true)
      : space.reach(FIRST + page, 'write');
  if (host === 0) return false;
  new Uint8Array(space.memory.buffer)[(host >>> 0) + offset] = value;
  return true;
}

/** A load of the guest; undefined: refused. */
function guestLoad(space: SparseAddressSpace, page: number, offset: number): number | undefined {
  const view = new DataView(space.memory.buffer);
  const entry = TLB.base + ((FIRST + page) & (TLB.entries - 1)) * (1 << TLB.entryBits);
  const host =
    view.getBigUint64(entry, true) === at(page)
      ? (((FIRST + page) * PAGE_SIZE) | 0) + view.getInt32(entry + TLB.delta, true)
      : space.reach(FIRST + page, 'read');
  return host === 0 ? undefined : new Uint8Array(space.memory.buffer)[(host >>> 0) + offset];
}

const page = fc.nat(PAGES - 1);
const length = fc.integer({ min: 1, max: 4 });
const prot = fc.constantFrom(3, 3, 0, PROT.read, PROT.read | PROT.write, PROT.read | PROT.exec, 7);
const offset = fc.nat(PAGE_SIZE - 1);
const byte = fc.nat(255);

const step = fc.oneof(
  fc.record({
    do: fc.constant('map' as const),
    page,
    length,
    prot,
    file: fc.option(fc.nat(6), { nil: undefined }),
    name: fc.constantFrom('', 'a'),
  }),
  fc.record({ do: fc.constant('unmap' as const), page, length }),
  fc.record({ do: fc.constant('protect' as const), page, length, prot }),
  fc.record({ do: fc.constant('discard' as const), page, length }),
  fc.record({ do: fc.constant('store' as const), page, offset, byte }),
  fc.record({ do: fc.constant('store' as const), page, offset, byte }),
  fc.record({ do: fc.constant('load' as const), page, offset }),
  fc.record({ do: fc.constant('write' as const), page, offset, byte, length: fc.integer({ min: 1, max: 5000 }) }),
  fc.record({ do: fc.constant('touch' as const), page }),
  fc.record({ do: fc.constant('watch' as const), pages: fc.array(page, { maxLength: 3 }) }),
  fc.record({ do: fc.constant('translate' as const), page }),
  fc.record({ do: fc.constant('snapshot' as const) }),
  fc.record({ do: fc.constant('restore' as const), which: fc.nat(9) }),
  fc.record({ do: fc.constant('restore' as const), which: fc.nat(9) }),
  fc.record({ do: fc.constant('move' as const), which: fc.nat(9) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A space and its model, and what has been kept of both. */
class Pair {
  space = newSpace();
  readonly model = new Model();
  readonly kept: { snapshot: MemorySnapshot; pages: Map<number, ModelPage> }[] = [];
  /** Pages of code that the translator has not been told to forget. */
  readonly translated = new Set<number>();

  constructor() {
    this.listen();
  }

  private listen(): void {
    this.translated.clear();
    this.space.onCodeChange = number => {
      this.translated.delete(number - FIRST);
      this.space.codePages.delete(number);
    };
  }

  private range(from: number, count: number): number[] {
    return Array.from({ length: Math.min(count, PAGES - from) }, (_, i) => from + i);
  }

  /** Does the same to both, unless the limit is in the way: then to neither. */
  run(one: Step): void {
    try {
      this.act(one);
    } catch (error) {
      if (!(error instanceof MemoryLimitError)) throw error;
      expect(this.model.touched).toBe(LIMIT / PAGE_SIZE);
    }
  }

  private act(one: Step): void {
    const { space, model } = this;
    switch (one.do) {
      case 'map': {
        const pages = this.range(one.page, one.length);
        const file = one.file === undefined ? undefined : one.file * PAGE_SIZE;
        space.map(at(one.page), BigInt(pages.length * PAGE_SIZE), one.prot, {
          name: one.name,
          ...(file === undefined ? {} : { source: 'file', offset: BigInt(file) }),
        });
        for (const [i, each] of pages.entries())
          model.pages.set(each, {
            prot: one.prot,
            name: one.name,
            file: file === undefined ? undefined : file + i * PAGE_SIZE,
            bytes: undefined,
          });
        return;
      }
      case 'unmap': {
        const pages = this.range(one.page, one.length);
        space.unmap(at(one.page), BigInt(pages.length * PAGE_SIZE));
        for (const each of pages) model.pages.delete(each);
        return;
      }
      case 'protect': {
        const pages = this.range(one.page, one.length);
        const whole = pages.every(each => model.pages.has(each));
        expect(space.protect(at(one.page), BigInt(pages.length * PAGE_SIZE), one.prot)).toBe(whole);
        if (whole) for (const each of pages) model.pages.get(each)!.prot = one.prot;
        return;
      }
      case 'discard': {
        const pages = this.range(one.page, one.length);
        space.discard(at(one.page), BigInt(pages.length * PAGE_SIZE));
        for (const each of pages) if (model.pages.has(each)) model.pages.get(each)!.bytes = undefined;
        return;
      }
      case 'store': {
        // What bears code is written by an instruction that runs alone: the translator is told.
        if (space.codePages.has(FIRST + one.page) && ((model.pages.get(one.page)?.prot ?? 0) & PROT.write) !== 0)
          space.onCodeChange(FIRST + one.page);
        const may = ((model.pages.get(one.page)?.prot ?? 0) & PROT.write) !== 0;
        expect(guestStore(space, one.page, one.offset, one.byte)).toBe(may);
        if (may) model.touch(one.page)[one.offset] = one.byte;
        return;
      }
      case 'load': {
        const may = (model.pages.get(one.page)?.prot ?? 0) !== 0;
        const loaded = guestLoad(space, one.page, one.offset);
        expect(loaded).toBe(may ? model.bytes(one.page)[one.offset] : undefined);
        if (may) model.touch(one.page);
        return;
      }
      case 'write': {
        const count = Math.ceil((one.offset + one.length) / PAGE_SIZE);
        if (!Array.from({ length: count }, (_, i) => one.page + i).every(each => model.pages.has(each))) {
          if (!model.pages.has(one.page))
            expect(() => space.write(at(one.page) + BigInt(one.offset), new Uint8Array(1))).toThrow(MemoryFault);
          return;
        }
        const fresh = Array.from({ length: count }, (_, i) => one.page + i).filter(each => model.pages.get(each)!.bytes === undefined);
        if (model.touched + fresh.length > LIMIT / PAGE_SIZE) return;
        space.write(at(one.page) + BigInt(one.offset), new Uint8Array(one.length).fill(one.byte));
        for (let i = one.offset; i < one.offset + one.length; i++) model.touch(one.page + (i >> 12))[i & 0xfff] = one.byte;
        return;
      }
      case 'touch':
        if (!model.pages.has(one.page)) return;
        space.touch(at(one.page), 1);
        if (model.pages.get(one.page)!.file !== undefined) model.touch(one.page);
        return;
      case 'watch':
        space.watchedPages = new Set(one.pages.map(each => FIRST + each));
        space.flushTlb();
        return;
      case 'translate':
        if (space.code(FIRST + one.page) === undefined) return;
        space.addCodePage(FIRST + one.page);
        this.translated.add(one.page);
        return;
      case 'snapshot':
        this.kept.push({ snapshot: space.snapshot(), pages: model.copy() });
        return;
      case 'restore':
      case 'move': {
        const chosen = this.kept[one.which % Math.max(1, this.kept.length)];
        if (chosen === undefined) return;
        const code = new Map([...this.translated].map(each => [each, { ...model.pages.get(each)!, bytes: hash(model.bytes(each)) }]));
        if (one.do === 'restore') space.restore(chosen.snapshot);
        else {
          const saved = decodePart(encodePart(space.save(chosen.snapshot))) as SavedMemory;
          this.space = newSpace();
          this.listen();
          this.space.restore(this.space.load(saved));
          this.kept.length = 0;
        }
        model.pages = new Map([...chosen.pages].map(([each, entry]) => [each, { ...entry, bytes: entry.bytes?.slice() }]));
        for (const each of this.translated) {
          const before = code.get(each)!;
          const now = model.pages.get(each);
          expect(now && { prot: now.prot, file: now.file, bytes: hash(model.bytes(each)) }, 'code that is still translated').toEqual({
            prot: before.prot,
            file: before.file,
            bytes: before.bytes,
          });
        }
        return;
      }
    }
  }

  check(): void {
    const { space, model } = this;
    expect(space.touchedPages).toBe(model.touched);
    for (let each = 0; each < PAGES; each++) {
      if (!model.pages.has(each)) expect(space.mappingAt(at(each))).toBeUndefined();
      else if (Buffer.compare(space.read(at(each), PAGE_SIZE), model.bytes(each)) !== 0) expect.fail(`page ${each} differs`);
    }
    expect(space.touchedPages).toBe(model.touched);
    const rows = space.mappings().flatMap(({ start, end, prot: rights, name, offset: from }) => {
      const first = Number(start >> 12n) - FIRST;
      return Array.from({ length: Number((end - start) >> 12n) }, (_, i) => ({
        page: first + i,
        rights,
        name,
        from: Number(from) + i * PAGE_SIZE,
      }));
    });
    expect(rows.map(({ page: each, rights, name }) => ({ each, rights, name }))).toEqual(
      [...model.pages].sort(([a], [b]) => a - b).map(([each, entry]) => ({ each, rights: entry.prot, name: entry.name })),
    );
    for (const row of rows) if (model.pages.get(row.page)!.file !== undefined) expect(row.from).toBe(model.pages.get(row.page)!.file);
    const contents = [...space.contents()].map(({ address, bytes }) => ({ page: Number(address >> 12n) - FIRST, bytes: hash(bytes) }));
    expect(contents).toEqual(model.contents().map(entry => ({ ...entry, bytes: hash(entry.bytes) })));
  }
}

describe('the address space', () => {
  it('is what a record a page says, whatever is mapped, written, kept and brought back', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 120 }), steps => {
        const pair = new Pair();
        for (const [index, one] of steps.entries()) {
          pair.run(one);
          if (index % 8 === 0) pair.check();
        }
        pair.check();
      }),
      { numRuns: 150 },
    );
  });

  it('keeps of a page that changes again and again one copy, and none of a page that does not', () => {
    const space = newSpace();
    space.map(at(0), 5n * 4096n, 3);
    for (let each = 0; each < 5; each++) guestStore(space, each, 0, 1);
    const first = space.snapshot();
    for (let value = 2; value < 50; value++) guestStore(space, 3, 0, value);
    const second = space.snapshot();
    const kept = (snapshot: MemorySnapshot) =>
      [...snapshot.pages.values()].flatMap(leaf => [...leaf]).filter(([, { bytes }]) => bytes !== undefined);
    expect(kept(first).map(([number]) => number)).toEqual([FIRST + 3]);
    expect(kept(second)).toEqual([]);
    space.restore(first);
    expect(kept(second).map(([number]) => number)).toEqual([FIRST + 3]);
    expect(space.readU8(at(3))).toBe(1);
    space.restore(second);
    expect(space.readU8(at(3))).toBe(49);
  });

  it('sees the store behind a load that has filled the TLB', () => {
    const space = newSpace();
    space.map(at(0), 4096n, 3);
    guestStore(space, 0, 0, 1);
    const snapshot = space.snapshot();
    space.restore(snapshot);
    expect(guestLoad(space, 0, 0)).toBe(1);
    guestStore(space, 0, 0, 2);
    space.restore(snapshot);
    expect(guestLoad(space, 0, 0)).toBe(1);
  });
});
