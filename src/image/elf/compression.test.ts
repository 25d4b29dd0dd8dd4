import * as zlib from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { nodePorts } from '../../host/node/ports.js';
import { FormatError } from '../bytes.js';
import { decompressLegacy, decompressSection } from './compression.js';

const { unpack } = nodePorts;
const contents = Buffer.from('debug information, '.repeat(50));

function section(type: number, size: number, packed: Uint8Array): Uint8Array {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(type);
  header.writeBigUInt64LE(BigInt(size), 8);
  header.writeBigUInt64LE(1n, 16);
  return Buffer.concat([header, packed]);
}

describe('compressed sections', () => {
  const packed = zlib.deflateSync(contents);

  it('are unpacked', () => {
    expect(Buffer.from(decompressSection(section(1, contents.length, packed), '.debug_info', unpack))).toEqual(contents);
    const size = Buffer.alloc(8);
    size.writeBigUInt64BE(BigInt(contents.length));
    const legacy = Buffer.concat([Buffer.from('ZLIB'), size, packed]);
    expect(Buffer.from(decompressLegacy(legacy, '.zdebug_info', unpack))).toEqual(contents);
    expect(decompressLegacy(contents, '.zdebug_info', unpack)).toBe(contents);
  });

  it.each([
    ['promise more than zlib can hold', section(1, 2 ** 40, packed), /cannot hold the 1099511627776/],
    ['hold more than they promise', section(1, 10, packed), /^\.x: does not decompress/],
    ['hold less than they promise', section(1, contents.length + 1, packed), /decompresses to 950 bytes, its header says 951/],
    ['are no zlib stream', section(1, 100, contents.subarray(0, 40)), /^\.x: does not decompress/],
    ['are of an unknown kind', section(7, 100, packed), /^\.x: compression type 7 is unknown/],
    ['end in their header', section(1, 100, packed).subarray(0, 20), /^\.x: /],
    ['are zstd and corrupt', section(2, 100, packed), /^\.x: does not decompress/],
  ])('that %s are refused', (_, bytes, message) => {
    expect(() => decompressSection(bytes, '.x', unpack)).toThrow(FormatError);
    expect(() => decompressSection(bytes, '.x', unpack)).toThrow(message);
  });

  it('are refused where nothing can unpack them', () => {
    expect(() => decompressSection(section(1, contents.length, packed), '.x', {})).toThrow(/^\.x: is compressed, and cannot be/);
    expect(() => decompressSection(section(2, contents.length, packed), '.x', {})).toThrow(/^\.x: is compressed with zstd/);
  });
});
