import { describe, expect, it } from 'vitest';
import { Elf } from '../../src/image/elf/elf.js';
import { readBuildInfo } from '../../src/image/go/buildinfo.js';

const BASE = 0x400000;
const DATA = 0x1000;

/** A program of a header page and a writable page that begins with `data`; no sections. */
function program(data: Buffer): Elf {
  const file = Buffer.alloc(DATA + 0x1000);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  file.writeUInt16LE(2, 16);
  file.writeUInt16LE(62, 18);
  file.writeBigUInt64LE(BigInt(BASE), 24);
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(1, 56);
  file.writeUInt32LE(1, 64);
  file.writeUInt32LE(6, 68);
  file.writeBigUInt64LE(BigInt(DATA), 72);
  file.writeBigUInt64LE(BigInt(BASE + DATA), 80);
  file.writeBigUInt64LE(0x1000n, 96);
  file.writeBigUInt64LE(0x1000n, 104);
  data.copy(file, DATA);
  return new Elf(file, 'x');
}

const MAGIC = Buffer.from('\xff Go buildinf:', 'latin1');
const FRAME = Buffer.alloc(16, 0xa5);
const framed = (text: string) => Buffer.concat([FRAME, Buffer.from(text), FRAME]);

function varint(value: number): Buffer {
  return value < 0x80 ? Buffer.from([value]) : Buffer.from([(value & 0x7f) | 0x80, value >> 7]);
}

/** The form since Go 1.18: the strings follow. */
function inline(version: string, modules: string): Buffer {
  const text = framed(modules);
  const header = Buffer.concat([MAGIC, Buffer.from([8, 2]), Buffer.alloc(16)]);
  return Buffer.concat([header, varint(version.length), Buffer.from(version), varint(text.length), text]);
}

/** The form before: pointers to Go strings. */
function pointers(version: string, modules: string): Buffer {
  const blob = Buffer.alloc(0x800);
  MAGIC.copy(blob);
  blob[14] = 8;
  const text = framed(modules);
  const at = (offset: number) => BigInt(BASE + DATA + offset);
  blob.writeBigUInt64LE(at(0x40), 16);
  blob.writeBigUInt64LE(at(0x50), 24);
  blob.writeBigUInt64LE(at(0x100), 0x40);
  blob.writeBigUInt64LE(BigInt(version.length), 0x48);
  blob.writeBigUInt64LE(at(0x200), 0x50);
  blob.writeBigUInt64LE(BigInt(text.length), 0x58);
  blob.write(version, 0x100);
  text.copy(blob, 0x200);
  return blob;
}

const MODULES =
  'path\texample.org/cmd\nmod\texample.org\t(devel)\t\nbuild\t-race=true\nbuild\t-ldflags="-X \\"a=b\\""\nbuild\tGOAMD64=v2\n';

describe('Go build information', () => {
  it.each([
    ['inline', inline],
    ['by pointers', pointers],
  ])('is read %s, without section names', (_, make) => {
    const elf = program(Buffer.concat([Buffer.alloc(48), make('go1.17.3', MODULES)]).subarray(make === pointers ? 48 : 0));
    const build = readBuildInfo(elf);
    expect(build?.version).toBe('go1.17.3');
    expect(build?.path).toBe('example.org/cmd');
    expect([...build!.settings]).toEqual([
      ['-race', 'true'],
      ['-ldflags', '-X "a=b"'],
      ['GOAMD64', 'v2'],
    ]);
    expect(elf.problems).toEqual([]);
  });

  it('may be without modules', () => {
    const build = readBuildInfo(program(inline('go1.22.1', '')));
    expect(build).toMatchObject({ version: 'go1.22.1', path: '' });
    expect(build!.settings.size).toBe(0);
  });

  it('that is corrupt is a problem, not an error', () => {
    const blob = inline('go1.22.1', MODULES);
    blob.fill(0xff, 32, 40);
    const elf = program(blob);
    expect(readBuildInfo(elf)).toBeUndefined();
    expect(elf.problems.join()).toMatch(/^Go build information: /);
    const wild = pointers('go1.17', MODULES);
    wild.writeBigUInt64LE(0xffff_ffff_ffffn, 16);
    expect(readBuildInfo(program(wild))).toBeUndefined();
  });

  it('is absent from other programs', () => {
    expect(readBuildInfo(program(Buffer.alloc(64)))).toBeUndefined();
  });
});
