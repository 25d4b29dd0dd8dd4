/**
 * Inputs that mean no good, until time is up: `npm run fuzz -- --syscalls | --elf | --text | --gdb | --dap [--seed N] [--seconds S]`; without one of these,
 * instructions on the host's own CPU and on r14. Prints its seed, and exits 1 when something was wrong.
 */
import { type Fuzzed, fuzz } from './fuzzed.js';

function number(name: string, fallback: number): number {
  const at = process.argv.indexOf(`--${name}`);
  const value = at < 0 ? fallback : Number(process.argv[at + 1]);
  if (!Number.isFinite(value) || value < 0) throw new Error(`--${name} wants a number, not '${process.argv[at + 1]}'`);
  return value;
}

const FUZZERS: Readonly<Record<string, () => Promise<Fuzzed<never>>>> = {
  syscalls: async () => (await import('./syscalls.js')).syscalls as Fuzzed<never>,
  elf: async () => (await import('./elf.js')).elf as Fuzzed<never>,
  text: async () => (await import('./text.js')).text as Fuzzed<never>,
  gdb: async () => (await import('./gdb.js')).gdb as Fuzzed<never>,
  dap: async () => (await import('./dap.js')).dap as Fuzzed<never>,
};

const given = Object.keys(FUZZERS).find(name => process.argv.includes(`--${name}`));
if (given === undefined) await import('../vectors/fuzz.js');
else {
  const seed = number('seed', Date.now() % 0x1_0000_0000);
  const seconds = number('seconds', 30);
  console.log(`seed ${seed}, ${seconds} s`);
  process.exitCode = (await fuzz(await FUZZERS[given]!(), seed, seconds)) > 0 ? 1 : 0;
}
