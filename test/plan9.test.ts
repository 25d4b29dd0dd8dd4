import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Decoder, DecoderOptions } from 'iced-x86';
import { expect, test } from 'vitest';
import { plan9, type SymbolName } from '../src/asm/plan9.js';
import { nodePorts } from '../src/host/node/ports.js';
import { openImage } from '../src/image/image.js';
import { buildGo, missing, moduleFolder } from './support/build.js';

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

const MODULE = 'golang.org/x/arch@v0.33.0';

/** Where Go's disassembler and r14 differ on purpose, or the decoders do; `theirs | mine`. */
const OTHERWISE: readonly (readonly [pattern: RegExp, because: string])[] = [
  [/^([A-Z]+)L (.*) \| \1B \2$/, 'Go says L of byte registers'],
  [/^(PUSH|POP)L (.*) \| \1Q \2$/, '64-bit code pushes 8 bytes'],
  [/^MOVL (.*) \| MOVQ \1$/, 'control and debug registers have 8'],
  [/^(IN|OUT)Q (.*) \| \1L \2$/, 'ports have at most 4, REX.W or not'],
  [/^CVTSI2SSW (.*) \| CVTSI2SSL \1$/, 'the source has at least 4'],
  [/^(?:REPN?E?; |[EDCFGS]S )/, 'prefixes that mean nothing there'],
  [/ \| invalid$/, 'iced-x86 does not take these bytes for an instruction'],
  [/^(?:error|RDRAND).* \| (?:VMPTRLD|ADC[LQ])/, 'their table is older'],
  [/^XSAVEOPT .* \| CLWB/, '66 0F AE /6 is CLWB'],
  // Without a pc they give the distance.
  [/^(\w+) \.[+-]\d+ \| \1 /, 'the target of a jump'],
];

const folder = why === undefined ? moduleFolder(MODULE) : undefined;
const absent = folder === undefined && process.env.CI !== 'true' ? `it needs Go and the module proxy (${MODULE})` : undefined;

test.skipIf(absent)(`agrees with the disassembler's own table${absent ? ` (skipped: ${absent})` : ''}`, () => {
  const rows = readFileSync(`${folder}/x86/x86asm/testdata/decode.txt`, 'utf8')
    .split('\n')
    .map(line => line.split('\t'));
  const wanted = rows.filter(([, mode, flavor]) => mode === '64' && flavor === 'plan9');
  const wrong: string[] = [];
  let same = 0;
  for (const [bytes, , , theirs] of wanted) {
    const decoder = new Decoder(64, Buffer.from(bytes!.replace('|', ''), 'hex'), DecoderOptions.None);
    const instruction = decoder.decode();
    const mine = instruction.isInvalid ? 'invalid' : plan9(instruction, () => undefined);
    instruction.free();
    decoder.free();
    const refused = mine === 'invalid' && /^error|Op\(0\)/.test(theirs!);
    if (mine === theirs || refused) same++;
    else if (!OTHERWISE.some(([pattern]) => pattern.test(`${theirs} | ${mine}`))) wrong.push(`${bytes} ${theirs} | ${mine}`);
  }
  expect(wanted.length).toBeGreaterThan(5700);
  expect(wrong).toEqual([]);
  expect(same / wanted.length).toBeGreaterThan(0.97);
});
