/**
 * Regions of ten pieces of code, as text: changes of what is compiled are looked at as changes of these files (`npx vitest run test/jit -u`). That
 * the code is right, other tests say.
 */
import { beforeAll, expect, test } from 'vitest';
import { PROT } from '../../src/cpu/api.js';
import { Machine } from '../../src/cpu/cpu.js';
import { loadJit } from '../../src/cpu/tier.js';

const CODE = 0x401000n;
const DATA = 0x600000n;

/** By name, what `as` makes of the instructions that the listing shows; INT3 ends each. */
const PIECES: Readonly<Record<string, string>> = {
  loop_sum: '31c0480304cf48ffc975f7cc',
  carry_chain: '4801f04811fa4883d100cc',
  diamond: '4839f77c054889f8eb034889f04883c001cc',
  frame: '554889e54883ec2048897df84889742408488b442408c9cc',
  callee: 'e801000000cc488d4701c3',
  rotate: 'c1c0078b0f31c8894704cc',
  bytes: '88e300d70fbef30f94c1cc',
  vectors: 'f30f6f07660ffec1660f7ec0660fc4d0030f114710cc',
  floats: 'f2480f2ac0f20f58c1660f2ed07704f20f59c2cc',
  copy: 'f3a448ffc00f92c3cc',
};

beforeAll(loadJit);

test.each(Object.entries(PIECES))('%s', async (name, hex) => {
  const listings: string[] = [];
  // Not before the first run has linked the blocks.
  const tiers = { engine: 'jit', eager: true, warm: 1, onRegion: (_: string, text: string) => listings.push(text) } as const;
  const cpu = new Machine({ memory: 1 << 20, tiers });
  const { memory, registers } = cpu;
  memory.map(CODE, 4096n, PROT.read | PROT.exec);
  memory.write(CODE, Buffer.from(hex, 'hex'));
  memory.map(DATA, 0x4000n, PROT.read | PROT.write);
  const run = (order: 'less' | 'more') => {
    for (const register of ['rax', 'rdx', 'rbx'] as const) registers.set(register, 0x1234n);
    registers.set('rcx', 8n);
    registers.set('rdi', DATA + (order === 'less' ? 0n : 64n));
    registers.set('rsi', DATA + 32n);
    registers.set('rsp', DATA + 0x2000n);
    registers.rip = CODE;
    registers.mxcsr = 0x1fa0;
    return cpu.run(1000);
  };
  expect([run('less').kind, run('more').kind, run('less').kind]).toEqual(['fault', 'fault', 'fault']);
  expect(listings.length).toBeGreaterThan(0);
  await expect(listings.at(-1)!).toMatchFileSnapshot(`listings/${name}.txt`);
});
