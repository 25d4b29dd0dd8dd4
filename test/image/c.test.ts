import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Image } from '../../src/image/api.js';
import { Images } from '../../src/image/images.js';
import { buildC, missing } from '../support/build.js';
import { objdumpStubs, open, readelfLoads, readelfSymbols } from './support.js';

const why = missing('gcc');
const skipped = why ? ` (skipped: ${why})` : '';
const BIAS = 0x5555_5555_4000n;

/** Symbols that readelf shows and the image lacks, or has otherwise. */
function differences(image: Image, path: string): string[] {
  const wrong: string[] = [];
  const tables = readelfSymbols(path);
  const table = tables.some(symbol => symbol.table === '.symtab') ? '.symtab' : '.dynsym';
  for (const { name, address, size, kind, table: from } of tables) {
    if (from !== table || !name || ['SECTION', 'FILE', 'TLS'].includes(kind)) continue;
    const found = image.symbolsNamed(name).find(symbol => symbol.address === address + image.bias && symbol.size === size);
    if (!found) wrong.push(`no ${name}`);
    if (kind !== 'FUNC' || size === 0) continue;
    const func = image.functionAt(address + image.bias);
    if (func?.entry !== address + image.bias) wrong.push(`${name} is in ${func?.linkName}`);
    const at = image.symbolAt(address + image.bias + BigInt(size - 1));
    if (at?.symbol.address !== address + image.bias || at.offset !== size - 1)
      wrong.push(`the end of ${name} is in ${at?.symbol.linkName}`);
  }
  return wrong;
}

describe.skipIf(why)(`C programs${skipped}`, () => {
  it.each([
    ['dynamic', {}],
    ['static', { static: true }],
    ['with zlib sections', { flags: ['-O1', '-g', '-gz=zlib'] }],
    ['with .zdebug sections', { flags: ['-O1', '-g', '-Wa,--compress-debug-sections=zlib-gnu', '-gz=zlib-gnu'] }],
    ['stripped', { flags: ['-O1', '-s'] }],
  ])('%s: have the segments and symbols of readelf', (_, options) => {
    const path = buildC('sorting', options);
    const image = open(path, options && 'static' in options ? 0n : BIAS);
    expect(image.segments.map(s => [s.fileOffset, s.start - image.bias, s.fileSize, s.memorySize])).toEqual(
      readelfLoads(path).map(load => load.slice(0, 4)),
    );
    expect(differences(image, path)).toEqual([]);
    expect(image.go).toBeUndefined();
    expect(image.problems).toEqual([]);
  });

  it.each([
    ['plain', ['-O1', '-g']],
    ['with zlib sections', ['-O1', '-g', '-gz=zlib']],
  ])('%s: have functions, lines and frames from DWARF', (_, flags) => {
    const image = open(buildC('sorting', { flags }), BIAS);
    const main = image.functionsNamed('main')[0]!;
    expect(main).toMatchObject({ name: 'main', linkName: 'main', source: 'dwarf', language: 'c' });
    expect(main.file).toMatch(/sorting\.c$/);
    const line = image.lineAt(main.entry)!;
    expect(line.line).toBe(main.line);
    expect(image.addressesOf('sorting.c', line.line)).toContain(image.afterPrologue(main));
    expect(image.unwindAt(main.entry)).toMatchObject({ cfa: { register: 7, offset: 8 }, how: 'cfi' });
    expect([...image.statementsIn(main.entry, main.end)].length).toBeGreaterThan(3);
    expect(image.inlineFrames(main.entry).at(-1)).toMatchObject({ name: 'main', inlined: false });
  });

  const packs = spawnSync('objcopy', ['--help'], { encoding: 'utf8' }).stdout?.includes('zstd') === true;
  it.skipIf(!packs)(`with zstd sections: have the same lines${packs ? '' : ' (skipped: no objcopy that makes them)'}`, () => {
    const path = buildC('sorting');
    const folder = mkdtempSync(join(tmpdir(), 'r14-zstd-'));
    const packed = join(folder, 'sorting');
    execFileSync('objcopy', ['--compress-debug-sections=zstd', path, packed]);
    const [plain, image] = [open(path, BIAS), open(packed, BIAS)];
    rmSync(folder, { recursive: true });
    const main = image.functionsNamed('main')[0]!;
    expect(main.source).toBe('dwarf');
    const statements = (of: Image) => [...of.statementsIn(main.entry, main.end)];
    expect(statements(image)).toEqual(statements(plain));
    expect(image.problems).toEqual([]);
  });

  it('have stubs named as objdump names them', () => {
    const path = buildC('sorting', {});
    const image = open(path, BIAS);
    const listed = [...objdumpStubs(path)].filter(([, name]) => !name.startsWith('*'));
    expect(listed.length).toBeGreaterThan(1);
    expect(listed.map(([address]) => image.symbolAt(address + BIAS + 5n)?.symbol.name)).toEqual(listed.map(([, name]) => name));
    const [address, name] = listed[0]!;
    expect(image.functionsNamed(name)[0]?.entry).toBe(address + BIAS);
  });

  it('have frames from .eh_frame when they are stripped', () => {
    const image = open(buildC('sorting', { flags: ['-O1', '-s'] }), BIAS);
    expect(image.unwindAt(image.entry)?.how).toBe('cfi');
    expect(image.functionAt(image.entry)).toBeUndefined();
  });
});

const LIBC = '/lib/x86_64-linux-gnu/libc.so.6';

describe.skipIf(!existsSync(LIBC))(`a library${existsSync(LIBC) ? '' : ' (skipped: no libc.so.6)'}`, () => {
  it.skipIf(why)(`has its dynamic symbols${skipped}`, () => {
    const image = open(LIBC, 0x7fff_f7d0_0000n);
    expect(differences(image, LIBC).slice(0, 5)).toEqual([]);
    expect(image.functionsNamed('qsort')[0]).toMatchObject({ name: 'qsort', source: 'symtab', language: 'c' });
  });

  it('is found beside others by address', () => {
    const images = new Images();
    const program = open(process.execPath, 0x1000n * BigInt(readFileSync(process.execPath)[16]! - 2));
    const library = open(LIBC, 0x7fff_f7d0_0000n);
    images.add(program);
    images.add(library);
    const qsort = images.functionsNamed('qsort').at(-1)!;
    expect(images.at(qsort.entry)).toBe(library);
    expect(images.functionAt(qsort.entry + 1n)).toEqual(qsort);
    expect(images.at(program.entry)).toBe(program);
    expect(images.at(1n)).toBeUndefined();
    expect(images.functionAt(1n)).toBeUndefined();
    expect(images.goImage).toBeUndefined();
  });
});
