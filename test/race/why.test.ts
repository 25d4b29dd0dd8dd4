/** Races of real programs explained: at the stop before the report, and after it. What the real detector prints is what they must say. */
import { describe, expect, it } from 'vitest';
import { buildGo, missing, runNative, toolchain, toolchains } from '../support/build.js';
import { type Debugging, debug } from '../support/debug.js';
import { gdbFacts, LOOKED, offsetsOf, SETTING } from '../support/race-inside.js';

const ENVIRONMENT = ['--env', 'GORACE=atexit_sleep_ms=0'];

interface Access {
  readonly tid: number;
  readonly access: string;
  readonly address: string;
  readonly stack: readonly string[] | null;
}

interface Story {
  readonly now: Access;
  readonly before: Access;
  readonly dropped: boolean;
}

/** `Read 0xc000 main` and the first line of its stack, for both accesses of each report. */
function reportsIn(text: string): readonly (readonly string[])[] {
  return [...text.matchAll(/WARNING: DATA RACE\n([\s\S]*?)={18}/g)].map(([, report]) =>
    [...report!.matchAll(/^(?:Previous )?(read|write) at 0x0*(\w+) by (main goroutine|goroutine \d+):\n {2}(\S+)\(\)\n {6}(\S+) /gim)].map(
      ([, kind, address, who, name, place]) => [kind!.toLowerCase(), address, who, name, place].join(' '),
    ),
  );
}

async function stories(at: Debugging): Promise<readonly (readonly string[])[]> {
  const all: (readonly string[])[] = [];
  for (let number = 1; ; number++) {
    const outcome = await at.run(`race why ${number}`);
    if (!outcome.ok) return all;
    const story = outcome.data as unknown as Story;
    const lines = outcome.output.split('\n');
    const first = (head: string): string => lines[lines.findIndex(line => line.startsWith(head)) + 1]!.trim().replace(' at ', ' ');
    all.push(
      ([story.now, story.before] as const).map((access, index) => {
        const who = access.tid === 1 ? 'main goroutine' : `goroutine ${access.tid}`;
        return [access.access, access.address.slice(2), who, first(index === 0 ? '  now:' : '  before:')].join(' ');
      }),
    );
  }
}

describe('a race', () => {
  for (const name of toolchains()) {
    it.each(['race-shapes', 'race-counter'])(`is told as the report has it: %s (${name})`, async program => {
      const at = debug(buildGo(program, { race: true, toolchain: name }), ENVIRONMENT);
      const written: Uint8Array[] = [];
      at.session.events.on('output', ({ descriptor, bytes }) => {
        if (descriptor === 2) written.push(bytes.slice());
      });
      expect(await at.data('continue')).toMatchObject({ reason: 'exited', status: 66 });
      const reports = reportsIn(Buffer.concat(written).toString());
      expect(reports.length).toBeGreaterThan(0);
      expect(await stories(at)).toEqual(reports);
    });
  }

  const why = missing('go1.26');
  const skipped = why ? ` (skipped: ${why})` : '';

  it.skipIf(why)(`stops the program before its report${skipped}`, async () => {
    const at = debug(buildGo('race-shapes', { race: true }), ENVIRONMENT);
    await at.text('break race');
    const stop = await at.text('continue');
    expect(stop).toContain('data race, breakpoint 1 in');
    expect(stop).toMatch(/now: {4}read of byte 0 at 0x\w+ by goroutine 1 \(tid 1\), in main\.readField at .*main\.go:24/);
    expect(stop).toMatch(/before: write of byte 0 at 0x\w+ by tid \d+ \(ended\), in main\.main\.func1 at .*main\.go:38/);
    expect(at.session.wrote).toBe('');
    expect((await at.data('frame')).function).toBe('main.readField');
    expect(await at.text('race why')).toMatch(/has released nothing since its access\.\nIt would be ordered if/);
    expect(((await at.data('race')) as { reported: number }).reported).toBe(0);
    // `why` says the same in few lines, and leads to the access before: there nobody has written yet.
    const lines: string[] = await at.data('why');
    expect(lines.length).toBeLessThanOrEqual(12);
    expect(lines.slice(1, 3)).toEqual(
      stop
        .split('\n')
        .slice(1, 3)
        .map(line => line.trim()),
    );
    expect(lines.join('\n')).toMatch(/^data race on [\s\S]* has released nothing since its access\.\nIt would be ordered if/);
    const [, mark] = /\[(\d+)\] .*main\.main\.func1\S* \(main\.go:38\), goroutine \d+/.exec(lines.at(-1)!)!;
    const graph = await at.text('hb');
    expect(graph).toMatch(
      /@\d+ go in main\.after[^\n]*\n.*starts <== \d+\n.*WRITES .* in main\.main\.func1 .*- - race\n.*ends\n.*READS .* - - race/,
    );
    // Asked about by name it is the same race, from either side.
    const [, before] = /before: .* by tid (\d+) \(ended\)/.exec(stop)!;
    expect(await at.text(`hb tid1 tid${before}`)).toBe(graph);
    expect((await at.text(`hb tid${before} tid1`)).match(/- - race$/gm)).toHaveLength(2);
    // And so it is when two others were asked about meanwhile.
    const threads: readonly { readonly tid: number }[] = await at.data('race threads');
    const third = threads.find(({ tid }) => tid !== 1 && tid !== Number(before))!.tid;
    expect(await at.text(`hb tid1 tid${third}`)).not.toContain('- - race');
    expect(await at.text(`hb tid1 tid${before}`)).toBe(graph);
    await at.text('hb --svg graph.svg');
    const svg = at.files.get('graph.svg')!;
    expect(svg.match(/<line class="missing"/g)).toHaveLength(1);
    expect(svg.match(/<circle /g)).toHaveLength((await at.data('hb')).length);
    expect((await at.data(`goto ${mark}`)).function).toBe('main.main.func1');
  });

  it.skipIf(why)(`is stopped at without symbols too, and told with what is not in a report${skipped}`, async () => {
    const told: string[] = [];
    for (const ldflags of ['', '-s -w']) {
      const at = debug(buildGo('races', { race: true, ...(ldflags === '' ? {} : { ldflags }) }), ENVIRONMENT);
      await at.text('set args atomic-plain');
      await at.text('restart');
      await at.text('break race');
      await at.text('continue');
      told.push((await at.text('race why')).replace(/0x\w+/g, 'A').replace('main.number (A)', 'A'));
    }
    expect(told[1]).toBe(told[0]!.replaceAll('main.number (A)', 'A'));
    expect(told[0]).toContain('Note: the function that called sync/atomic is not in');
    expect(told[0]).toMatch(
      /before: atomic write of bytes 0\.\.7 at A by tid \d+ \(ended\), sid \d+ @ 1\n {4}sync\/atomic\.StoreInt64 at /,
    );
  });

  it.skipIf(why)(`has no more of the other's past than gdb reads in its clock${skipped}`, async () => {
    const binary = buildGo('race-inside', { race: true });
    const at = debug(
      binary,
      Object.entries(SETTING).flatMap(([key, value]) => ['--env', `${key}=${value}`]),
    );
    await at.text(`break *${LOOKED}`);
    await at.text('continue');
    const { threads } = gdbFacts(binary, offsetsOf(toolchain('go1.26')!));
    const [main, first, second] = [1, 8, 9].map(tid => threads.find(each => each.tid === tid)!);
    const edges = async (one: number, other: number, column: number): Promise<readonly string[]> => {
      const rows: readonly { column: number; from: number | null; epoch: number }[] = await at.data(`hb tid${one} tid${other}`);
      return rows.filter(row => row.column === column && row.from !== null).map(row => String(rows[row.from!]!.epoch));
    };
    expect((await edges(1, 8, 0)).at(-1)).toBe(String(main!.clock[first!.sid]));
    expect((await edges(1, 9, 0)).at(-1)).toBe(String(main!.clock[second!.sid]));
    expect((await edges(8, 9, 1)).at(-1)).toBe(String(second!.clock[first!.sid]));
    expect(await edges(8, 9, 0)).toEqual(first!.clock[second!.sid] === 0 ? [] : [String(first!.clock[second!.sid])]);
  });

  it.skipIf(why)(`is not there in other programs${skipped}`, async () => {
    const clean = debug(buildGo('race-free', { race: true }), ENVIRONMENT);
    await clean.text('break race');
    expect(await clean.data('continue')).toMatchObject({ reason: 'exited', status: 0 });
    expect((await clean.run('race why')).output).toContain('no race was reported so far; break race stops at the next');
    const plain = debug(buildGo('race-free'));
    expect((await plain.run('break race')).output).toContain('this program has no race detector in it: go build -race puts one in');
    expect((await plain.run('catch racecall')).output).toContain('this program has no race detector in it');
    const outcome = runNative(buildGo('race-free', { race: true }), { env: { GORACE: 'atexit_sleep_ms=0' } });
    expect(outcome.status).toBe(0);
  });
});

const why = missing('go1.26');

describe.skipIf(why)(`the detector's work${why ? ` (skipped: ${why})` : ''}`, () => {
  it('stops at each change of a cell', async () => {
    const at = debug(buildGo('race-inside', { race: true }), ['--env', 'GOMAXPROCS=1']);
    await at.text('break main.first');
    await at.text('continue');
    await at.text('delete 1');
    await at.text('watch -shadow main.bytes');
    const told: string[] = [];
    for (;;) {
      const stop = await at.run('continue');
      if (!stop.output.includes('watchpoint')) break;
      const { cells }: { cells: readonly { kind: string }[] } = await at.data('shadow main.bytes');
      told.push(
        cells
          .filter(({ kind }) => kind === 'access')
          .map(cell => {
            const { access, first } = cell as unknown as { access: string; first: number };
            return `${access} ${first}`;
          })
          .join(', '),
      );
    }
    expect(told).toEqual(['read 3', 'write 3', 'write 3, write 5', 'write 3, write 5, write 0']);
  });

  it('stops where it gets no context', async () => {
    const at = debug(buildGo('crash', { race: true }));
    expect(await at.text('catch racecall if thr == nil')).toMatch(/^Catchpoint 1 racecall \(\d+ functions\) if thr == nil$/);
    expect(await at.data('continue')).toMatchObject({ reason: 'breakpoint', function: '__tsan_func_enter' });
    expect(await at.text('print thr')).toBe('unsafe.Pointer(0x0)');
    expect(await at.data('stepi')).toMatchObject({ reason: 'signal', signal: 'SIGSEGV', address: '0x10' });
    await at.text('breakpoints -save saved');
    expect(at.files.get('saved')).toContain('catch racecall if thr == nil\n');
    expect((await at.run('catch racecall frob')).output).toContain('the race runtime has no function "frob"');
  });
});
