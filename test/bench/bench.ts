/**
 * The figures that r14 promises, beside native and qemu-user in the same run: `npm run bench [-- ROUNDS [--programs | --doors | --explore | --orders]]`, with --programs those beside
 * qemu-user alone, with --explore those of searches, with --orders the planted bugs of orders beside native runs, with --doors those of editors, gdb's protocol and core files. Medians. Every row is one command line, run as a user runs it, from the start of `node` to its end.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from '../../scripts/build.js';
import { INTEGER_REGISTERS } from '../../src/asm/syntax.js';
import { replayScript } from '../../src/runtime/race/replay.js';
import { millionEvents } from '../race/made.js';
import { buildC, buildGo, toolchain } from '../support/build.js';
import { buildRaceOracle } from '../support/race.js';
import { doors } from './doors.js';
import { growths } from './growing.js';
import { ordersSideBySide } from './orders.js';
import { besideOthers, programs } from './programs.js';
import { screenFigures } from './screens.js';
import { searching } from './searching.js';
import { median, million, printTable, qemu, r14, rounds, type Stats, time } from './timing.js';

function emulate(binary: string, args: readonly string[]): Stats & { wall: number } {
  const { seconds: wall, stderr } = time(process.execPath, [r14, 'run', '--stats', binary, '--', ...args]);
  const all = stderr.map(text => JSON.parse(text.trimEnd().split('\n').at(-1)!) as Stats);
  return { ...all[0]!, seconds: median(all.map(one => one.seconds)), rss: Math.max(...all.map(one => one.rss)), wall };
}

interface Row {
  what: string;
  figure: string;
  promised: string;
  native?: number;
  own?: number;
  qemu?: number;
}

const rows: Row[] = [];
const emulateQemu = (binary: string, args: readonly string[]) => (qemu ? time('qemu-x86_64', [binary, ...args]).seconds : undefined);

function running(what: string, binary: string, args: readonly string[], least: number): Stats & { wall: number } {
  const stats = emulate(binary, args);
  const native = time(binary, args).seconds;
  const rate = stats.instructions / stats.seconds;
  rows.push({
    what,
    figure: `${million(rate)} M instr/s (${million(stats.instructions)} M)`,
    promised: `>= ${least}`,
    native,
    own: stats.wall,
    qemu: emulateQemu(binary, args),
  });
  return stats;
}

const version = toolchain('go1.26') ? 'go1.26' : 'go1.19';
await build();
if (process.argv.includes('--doors')) {
  printTable([['', 'r14', 'promised'], ...(await doors(version)).map(({ what, figure, promised }) => [what, figure, promised])]);
  process.exit();
}
if (process.argv.includes('--programs')) {
  besideOthers(programs(version));
  process.exit();
}
if (process.argv.includes('--orders')) {
  printTable(ordersSideBySide(version));
  process.exit();
}
if (process.argv.includes('--explore')) {
  printTable([['', 'r14', 'promised'], ...(await searching(version)).map(({ what, figure, promised }) => [what, figure, promised])]);
  process.exit();
}
running('integer loop', buildC('loop', { static: true, flags: ['-O2'] }), ['30000000'], 100);

const hello = buildGo('hello', { toolchain: version, race: true });
// The race runtime sleeps for a second before it exits, natively and in qemu; here that time is virtual.
const started = running(`start-up of hello-race, ${version}`, hello, [], 40);
rows.push({ what: '`r14 run hello-race`, wall', figure: `${started.wall.toFixed(2)} s`, promised: '<= 0.8 s' });

const crash = buildGo('crash', { toolchain: version, race: true });
const fault = time(process.execPath, [r14, 'exec', '--batch', '-ex', 'continue', crash]).seconds;
rows.push({ what: 'crash-race to the fault', figure: `${fault.toFixed(2)} s`, promised: '<= 1.2 s' });

const large = join(toolchain(version)!.goroot, 'bin/go');
const size = (statSync(large).size / 2 ** 20).toFixed(0);
const prompt = time(process.execPath, [r14, 'exec', '--batch', large]).seconds;
rows.push({ what: `prompt of a ${size} MB Go binary`, figure: `${prompt.toFixed(2)} s`, promised: '<= 0.7 s' });
const help = time(process.execPath, [r14, '--help']).seconds;
rows.push({ what: '`r14 --help`', figure: `${help.toFixed(2)} s`, promised: '<= 0.15 s' });
const node = time(process.execPath, ['-e', '0']).seconds;
rows.push({ what: '(`node -e 0`)', figure: `${node.toFixed(2)} s`, promised: '' });
const LINES = 10_000;
/** No two functions have the same registers, offsets and constants. */
const body = (index: number): string => {
  const [first, second, third] = [0, 1, 2].map(next => INTEGER_REGISTERS.filter(name => name !== 'SP')[(index + next * 4) % 15]);
  return [
    `TEXT ·f${index}(SB), 4, $${64 + 8 * (index % 9)}-8`,
    `MOVQ x+0(FP), ${first}`,
    `ADDQ $${index * 7}, ${first}`,
    `LEAQ ${index * 3}(${first})(${second}*4), ${third}`,
    `CMPQ ${first}, $${index * 5}`,
    'JLT out',
    'CALL ·main(SB)',
    `MOVUPS X${index % 16}, ${8 * (index % 7)}(SP)`,
    'out:',
    'RET',
  ].join('\n');
};
/** Seconds from the start of `node` until so many of those functions are assembled and the program is ready to start. */
function assembling(functions: number): number {
  const folder = mkdtempSync(join(tmpdir(), 'r14-'));
  const file = join(folder, 'x.s');
  writeFileSync(file, ['TEXT ·main(SB), 4, $0-0', 'RET', ...Array.from({ length: functions }, (_, index) => body(index)), ''].join('\n'));
  const { seconds } = time(process.execPath, [r14, 'asm', '--batch', file]);
  rmSync(folder, { recursive: true });
  return seconds;
}

const more = assembling(LINES / 10) - assembling(1);
rows.push({ what: `assembling ${LINES} lines`, figure: `${(more * 1000).toFixed(0)} ms`, promised: '<= 500 ms' });

/** The real race runtime and r14's model of it on the same million events, from the start of the process to its end. */
function replaying(): void {
  const oracle = buildRaceOracle(version);
  if (oracle === undefined) return;
  const folder = mkdtempSync(join(tmpdir(), 'r14-'));
  const file = join(folder, 'million');
  writeFileSync(file, millionEvents());
  const native = time('sh', ['-c', `exec "${oracle}" < "${file}"`]).seconds;
  const model = time(process.execPath, [r14, 'race', 'replay', file]).seconds;
  rmSync(folder, { recursive: true });
  rows.push({
    what: 'a million events of the race detector',
    figure: `${(model / native).toFixed(1)}x`,
    promised: '<= 40x',
    native,
    own: model,
  });
}

replaying();

/** A report's second stack, found at the far end of a full trace, beside 50,000 events: what each adds to a script, in this process. */
function restoring(): void {
  const EVENTS = 50_000;
  // Each at an address of its own, so that each is an event of the trace.
  const writes = (count: number, from: number): string =>
    Array.from({ length: count }, (_, index) => `w 1 ${((from + index) * 8) % 0xf_0000} 0x${(0x1000 + index).toString(16)}`).join('\n');
  const before = `start 0 1 0x10\nenter 1 0x20\nw 1 0xf8000 0x30\n${writes(EVENTS - 2000, 0)}\n`;
  const seconds = (text: string): number =>
    median(
      Array.from({ length: Math.max(rounds, 5) }, () => {
        const start = process.hrtime.bigint();
        replayScript(text, { print: () => {} });
        return Number(process.hrtime.bigint() - start) / 1e9;
      }),
    );
  const plain = seconds(before);
  const report = seconds(`${before}r 0 0xf8000 0x40\n`) - plain;
  const events = seconds(`${before}${writes(EVENTS, EVENTS)}\n`) - plain;
  rows.push({ what: "a report's stacks, beside 50,000 events", figure: `${(report / events).toFixed(2)}x`, promised: '<= 1x' });
}

restoring();

/** Looking into the race detector of a real program: seconds of command lines that differ in one thing. */
function looking(): void {
  const exec = (binary: string, ...commands: readonly string[]): number =>
    time(process.execPath, [r14, 'exec', '--batch', ...commands.flatMap(each => ['-ex', each]), binary]).seconds;
  const folder = mkdtempSync(join(tmpdir(), 'r14-'));
  const inside = buildGo('race-inside', { race: true, toolchain: version });
  const start = ['break main.looked', 'continue'];
  const shadow = spawnSync(
    process.execPath,
    [r14, 'exec', '--batch', ...[...start, 'shadow main.word'].flatMap(each => ['-ex', each]), inside],
    {
      encoding: 'utf8',
    },
  );
  const [, data, cells] = /^8 bytes at (0x\w+), their cells at (0x\w+):/m.exec(shadow.stdout)!;
  const many = (line: string): number => {
    const [short, long] = [1, 5000].map(count => {
      const file = join(folder, 'script');
      writeFileSync(file, `${line}\n`.repeat(count));
      return exec(inside, ...start, `source ${file}`);
    });
    return long! - short!;
  };
  rows.push({
    what: '`shadow ADDR` beside `x/4wx` of the cells',
    figure: `${(many(`shadow ${data}`) / many(`x/4wx ${cells}`)).toFixed(1)}x`,
    promised: '<= 10x',
  });
  rmSync(folder, { recursive: true });
  const program = buildGo('gc', { race: true, toolchain: version });
  const plain = exec(program, 'continue');
  rows.push({
    what: '`break race` beside a run without',
    figure: `${(exec(program, 'break race', 'continue') / plain).toFixed(2)}x`,
    promised: '<= 1.03x',
  });
  const checked = exec(program, 'abi check on', 'continue');
  rows.push({ what: '`abi check on` beside a run without', figure: `${(checked / plain).toFixed(2)}x`, promised: '<= 1.7x' });
  const both = exec(program, 'continue', 'race second-opinion');
  rows.push({ what: '`race second-opinion` beside the run', figure: `${((both - plain) / plain).toFixed(1)}x`, promised: '<= 2x' });
}

looking();

/** Going back, beside the same run without a history. */
function goingBack(): void {
  const exec = (binary: string, ...commands: readonly string[]): number =>
    time(process.execPath, [r14, 'exec', '--batch', ...commands.flatMap(each => ['-ex', each]), binary]).seconds;
  const program = buildGo('gc', { race: true, toolchain: version });
  const plain = exec(program, 'config history-memory 0', 'continue');
  const kept = exec(program, 'continue');
  rows.push({ what: 'a run with a history', figure: `${(kept / plain).toFixed(2)}x`, promised: '<= 1.25x' });
  // The program runs some 115 million instructions.
  const ways = [2, 25, 50, 75, 98].map(millions => {
    const there = ['continue', `seek ${millions}000000`];
    return (exec(program, ...there, 'reverse-stepi') - exec(program, ...there)) / plain;
  });
  rows.push({
    what: '`rsi` anywhere in it',
    figure: `${median(ways).toFixed(2)}x, ${Math.max(...ways).toFixed(2)}x at worst`,
    promised: '<= 0.1x, 0.33x',
  });
  const back = exec(program, 'continue', 'watch -w *(long *)runtime.g0', 'reverse-continue') - kept;
  rows.push({ what: '`rc` to the beginning, with a watchpoint', figure: `${(back / plain).toFixed(2)}x`, promised: '<= 4x' });
  const toFault = exec(crash, 'continue');
  rows.push({
    what: '`origin rdi` at the crash, with the run',
    figure: `${(exec(crash, 'continue', 'origin rdi') / toFault).toFixed(2)}x`,
    promised: '<= 2x',
  });
  rows.push({ what: '`why` there', figure: `${(exec(crash, 'continue', 'why') / toFault).toFixed(2)}x`, promised: '<= 3x' });
}

goingBack();

rows.push(...(await screenFigures()));

rows.push(...(await doors(version)));

const own = started.rss - started.pages * 4096;
rows.push({ what: 'memory besides the guest pages, hello-race', figure: `${(own / 2 ** 20).toFixed(0)} MB`, promised: '<= 250 MB' });

const ratio = (seconds: number | undefined, native: number) =>
  seconds === undefined ? '-' : `${seconds.toFixed(2)} s = ${(seconds / native).toFixed(1)}x`;
const table = [
  ['', 'r14', 'promised', 'native', 'r14 wall', 'qemu-user wall'],
  ...rows.map(row => [
    row.what,
    row.figure,
    row.promised,
    ...(row.native === undefined ? ['', '', ''] : [`${row.native.toFixed(3)} s`, ratio(row.own, row.native), ratio(row.qemu, row.native)]),
  ]),
];
printTable(table);

const grown = growths(args => time(process.execPath, [r14, ...args], 1).seconds);
console.log('\nAs its input grows, in seconds; the exponent of the last step is 1 for what grows as fast as its input:');
for (const { what, sizes, seconds, exponent } of grown) {
  const steps = sizes.map((size, index) => `${size}: ${seconds[index]!.toFixed(2)}`).join('  ');
  console.log(`${what.padEnd(38)}  ${exponent.toFixed(2)}  ${steps}`);
}

besideOthers(programs(version));
