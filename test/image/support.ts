/** What the host's own tools say of a binary. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { nodePorts } from '../../src/host/node/ports.js';
import type { Image } from '../../src/image/api.js';
import { openImage } from '../../src/image/image.js';
import { type Toolchain, toolchain } from '../support/build.js';

export const open = (path: string, bias = 0n): Image => openImage(readFileSync(path), path, bias, nodePorts.unpack);

function output(command: string, args: readonly string[], input?: string): string {
  return execFileSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28, ...(input === undefined ? {} : { input }) });
}

export interface ListedSymbol {
  readonly address: bigint;
  readonly size: number;
  readonly kind: string;
  readonly name: string;
}

/** `go tool nm`: symbols with an address. */
export function goNm(go: Toolchain, path: string): ListedSymbol[] {
  return output(toolchain(go)!.go, ['tool', 'nm', '-size', path])
    .split('\n')
    .flatMap(line => {
      const match = /^\s*([0-9a-f]+)\s+(\d+)\s+(\S) (.*)$/.exec(line);
      return match ? [{ address: BigInt(`0x${match[1]}`), size: Number(match[2]), kind: match[3]!, name: match[4]! }] : [];
    });
}

/** Newer tools read the binaries of older ones better: Go 1.19's finds no lines in a PIE. */
const newest = (go: Toolchain) => (toolchain('go1.26') ?? toolchain(go)!).go;

/** `go tool addr2line`: function and `file:line` of each address. */
export function goAddr2line(go: Toolchain, path: string, addresses: readonly bigint[]): { function: string; position: string }[] {
  const input = addresses.map(address => `0x${address.toString(16)}\n`).join('');
  const lines = output(newest(go), ['tool', 'addr2line', path], input).split('\n');
  return addresses.map((_, i) => ({ function: lines[2 * i]!, position: lines[2 * i + 1]! }));
}

/** `go tool objdump` of the functions that match: the address and `file:line` (base name) of each instruction. */
export function goObjdump(go: Toolchain, path: string, pattern: string): { address: bigint; position: string }[] {
  return output(newest(go), ['tool', 'objdump', '-s', pattern, path])
    .split('\n')
    .flatMap(line => {
      const match = /^\s+(\S+:\d+)\s+0x([0-9a-f]+)\s/.exec(line);
      return match ? [{ address: BigInt(`0x${match[2]}`), position: match[1]! }] : [];
    });
}

/** `readelf -sW`: the entries of the symbol tables that have a section. */
export function readelfSymbols(path: string): (ListedSymbol & { table: string })[] {
  let table = '';
  return output('readelf', ['-sW', path])
    .split('\n')
    .flatMap(line => {
      table = /^Symbol table '(\S+)'/.exec(line)?.[1] ?? table;
      const match = /^\s*\d+: ([0-9a-f]+)\s+(\S+) (\S+)\s+\S+\s+\S+\s+(\S+) (\S+)/.exec(line);
      if (!match || match[4] === 'UND' || match[4] === 'ABS') return [];
      return [{ table, address: BigInt(`0x${match[1]}`), size: Number(match[2]), kind: match[3]!, name: match[5]!.replace(/@.*/, '') }];
    });
}

/** `readelf -lW`: PT_LOAD as [file offset, address, file size, memory size, flags]. */
export function readelfLoads(path: string): [number, bigint, number, bigint, string][] {
  return output('readelf', ['-lW', path])
    .split('\n')
    .flatMap(line => {
      const match = /^\s+LOAD\s+0x(\S+) 0x(\S+) 0x\S+ 0x(\S+) 0x(\S+) (.{3})/.exec(line);
      if (!match) return [];
      const [offset, address, fileSize, memorySize] = match.slice(1, 5).map(text => Number.parseInt(text!, 16)) as [
        number,
        number,
        number,
        number,
      ];
      return [[offset, BigInt(address), fileSize, BigInt(memorySize), match[5]!.replaceAll(' ', '')]];
    });
}

/** `objdump -d`: the stubs of the procedure linkage table. */
export function objdumpStubs(path: string): [bigint, string][] {
  return output('objdump', ['-d', path])
    .split('\n')
    .flatMap(line => {
      const match = /^([0-9a-f]+) <(\S+@plt)>:$/.exec(line);
      return match ? [[BigInt(`0x${match[1]}`), match[2]!]] : [];
    });
}
