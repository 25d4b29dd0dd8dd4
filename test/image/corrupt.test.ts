import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodePorts } from '../../src/host/node/ports.js';
import type { Image } from '../../src/image/api.js';
import { FormatError } from '../../src/image/bytes.js';
import { Elf } from '../../src/image/elf/elf.js';
import { openImage } from '../../src/image/image.js';
import { buildGo, missing } from '../support/build.js';

const why = missing('go1.26');

/** Asks an image of everything that a debugger would at some addresses. */
function ask(image: Image, addresses: readonly bigint[]): void {
  for (const pc of addresses) {
    const func = image.functionAt(pc);
    if (func) image.afterPrologue(func);
    image.symbolAt(pc);
    image.lineAt(pc);
    for (const frame of image.inlineFrames(pc)) image.variables(frame.scope, pc);
    image.unwindAt(pc);
    for (const { file, line } of image.statementsIn(pc, pc + 64n)) expect([typeof file, typeof line]).toEqual(['string', 'number']);
    image.typeOfRuntimeType(pc);
  }
  for (const name of ['main.main', 'runtime.g', 'runtime.allgs', 'fmt::x']) {
    image.functionsNamed(name);
    image.symbolsNamed(name);
    image.globalNamed(name);
    image.typeNamed(name);
  }
  image.addressesOf('main.go', 10);
  for (const problem of image.problems) expect(problem).not.toContain('\n');
}

describe.skipIf(why)(`corrupt Go programs${why ? ` (skipped: ${why})` : ''}`, () => {
  const original = () => readFileSync(buildGo('hello'));
  const stripped = () => readFileSync(buildGo('hello', { ldflags: '-s -w' }));

  /** File ranges of what readers trust, by section name. */
  function places(bytes: Uint8Array): { name: string; start: number; size: number }[] {
    const elf = new Elf(bytes, 'hello', nodePorts.unpack);
    const sections = elf.sections.filter(
      s => /gopclntab|module|buildinfo|symtab|strtab|typelink|noptrdata|rodata/.test(s.name) && s.size > 0,
    );
    const headers = { name: 'headers', start: 0, size: 0x400 };
    const section = (name: string, size?: number) => {
      const found = elf.sectionNamed(name)!;
      return { name: `${name} start`, start: found.offset, size: Math.min(size ?? found.size, found.size) };
    };
    return [
      headers,
      section('.gopclntab', 72),
      section('.go.module'),
      ...sections.map(s => ({ name: s.name, start: s.offset, size: s.size })),
    ];
  }

  function probe(bytes: Uint8Array): void {
    let image: Image;
    try {
      image = openImage(bytes, 'hello', 0n, nodePorts.unpack);
    } catch (error) {
      expect(error).toBeInstanceOf(FormatError);
      expect((error as Error).message).toMatch(/^hello: .*$/);
      return;
    }
    const text = image.segments.find(s => s.prot & 4)?.start ?? 0n;
    const types = image.segments[1]?.start ?? 0n;
    ask(image, [image.entry, text + 0x1000n, text + 0x60000n, text + 0x85000n, types + 0x1000n, types + 0x5000n]);
  }

  it('are asked everything when sound', () => {
    const image = openImage(original(), 'hello', 0n, nodePorts.unpack);
    ask(image, [image.entry, image.functionsNamed('main.main')[0]!.entry]);
    expect(image.problems).toEqual([]);
  });

  it.each([
    ['with symbols and DWARF', original],
    ['stripped', stripped],
  ])('never make r14 fail or hang, whatever bytes change: %s', (_, read) => {
    const sound = read();
    const where = places(sound);
    const change = fc.record({
      place: fc.nat(where.length - 1),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      value: fc.constantFrom(0, 1, 0x7f, 0x80, 0xff),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 20 }), changes => {
        const bytes = Buffer.from(sound);
        for (const { place, at, value } of changes) {
          const { start, size } = where[place]!;
          bytes[start + Math.floor(at * (size - 1))] = value;
        }
        probe(bytes);
      }),
      { numRuns: 60 },
    );
  });

  it('are opened as far as the rest goes when they are cut short', () => {
    const sound = original();
    fc.assert(
      fc.property(fc.nat(sound.length), length => probe(sound.subarray(0, length))),
      { numRuns: 60 },
    );
    const sections = new Elf(sound, 'hello', nodePorts.unpack).sections;
    const cut = openImage(sound.subarray(0, sections.find(s => s.name === '.debug_info')!.offset + 10), 'hello', 0n, nodePorts.unpack);
    expect(cut.functionsNamed('main.main').length).toBe(1);
    expect(cut.problems).not.toEqual([]);
  });

  it('lose only their Go functions with a bad gopclntab', () => {
    const sound = original();
    const section = new Elf(sound, 'hello', nodePorts.unpack).sectionNamed('.gopclntab')!;
    const bytes = Buffer.from(sound);
    bytes.fill(0xff, section.offset + 8, section.offset + 16);
    const image = openImage(bytes, 'hello', 0n, nodePorts.unpack);
    const main = image.functionsNamed('main.main')[0]!;
    expect(main.source).toBe('dwarf');
    expect(image.lineAt(main.entry)?.file).toMatch(/hello\/main\.go$/);
    expect(image.problems.join()).toContain('gopclntab');
  });

  it('have their tables found without section names', () => {
    const sound = stripped();
    const bytes = Buffer.from(sound);
    bytes.fill(0, 40, 48);
    bytes.fill(0, 60, 64);
    const image = openImage(bytes, 'hello', 0n, nodePorts.unpack);
    expect(image.go?.version).toMatch(/^go1\./);
    const main = image.functionsNamed('main.main')[0]!;
    expect(image.lineAt(main.entry)?.file).toMatch(/hello\/main\.go$/);
    expect(image.functionsNamed('runtime.mcall')[0]!.funcID).toBe('mcall');
    expect([...image.typeNames()].length).toBeGreaterThan(100);
  });
});
