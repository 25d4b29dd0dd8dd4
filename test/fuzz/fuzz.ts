/**
 * Inputs that mean no good, until time is up: `npm run fuzz -- --syscalls | --elf | --text [--seed N] [--seconds S]`; without one of these,
 * instructions on the host's own CPU and on r14. Prints its seed, and exits 1 when something was wrong.
 */
import { fuzz } from './fuzzed.js';

function number(name: string, fallback: number): number {
  const at = process.argv.indexOf(`--${name}`);
  const value = at < 0 ? fallback : Number(process.argv[at + 1]);
  if (!Number.isFinite(value) || value < 0) throw new Error(`--${name} wants a number, not '${process.argv[at + 1]}'`);
  return value;
}

const given = ['syscalls', 'elf', 'text'].find(name => process.argv.includes(`--${name}`));
if (given === undefined) await import('../vectors/fuzz.js');
else {
  const seed = number('seed', Date.now() % 0x1_0000_0000);
  const seconds = number('seconds', 30);
  console.log(`seed ${seed}, ${seconds} s`);
  const failed =
    given === 'syscalls'
      ? await fuzz((await import('./syscalls.js')).syscalls, seed, seconds)
      : given === 'elf'
        ? await fuzz((await import('./elf.js')).elf, seed, seconds)
        : await fuzz((await import('./text.js')).text, seed, seconds);
  process.exitCode = failed > 0 ? 1 : 0;
}
