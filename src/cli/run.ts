import { readFileSync } from 'node:fs';
import { elfBytes } from '../asm/elf.js';
import type { Assembled } from '../asm/program.js';
import type { Process, ProcessStop } from '../linux/api.js';
import { startProcess } from '../linux/process.js';
import { numberFlag, type Parsed } from './flags.js';
import { processOptions } from './launcher.js';
import { writeOut } from './output.js';

/** Instructions between two looks at Ctrl-C. */
const SLICE = 20_000_000;

/** `r14 run`: the program's output and status. Returns the status. `ended` is told of the process at the end. */
export async function runProgram(parsed: Parsed, path: string, assembled?: Assembled, ended?: (process: Process) => void): Promise<number> {
  const started = performance.now();
  const limit = numberFlag(parsed, 'limit', 1) ?? Number.POSITIVE_INFINITY;
  const process = startProcess({
    ...processOptions(parsed, path, { stdout: bytes => writeOut(1, bytes), stderr: bytes => writeOut(2, bytes), stdin: standardInput() }),
    ...(assembled === undefined ? {} : { program: elfBytes(assembled) }),
  });
  process.catch = { signals: new Set() };
  let status: number | undefined;
  while (status === undefined) {
    const budget = Math.min(SLICE, limit - process.t);
    if (budget <= 0) {
      writeOut(2, `r14: stopped after ${limit} instructions (--limit)\n`);
      status = 124;
      break;
    }
    const stop = process.run({ budget });
    status = statusOf(stop, process.cpu.registers.rip);
    if (stop.kind === 'budget') await new Promise(resolve => setImmediate(resolve));
  }
  ended?.(process);
  if (parsed.values.has('stats')) {
    const seconds = (performance.now() - started) / 1000;
    const { t, syscallCount, memory } = process;
    const rss = globalThis.process.memoryUsage.rss();
    const stats = { instructions: t, seconds, exit: status, syscalls: syscallCount, pages: memory.touchedPages, rss };
    writeOut(2, `${JSON.stringify(stats)}\n`);
  }
  return status;
}

/** The exit status that a stop means; undefined: go on. */
function statusOf(stop: ProcessStop, rip: bigint): number | undefined {
  const at = `at 0x${rip.toString(16)}`;
  switch (stop.kind) {
    case 'exited':
      return stop.status;
    case 'unsupported': {
      const bytes = [...stop.bytes].map(byte => byte.toString(16).padStart(2, '0')).join(' ');
      writeOut(2, `r14: ${at}: ${stop.text} (${bytes}) is not in r14's instruction table\n`);
      return 125;
    }
    case 'memory-limit':
      writeOut(2, `r14: ${at}: the program would touch more memory than --memory allows\n`);
      return 125;
    case 'deadlock':
      writeOut(2, 'r14: deadlock: every thread of the program waits, and no timer is due\n');
      return 125;
    default:
      return undefined;
  }
}

/** All of standard input, unless a terminal or nothing is there. */
function standardInput(): Uint8Array {
  if (process.stdin.isTTY) return new Uint8Array();
  try {
    return readFileSync(0);
  } catch {
    return new Uint8Array();
  }
}
