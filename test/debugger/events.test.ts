/** What a session tells those who listen to it. */
import { expect, it } from 'vitest';
import type { EventName } from '../../src/debugger/session/events.js';
import { buildC, buildGo, missing } from '../support/build.js';
import { type Debugging, debug, debugBundled } from '../support/debug.js';

const NAMES: readonly EventName[] = [
  ...(['started', 'continued', 'stopped', 'exited', 'output', 'message'] as const),
  ...(['thread', 'goroutine', 'module', 'breakpoint'] as const),
];

/** The events of a session from now on, in a word or two each. */
function heard({ session }: Debugging): string[] {
  const all: string[] = [];
  const { events } = session;
  events.on('started', () => all.push('started'));
  events.on('continued', () => all.push('continued'));
  events.on('stopped', ({ stop }) => all.push(`stopped ${stop.reason}`));
  events.on('exited', ({ status, signal }) => all.push(`exited ${signal ?? status}`));
  events.on('output', ({ descriptor, bytes }) => all.push(`output ${descriptor} ${new TextDecoder().decode(bytes)}`));
  events.on('message', ({ text }) => all.push(`message ${text}`));
  events.on('thread', ({ change, tid }) => all.push(`thread ${session.target.threadNumber({ tid })} ${change}`));
  events.on('goroutine', ({ change, id }) => all.push(`goroutine ${id} ${change}`));
  events.on('module', ({ object }) => all.push(`module ${object.path.split('/').at(-1)}`));
  events.on('breakpoint', ({ change, breakpoint }) => all.push(`breakpoint ${breakpoint.id} ${change}`));
  return all;
}

/** What was heard since it was asked for last. */
const taken = (all: string[]): readonly string[] => all.splice(0);

it('a command that runs the program is one continued and one stopped, however many steps it takes', async () => {
  const at = debugBundled('systemstack');
  const all = heard(at);
  for (const [line, reason] of [
    ['stepi 20', 'step'],
    ['nexti 5', 'next'],
    ['step', 'step'],
    ['next', 'next'],
    ['finish', 'finish'],
  ]) {
    await at.text(line!);
    expect(
      taken(all).filter(each => !/^(goroutine|output)/.test(each)),
      line,
    ).toEqual(['continued', `stopped ${reason}`]);
  }
  // What only looks, or fails before anything has run, tells nothing.
  await at.text('bt');
  await at.text('p $rip');
  await at.run('advance nowhere');
  expect(taken(all)).toEqual([]);
  await at.text('kill');
  expect(taken(all)).toEqual(['exited SIGKILL']);
  await at.text('restart');
  expect(taken(all)).toEqual(['started']);
});

it('breakpoints tell when they are set, changed and gone', async () => {
  const at = debugBundled('systemstack');
  const all = heard(at);
  await at.text('tbreak main.main');
  await at.text('break *$rip');
  await at.text('disable 2');
  await at.text('condition 2 1 == 1');
  await at.text('on 2 bt');
  expect(taken(all)).toEqual(['breakpoint 1 new', 'breakpoint 2 new', ...Array(3).fill('breakpoint 2 changed')]);
  await at.text('continue');
  expect(taken(all).filter(each => !/^(goroutine|output)/.test(each))).toEqual(['continued', 'breakpoint 1 removed', 'stopped breakpoint']);
  await at.text('delete');
  expect(taken(all)).toEqual(['breakpoint 2 removed']);
});

const whyC = missing('gcc');

it.skipIf(whyC)('modules, output and the end', async () => {
  const at = debug(buildC('hello'));
  const all = heard(at);
  await at.text('break main');
  await at.text('continue');
  const first = taken(all);
  expect(first.filter(each => each.startsWith('module'))).toEqual(['module libc.so.6']);
  expect(first.at(-1)).toBe('stopped breakpoint');
  await at.text('continue');
  const rest = taken(all);
  expect(rest[0]).toBe('continued');
  expect(rest.at(-1)).toMatch(/^exited/);
  expect(rest.slice(1, -1).join('')).toContain('output 1 ');
  const said = rest.filter(each => each.startsWith('output 1 ')).map(each => each.slice('output 1 '.length));
  expect(said.join('')).toBe(at.written());
});

const whyGo = missing('go1.26');

it.skipIf(whyGo)('threads and goroutines as they are told of at stops, and lines of tracepoints', async () => {
  const at = debug(buildGo('goroutines'));
  const all = heard(at);
  const numbers = async (line: string, key: string) => (await at.data(line)).map((row: Record<string, number>) => row[key]);
  const [threads, goroutines] = [new Set([1]), new Set<number>()];
  await at.text('trace main.main');
  await at.text('break runtime.gopark');
  await at.text('condition 2 -hitcount % 20');
  taken(all);
  for (let stop = 0; stop < 4; stop++) {
    await at.text('continue');
    for (const each of taken(all)) {
      const match = /^(thread|goroutine) (\d+) (created|ended)$/.exec(each);
      if (match === null) continue;
      const set = match[1] === 'thread' ? threads : goroutines;
      if (match[3] === 'created') set.add(Number(match[2]));
      else expect(set.delete(Number(match[2]))).toBe(true);
    }
    const living = (await at.data('threads')).filter(({ state }: { state: string }) => state !== 'exited');
    expect([...threads].sort()).toEqual(living.map(({ thread }: { thread: number }) => thread).sort());
    expect([...goroutines].sort()).toEqual((await numbers('goroutines', 'id')).sort());
  }
  expect(goroutines.size).toBeGreaterThan(2);
});

it('a tracepoint says its line between continued and the stop', async () => {
  const at = debugBundled('systemstack');
  await at.text('trace main.main');
  const all = heard(at);
  await at.text('continue');
  const messages = all.filter(each => each.startsWith('message'));
  expect(messages).toEqual([expect.stringMatching(/^message > goroutine\(\d+\): main\.main\(/)]);
  expect(all.indexOf(messages[0]!)).toBeGreaterThan(all.indexOf('continued'));
});

it('nothing is compared that nobody listens for, and who has left hears nothing', async () => {
  const { session, text } = debugBundled('systemstack');
  const { events } = session;
  expect(NAMES.filter(name => events.wanted(name))).toEqual(['output']);
  let count = 0;
  const leave = events.on('stopped', () => count++);
  await text('stepi');
  leave();
  await text('stepi');
  expect(count).toBe(1);
  expect(events.wanted('stopped')).toBe(false);
});
