/** What the panes say of real stops: the bundled crash, and a goroutine's code. */
import { describe, expect, it } from 'vitest';
import type { PaneSubject } from '../src/tui/pane.js';
import { type PaneName, paneNamed } from '../src/tui/panes/table.js';
import { observe, type View } from '../src/tui/view/view.js';
import { buildGo, missing } from './support/build.js';
import { type Debugging, debug, debugBundled } from './support/debug.js';

/** The rows of a pane as text. */
function rowsOf({ session }: Debugging, name: PaneName, width = 60, before?: View): readonly string[] {
  const shown: PaneSubject = {
    view: observe(session, 'test'),
    before,
    console: [],
    output: [],
    lesson: undefined,
    reasons: undefined,
    contents: false,
    opened: new Set(),
  };
  return paneNamed(name)
    .content(shown, width)
    .items.map(({ row }) =>
      row
        .map(({ text }) => text)
        .join('')
        .trimEnd(),
    );
}

async function crash(): Promise<Debugging> {
  const at = debugBundled('newproc-race');
  await at.text('continue');
  return at;
}

describe('panes at the bundled crash', () => {
  it('code: the way in, the conventions, and the fault', async () => {
    const rows = rowsOf(await crash(), 'code');
    const headings = rows.filter(row => /^ [^\s=]/.test(row));
    expect(headings.map(row => row.trim().split(/ {2,}/))).toEqual([
      ['racefuncenter', 'hand-made assembly'],
      ['racecall', 'hand-made assembly'],
      ['__tsan_func_enter', 'C, System V'],
    ]);
    expect(rows[rows.indexOf(headings[1]!) - 1]).toContain('call');
    expect(rows.find(row => row.includes('=>'))).toMatch(/mov +0x10\(%rdi\),%rdx.* <- 0x10 fault$/);
    expect(rowsOf(await crash(), 'code', 44).find(row => row.includes('=>'))).toMatch(/<- 0x10 fault$/);
  });

  it('code: which way a branch goes, which functions are instrumented, and what a caller is', async () => {
    const at = await crash();
    await at.text('frame 4');
    expect(rowsOf(at, 'code').find(row => row.startsWith(' trace.TakeSnapShot'))).toMatch(/ABIInternal, race$/);
    await at.text('frame 3');
    expect(rowsOf(at, 'code').find(row => row.startsWith(' runtime.racefuncenter'))).toMatch(/ABIInternal, wrapper$/);
    const fresh = debugBundled('newproc-race');
    await fresh.text('break runtime.newproc1');
    await fresh.text('continue');
    for (let steps = 0; steps < 200; steps++) {
      const current = rowsOf(fresh, 'code').find(row => row.includes('=>'))!;
      const branch = /\bj(?!mp)\w+ 0x([0-9a-f]+).*?(not )?taken$/.exec(current);
      await fresh.text('stepi');
      if (branch === null) continue;
      const { rip } = fresh.session.thread.registers;
      expect(rip === BigInt(`0x${branch[1]}`)).toBe(branch[2] === undefined);
      return;
    }
    expect.fail('no branch was met');
  });

  it('registers: what they mean, and no decimal of what is known', async () => {
    const rows = rowsOf(await crash(), 'registers');
    const row = (name: string) => rows.find(each => each.startsWith(` ${name.padEnd(6)}`))!;
    expect(row('rdi')).toMatch(/0x0 +arg1 thr = nil$/);
    expect(row('rsi')).toMatch(/arg2 pc {2}runtime\.newproc1\.func1\+0x[0-9a-f]+$/);
    expect(row('r14')).toContain('g = runtime.g0 (m0)');
    expect(row('rsp')).toMatch(/g0 stack, \d+ bytes used$/);
    expect(row('rbp')).toContain('g0 stack -> 0x7fff');
    expect(rows.join('\n')).not.toMatch(/14073748\d+/);
  });

  it('backtrace: the seam between the stacks, and what each frame is', async () => {
    const rows = rowsOf(await crash(), 'backtrace', 80);
    expect(rows).toHaveLength(15);
    expect(rows[0]).toMatch(/^► 0 __tsan_func_enter +thr=nil pc=runtime\.newproc1\.func1\+\d+ +tsan\.s:\d+$/);
    expect(rows[3]).toMatch(/runtime\.racefuncenter.* wrapper$/);
    expect(rows[4]).toMatch(/trace\.TakeSnapShot.* race$/);
    expect(rows[5]).toMatch(/^ +5 {3}runtime\.contextPropagate.* inlined$/);
    expect(rows[10]).toMatch(/^ ┄+ g0 ▲ {2}stack switch {2}▼ goroutine 1 ┄+$/);
  });

  it('call lens: both conventions, and under each place of an argument the one it was passed by', async () => {
    const rows = rowsOf(await crash(), 'lens');
    expect(rows[0]).toBe(' racecall  hand-made assembly -> __tsan_func_enter  System V');
    expect(rows).toContain(' arg1 thr  RDI = nil');
    const at = rows.findIndex(row => row.includes('-> RAX'));
    const [places, conventions] = rows.slice(at, at + 2);
    expect(rows[at - 1]).toBe('   return address of trace.TakeSnapShot');
    const pairs = [...places!.matchAll(/(?<=-> )\S+/g)].map(({ 0: place, index }) => [
      place,
      /^\S+(?: V)?/.exec(conventions!.slice(index))![0],
    ]);
    expect(pairs).toEqual([
      ['RAX', 'ABIInternal'],
      ['0(SP)', 'ABI0'],
      ['R11', 'private'],
      ['RSI', 'System V'],
    ]);
  });

  it('goroutines and the threads that run them', async () => {
    const rows = rowsOf(await crash(), 'goroutines');
    expect(rows[0]).toMatch(/^\*g 1 +running +trace\.TakeSnapShot {2}trace\.s:\d+ {2}thread 1$/);
    expect(rows[1]).toMatch(/^ g 2 +runnable +main\.main\.func1/);
    expect(rows[2]).toMatch(/^\*thread 1 +running +__tsan_func_enter {2}tsan\.s:\d+ {2}m0 {2}goroutine 1$/);
  });
});

describe('what is marked as changed', () => {
  const marked = (at: Debugging, before: View) =>
    rowsOf(at, 'registers', 60, before)
      .filter(row => row.startsWith('*'))
      .map(row => row.slice(1).split(' ')[0]);
  const look = ({ session }: Debugging) => observe(session, 'test');
  const go = async (program: Debugging, ...lines: string[]) => {
    for (const line of lines) await program.text(line);
    return program;
  };

  it('in an outer frame: what it held itself at the stop before', async () => {
    const at = await go(debugBundled('go-args'), 'break main.nine', 'continue');
    const before = look(at);
    await go(at, 'stepi', 'up');
    expect((await at.data('frame')).function).toBe('main.main');
    expect(marked(at, before)).toEqual([]);
  });

  it('a frame that was the innermost, after a step into what it calls', async () => {
    const at = await go(debugBundled('go-args'), 'break *main.nine', 'tbreak main.main', 'continue');
    const before = look(at);
    const held = await at.data('regs');
    await go(at, 'continue', 'up');
    const now = await at.data('regs');
    const differ = Object.keys(now).filter(name => name !== 'rip' && now[name] !== null && now[name] !== held[name]);
    expect(differ).toContain('rbx');
    expect(marked(at, before).sort()).toEqual(differ.sort());
  });

  it('nothing in frames that were not there, and nothing that is lost', async () => {
    const at = debugBundled('go-to-c', 'misaligned');
    const before = look(at);
    await go(at, 'continue', 'up', 'up');
    expect((await at.data('frame')).function).toBe('main.main');
    expect(marked(at, before)).toEqual([]);
  });

  it('where execution stands: whatever the step has changed, whichever frame was looked at before', async () => {
    const at = await go(debugBundled('go-args'), 'break *main.nine', 'continue');
    const innermost = look(at);
    await go(at, 'up');
    const outer = look(at);
    await go(at, 'finish');
    expect(marked(at, innermost)).toContain('rsp');
    expect(marked(at, outer)).toEqual(marked(at, innermost));
  });
});

const why = missing('go1.26');

describe.skipIf(why)(`the race pane${why ? ` (skipped: ${why})` : ''}`, () => {
  it('has both accesses side by side, the cells, and, once asked, what has ordered them', async () => {
    const at = debug(buildGo('race-shapes', { race: true }));
    expect(rowsOf(at, 'race')).toEqual([]);
    await at.text('break race');
    await at.text('continue');
    const rows = rowsOf(at, 'race', 100);
    const halves = rows.slice(0, 8).map(row => row.split(' │ ').map(half => half.trim()));
    expect(halves[0]).toEqual(['now', 'before']);
    expect(halves[1]).toEqual(['goroutine 1 (tid 1)', expect.stringMatching(/^tid \d+ \(ended\)$/)]);
    expect(halves[2]!.map(half => half.replace(/0x\w+/, 'A'))).toEqual(['read of byte 0 at A', 'write of byte 0 at A']);
    expect(halves[5]).toEqual(['main.readField main.go:24', 'main.main.func1 main.go:38']);
    expect(rows.find(row => row.startsWith('met'))).toMatch(/^met {2}\[R 0 tid 1 @ \d+\] \[W 0 tid \d+ @ 1\]$/);
    expect(rows.find(row => row.startsWith('word'))).toBe('word [marker] [empty] [empty] [empty]');
    expect(rows.some(row => row.includes('╌'))).toBe(false);
    await at.text('race why');
    const graph = rowsOf(at, 'race', 100).slice(rows.length);
    expect(graph.filter(row => row.includes('╌╌╌')).map(row => /READS|WRITES/.exec(row)![0])).toEqual(['WRITES', 'READS']);
    // Between the two nothing leads from one side to the other.
    const middle = graph.slice(
      graph.findIndex(row => row.includes('WRITES')) + 1,
      graph.findIndex(row => row.includes('READS')),
    );
    expect(middle.map(row => row.includes('╎'))).toEqual(middle.map(() => true));
    expect(graph.filter(row => row.includes('╎'))).toHaveLength(middle.length);
    expect(graph.filter(row => row.includes('──►'))).toHaveLength(2);
  });

  it('shows what has ordered two goroutines, once that is asked for', async () => {
    const at = debug(buildGo('race-inside', { race: true }), ['--env', 'GOMAXPROCS=1']);
    await at.text('break main.looked');
    await at.text('continue');
    const told = await at.text('hb tid1 tid8');
    const rows = rowsOf(at, 'race', 140);
    expect(rows[0]).toMatch(/^goroutine 1 \(tid 1\) +│ goroutine \d+ \(tid 8\)$/);
    expect(rows.slice(1)).toHaveLength(told.split('\n').length - 1);
    expect(rows.filter(row => row.includes('◄──') || row.includes('──►')).length).toBeGreaterThanOrEqual(2);
  });

  it('shows a race that was reported, once it is asked for, when the program has ended too', async () => {
    const at = debug(buildGo('race-counter', { race: true }));
    await at.text('continue');
    expect(rowsOf(at, 'race')).toEqual([]);
    await at.text('race why');
    expect(rowsOf(at, 'race', 100).join('\n')).toMatch(/main\.increment main\.go:12.*main\.increment main\.go:12/);
  });
});
