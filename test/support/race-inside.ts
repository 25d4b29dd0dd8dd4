/** What gdb reads of ThreadSanitizer's state in a native process, with nothing of r14's but offsets; for the program `race-inside`. */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { GoToolchain } from './build.js';

/** Where gdb stops, and the variables whose shadow it reads. */
export const LOOKED = 'main.looked';
export const VARIABLES = ['word', 'bytes', 'both', 'count', 'shared'] as const;
/** Those that have a record of synchronisation. */
export const SYNCS = ['mutex', 'count'] as const;
/** On one processor, and without a clock's chance, goroutines take turns in one order: natively and under r14. */
export const SETTING = { GOMAXPROCS: '1', GODEBUG: 'asyncpreemptoff=1' } as const;

/** Offsets in Context (facts of the release), and of the clock in ThreadState. */
export interface Offsets {
  readonly registry: number;
  readonly syncSlabs: number;
  readonly clock: number;
}

export const offsetsOf = ({ language }: GoToolchain, level?: 'v3'): Offsets => ({
  ...(language === '1.19' ? { registry: 0xa00068, syncSlabs: 0x200020 } : { registry: 0xa00088, syncSlabs: 0x200030 }),
  clock: level === 'v3' ? 0x30 : 0x2c,
});

export interface GdbThread {
  readonly tid: number;
  readonly status: number;
  readonly sid: number;
  readonly epoch: number;
  /** Of all slots. */
  readonly clock: readonly number[];
}

export interface GdbFacts {
  readonly threads: readonly GdbThread[];
  /** Four words of each variable's shadow. */
  readonly cells: Readonly<Record<string, readonly number[]>>;
  /** Clocks of SyncVars, by variable. */
  readonly syncs: Readonly<Record<string, readonly number[]>>;
}

const SCRIPT = `
import gdb, json
gdb.execute('set pagination off')
gdb.execute('set confirm off')
gdb.execute('handle SIGURG nostop noprint pass')
for name, value in SETTING.items(): gdb.execute('set environment %s %s' % (name, value))
gdb.execute('set language c')
gdb.execute("break *(unsigned long)&'%s'" % LOOKED)
gdb.execute('run', to_string=True)
memory = gdb.selected_inferior().read_memory
def number(at, size): return int.from_bytes(bytes(memory(at, size)), 'little')
gdb.execute('set language c')
def symbol(name): return int(gdb.parse_and_eval("(unsigned long)&'%s'" % name))
context = number(symbol('__tsan::ctx'), 8)
registry = context + OFFSETS['registry']
threads = []
for tid in range(number(registry + 0x58, 8)):
    of = number(number(registry + 0x48, 8) + 8 * tid, 8)
    state = number(of + 0x90, 8)
    if state == 0: continue
    fast = number(state, 4)
    clock = [number(state + OFFSETS['clock'] + 2 * i, 2) for i in range(255)]
    threads.append({'tid': tid, 'status': number(of + 0x70, 4), 'sid': fast >> 8 & 255, 'epoch': fast >> 16 & 16383, 'clock': clock})
cells = {}
for name in VARIABLES:
    at = symbol('main.' + name) // 8 * 16 + 0x200000000000
    cells[name] = [number(at + 4 * i, 4) for i in range(4)]
syncs = {}
for name in SYNCS:
    address = symbol('main.' + name)
    word = number(0x300000000000 + address // 8 * 4, 4)
    while word & 0x80000000:
        index = word & 0x3fffffff
        sync = number(context + OFFSETS['syncSlabs'] + index // 1024 * 8, 8) + index % 1024 * 0x58
        if number(sync, 8) == address: syncs[name] = [number(number(sync + 0x50, 8) + 2 * i, 2) for i in range(255)]
        word = number(sync + 0x2c, 4)
with open(OUT, 'w') as f: json.dump({'threads': threads, 'cells': cells, 'syncs': syncs}, f)
gdb.execute('kill')
`;

/** Runs the program under gdb up to `LOOKED`. */
export function gdbFacts(binary: string, offsets: Offsets): GdbFacts {
  const base = `${binary}.${process.pid}`;
  const [script, out] = [`${base}.py`, `${base}.json`];
  const given = { SETTING, LOOKED, VARIABLES, SYNCS, OFFSETS: offsets, OUT: out };
  const head = Object.entries(given).map(([name, value]) => `${name} = ${JSON.stringify(value)}\n`);
  try {
    writeFileSync(script, head.join('') + SCRIPT);
    execFileSync('gdb', ['-nx', '-batch', '-x', script, binary], { stdio: ['ignore', 'pipe', 'pipe'], timeout: 120_000 });
    return JSON.parse(readFileSync(out, 'utf8')) as GdbFacts;
  } finally {
    rmSync(script, { force: true });
    rmSync(out, { force: true });
  }
}
