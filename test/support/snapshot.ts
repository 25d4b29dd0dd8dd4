/** A native process stopped under gdb, kept as its memory and registers: something to evaluate expressions in without the emulator. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { MemoryFault } from '../../src/cpu/api.js';

export interface SnapshotFrame {
  readonly function: string;
  readonly pc: bigint;
  readonly cfa: bigint;
  readonly registers: ReadonlyMap<string, bigint>;
}

export interface Snapshot {
  read(address: bigint, length: number): Uint8Array;
  write(address: bigint, bytes: Uint8Array): void;
  readonly frames: readonly SnapshotFrame[];
}

/** Keeps the pages that are not all zero; the file is a list of {address u64, 4096 bytes}, the mapped ranges go to the JSON beside it. */
const SCRIPT = `
import gdb, json, struct
gdb.execute('set pagination off')
gdb.execute('set confirm off')
gdb.execute('handle SIGURG nostop noprint pass')
for command in COMMANDS: gdb.execute(command, to_string=True)
pid = gdb.selected_inferior().pid
MASK = (1 << 64) - 1
NAMES = ['rax','rcx','rdx','rbx','rsp','rbp','rsi','rdi'] + ['r%d' % i for i in range(8, 16)] + ['rip', 'eflags', 'fs_base']
def number(frame, name): return int(frame.read_register(name)) & MASK
frames = []
frame = gdb.newest_frame()
while frame is not None and len(frames) < 20:
    older = frame.older()
    registers = {name: hex(number(frame, name)) for name in NAMES}
    if not frames:
        for i in range(16):
            lanes = frame.read_register('xmm%d' % i)['v2_int64']
            registers['xmm%d' % i] = hex((int(lanes[0]) & MASK) | ((int(lanes[1]) & MASK) << 64))
    cfa = number(older, 'rsp') if older else 0
    frames.append({'function': frame.name() or '', 'pc': hex(frame.pc()), 'cfa': hex(cfa), 'registers': registers})
    frame = older
ranges = []
zero = bytes(4096)
with open(OUT + '.pages', 'wb') as out, open('/proc/%d/mem' % pid, 'rb', 0) as mem:
    for line in open('/proc/%d/maps' % pid):
        span, prot = line.split()[:2]
        low, high = (int(part, 16) for part in span.split('-'))
        if prot[0] != 'r' or high - low > (1 << 28) or '[v' in line: continue
        ranges.append([hex(low), hex(high)])
        for at in range(low, high, 1 << 20):
            mem.seek(at)
            chunk = mem.read(min(1 << 20, high - at))
            for offset in range(0, len(chunk), 4096):
                page = chunk[offset:offset + 4096]
                if page != zero[:len(page)]: out.write(struct.pack('<Q', at + offset) + page)
json.dump({'frames': frames, 'ranges': ranges}, open(OUT + '.json', 'w'))
gdb.execute('kill')
`;

const PAGE = 4096;

interface Facts {
  frames: { function: string; pc: string; cfa: string; registers: Record<string, string> }[];
  ranges: [string, string][];
}

/** Runs gdb's commands (`run`, `break main.f`) on the program, and keeps the state they end in. Made once for a program and commands. */
export function takeSnapshot(program: string, commands: readonly string[] = ['run'], label = 'stop'): Snapshot {
  const directory = join(program, '../../snapshots');
  mkdirSync(directory, { recursive: true });
  const out = join(directory, `${basename(program)}-${label}`);
  if (!existsSync(`${out}.json`)) {
    const temporary = `${out}.${process.pid}`;
    const script = `${temporary}.py`;
    writeFileSync(script, `COMMANDS=${JSON.stringify(commands)}\nOUT=${JSON.stringify(temporary)}\n${SCRIPT}`);
    execFileSync('gdb', ['-nx', '-batch', '-x', script, program], { stdio: ['ignore', 'pipe', 'pipe'], timeout: 120_000 });
    renameSync(`${temporary}.pages`, `${out}.pages`);
    renameSync(`${temporary}.json`, `${out}.json`);
  }
  return load(out);
}

function load(path: string): Snapshot {
  const bytes = readFileSync(`${path}.pages`);
  const { frames, ranges } = JSON.parse(readFileSync(`${path}.json`, 'utf8')) as Facts;
  const pages = new Map<bigint, Uint8Array>();
  for (let at = 0; at < bytes.length; at += 8 + PAGE) pages.set(bytes.readBigUInt64LE(at), bytes.subarray(at + 8, at + 8 + PAGE));
  const spans = ranges.map(([low, high]) => [BigInt(low), BigInt(high)] as const);
  const pageAt = (address: bigint, access: 'read' | 'write'): Uint8Array => {
    const page = pages.get(address);
    if (page) return page;
    if (!spans.some(([low, high]) => address >= low && address < high)) throw new MemoryFault(address, access);
    const fresh = new Uint8Array(PAGE);
    pages.set(address, fresh);
    return fresh;
  };
  const each = (
    address: bigint,
    length: number,
    access: 'read' | 'write',
    visit: (page: Uint8Array, from: number, at: number, count: number) => void,
  ): void => {
    for (let done = 0; done < length; ) {
      const at = address + BigInt(done);
      const from = Number(at % BigInt(PAGE));
      const count = Math.min(length - done, PAGE - from);
      visit(pageAt(at - BigInt(from), access), from, done, count);
      done += count;
    }
  };
  return {
    read(address, length) {
      const out = new Uint8Array(length);
      each(address, length, 'read', (page, from, at, count) => out.set(page.subarray(from, from + count), at));
      return out;
    },
    write(address, given) {
      each(address, given.length, 'write', () => undefined);
      each(address, given.length, 'write', (page, from, at, count) => page.set(given.subarray(at, at + count), from));
    },
    frames: frames.map(({ function: name, pc, cfa, registers }) => ({
      function: name,
      pc: BigInt(pc),
      cfa: BigInt(cfa),
      registers: new Map(Object.entries(registers).map(([key, value]) => [key, BigInt(value)])),
    })),
  };
}
