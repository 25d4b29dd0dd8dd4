/** Files that mean no good to who looks at them: what they name, how large they become, how deep they go. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readText } from '../../src/cli/read-text.js';
import { nodePorts } from '../../src/host/node/ports.js';
import { readRegular } from '../../src/host/node/regular.js';
import { demangle } from '../../src/image/demangle/demangle.js';
import { decompressSection } from '../../src/image/elf/compression.js';
import { missing } from '../support/build.js';
import { debug } from '../support/debug.js';
import { session } from '../support/session.js';

const why = missing('gcc');
const DEPTH = 3000;

describe.skipIf(why)(`files that mean no good${why ? ` (skipped: ${why})` : ''}`, () => {
  let folder = '';
  const at = (name: string): string => join(folder, name);
  const build = (name: string, source: string): string => {
    writeFileSync(at(`${name}.c`), source);
    execFileSync('gcc', ['-g', '-O0', '-w', '-o', at(name), at(`${name}.c`)]);
    return at(name);
  };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'r14-no-good-'));
    execFileSync('mkfifo', [at('pipe')]);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are read when they are files, and as far as they may be', () => {
    writeFileSync(at('file'), 'text');
    expect(readRegular(at('file'), 4).toString()).toBe('text');
    expect(() => readRegular(at('file'), 3)).toThrow('larger than');
    for (const name of [at('pipe'), '/dev/zero'])
      expect(() => readRegular(name, 1000)).toThrow('it is a device, pipe or socket, not a file');
    expect(() => readRegular(folder, 1000)).toThrow('it is a directory');
    expect(() => readText(at('pipe'), true)).toThrow(`${at('pipe')}: it is a device, pipe or socket, not a file`);
  });

  it.each(['pipe', '/dev/zero'])('a source that is called %s holds nobody up', name => {
    const file = name.startsWith('/') ? name : at(name);
    const program = build('source', `#line 1 "${file}"\nint main(void) { return 0; }\n`);
    const { answers } = session(program, ['break main', 'continue', 'list']);
    expect(answers.map(({ output }) => output).join('\n')).toContain('breakpoint 1 in main');
  });

  it('values that hold values that hold values end', async () => {
    const s = debug(build('cube', 'int cube[64][64][64][64]; char text[1 << 20]; int main(void) { cube[0][0][0][1] = 3; return 0; }'));
    await s.text('break main');
    await s.text('continue');
    await s.text('next');
    const shown = await s.text('p cube');
    expect(shown.startsWith('{{{{0, 3, 0 <repeats 62 times>}')).toBe(true);
    expect(shown.length).toBeLessThan(1 << 22);
    expect(await s.text('p text')).toMatch(/^'\\000' <repeats \d+ times>\.\.\.$/);
  });

  it('types that lie deep in each other are told as far as they go', async () => {
    const structs = Array.from({ length: DEPTH }, (_, i) => (i === 0 ? 'struct s0 { int x; };' : `struct s${i} { struct s${i - 1} v; };`));
    const names = Array.from({ length: DEPTH }, (_, i) => (i === 0 ? 'typedef int t0;' : `typedef t${i - 1} t${i};`));
    const s = debug(
      build(
        'deep',
        `${structs.join('\n')}\n${names.join('\n')}\nstruct s${DEPTH - 1} deep; t${DEPTH - 1} named; t400 few = 7;\nint main(void) { return 0; }`,
      ),
    );
    await s.text('break main');
    await s.text('continue');
    expect(await s.text('p few')).toBe('7');
    expect(await s.text('whatis deep')).toBe(`struct s${DEPTH - 1}`);
    await s.text('p deep');
    await s.text('p named');
    const { images } = s.session.target;
    expect(images.all.flatMap(image => image.problems).join('\n')).toContain('more than 500 deep in each other');
  });
});

describe('what stands for more than it is', () => {
  it('is no debug information when it becomes sixty times as large', () => {
    const packed = deflateSync(Buffer.alloc(64 << 20));
    const header = Buffer.alloc(24);
    header.writeUInt32LE(1);
    header.writeBigUInt64LE(BigInt(64 << 20), 8);
    expect(() => decompressSection(Buffer.concat([header, packed]), '.debug_info', nodePorts.unpack)).toThrow(
      /^\.debug_info: \d+ bytes that become 67108864 are no debug information/,
    );
  });

  it('is no name when it doubles with each letter pair', () => {
    const bomb = `_Z1f1aI${'S_S_'.repeat(3)}E${Array.from({ length: 36 }, (_, i) => `1bIS${i.toString(36).toUpperCase()}_S${i.toString(36).toUpperCase()}_E`).join('')}`;
    expect(demangle(bomb).length).toBeLessThan(20 * bomb.length + 2048);
    expect(demangle('_Z1fISt6vectorIiSaIiEES2_EvT_T0_')).toContain('std::vector<int, std::allocator<int> >');
  });
});
