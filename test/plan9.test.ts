import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Decoder, DecoderOptions } from 'iced-x86';
import { expect, test } from 'vitest';
import { plan9, type SymbolName } from '../src/asm/plan9.js';
import { nodePorts } from '../src/host/node/ports.js';
import { openImage } from '../src/image/image.js';
import { buildGo, missing } from './support/build.js';

const why = missing('go1.26');

/** Byte-sized register operands, which Go's disassembler prints with the suffix L. */
const BYTE_REGISTER = /^([A-Z]+)B (.*)$/;

/** Its displacements and bytes have no sign. */
const signed = (source: string) =>
  source.replace(
    /(?<!-)0x([89a-f][0-9a-f]{7})(?=\(|,|$)/g,
    (_, digits: string) => `-0x${(2 ** 32 - Number.parseInt(digits, 16)).toString(16)}`,
  );
const signedByte = (source: string) =>
  source.replace(/\$0x([89a-f][0-9a-f])(?=,|$)/, (_, digits: string) => `$-0x${(0x100 - Number.parseInt(digits, 16)).toString(16)}`);

test.skipIf(why)(`agrees with go tool objdump on the runtime's and a program's code${why ? ` (skipped: ${why})` : ''}`, () => {
  const path = buildGo('hello');
  const listing = execFileSync('go', ['tool', 'objdump', '-s', '^(main|runtime|fmt|sync)[./]', path], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const image = openImage(readFileSync(path), path, 0n, nodePorts.unpack);
  const names = new Map<bigint, Set<string>>();
  for (const { address, linkName } of image.symbols()) names.set(address, (names.get(address) ?? new Set()).add(linkName));
  const symbol: SymbolName = address => {
    const hit = image.symbolAt(address);
    return hit === undefined || hit.offset >= hit.symbol.size ? undefined : { name: hit.symbol.linkName, base: hit.symbol.address };
  };
  let total = 0;
  const wrong: string[] = [];
  for (const line of listing.split('\n')) {
    const match = /\s0x([0-9a-f]+)\s+([0-9a-f]+)\s+(.*?)\s*$/.exec(line);
    if (match === null) continue;
    total++;
    const decoder = new Decoder(64, Buffer.from(match[2]!, 'hex'), DecoderOptions.None);
    decoder.ip = BigInt(`0x${match[1]}`);
    const instruction = decoder.decode();
    const mine = plan9(instruction, symbol);
    instruction.free();
    decoder.free();
    const theirs = match[3]!;
    const symbolFree = (source: string) => source.replace(/[^\s,$]+\((SB|IP)\)/g, 'SYMBOL');
    const spellings = [theirs, signed(theirs), signedByte(theirs)].map(symbolFree);
    if (spellings.includes(symbolFree(mine)) || spellings.includes(symbolFree(mine.replace(BYTE_REGISTER, '$1L $2')))) continue;
    wrong.push(`${match[1]} ${theirs} | ${mine}`);
  }
  expect(total).toBeGreaterThan(100_000);
  // AVX is not decoded by all releases of Go's disassembler, and constants in text are code to neither.
  expect(wrong.length / total, wrong.slice(0, 40).join('\n')).toBeLessThan(0.002);
});
