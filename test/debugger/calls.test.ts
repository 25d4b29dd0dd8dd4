/**
 * Functions of the program called from expressions. What they return is what Go says that they return (the program is in programs/go/calls);
 * that nothing stays is asked of the hash over the whole machine, and of the run's own output beside the native one.
 */
import { describe, expect, it } from 'vitest';
import { buildGo, MATRIX, missing, runNative } from '../support/build.js';
import { type Debugging, debug, debugBundled } from '../support/debug.js';

const RESULTS: readonly (readonly [call: string, shown: string])[] = [
  ['Add(2, 3)', '5'],
  ['Add(Add(1, 2), Add(3, 4)) + 1', '11'],
  ['Divide(17, 5)', 'quotient: 3, remainder: 2'],
  ['Mix(-3, 2.5, "str", true, p, 0.5, nil)', '"-3 2.5strtrue (3, 4) 0.5 0", 1.25, main.point {X: 4, Y: 3}'],
  ['Large(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, [3]int{1, 2, 3})', '78, [2]int [3,3]'],
  ['p.Sum()', '7'],
  ['p.String()', '"(3, 4)"'],
  ['(&p).Sum()', '7'],
  ['p.Less(p)', 'false'],
  ['main.point.Sum(p)', '7'],
  ['n.Greeting("hi")', '"hi, gopher"'],
  ['n.Sum()', '7'],
  ['len(n.Greeting("abc"))', '11'],
  ['shape.String()', '"(3, 4)"'],
  ['add(2)', '42'],
  ['Show(5)', '"int 5"'],
  ['Show("text")', '"string text"'],
  ['Show(p)', '"main.point (3, 4)"'],
  ['Show(&p)', '"*main.point (3, 4)"'],
  ['Show(shape)', '"main.point (3, 4)"'],
  ['Show(nil)', '"<nil> <nil>"'],
  ['Text(p)', '"<(3, 4)>"'],
  ['Text(&p)', '"<(3, 4)>"'],
  ['Fails("bad")', 'error(*errors.errorString) *{s: "bad"}'],
  ['Fails("")', 'error nil'],
  // Generic code wants a dictionary, which is the type's or the instance's.
  ['Max[int](3, 4)', '4'],
  ['main.Max[float64](3, 2.5)', '3'],
  ['Max[string]("b", "a")', '"b"'],
  ['names.Push("first")', '1'],
  ['names.Top()', '"first", true'],
  ['points.Push(p)', '1'],
  ['points.Top()', 'main.point {X: 3, Y: 4}, true'],
  // The stack of the call grows, the garbage collector runs, goroutines start and sleep.
  ['Deep(500)', '500'],
  ['Collect()', '200'],
  ['Concurrently()', '10'],
];

/** Debug information does not tell variadic functions: what is too much for a slice becomes its elements. */
const VARIADIC: typeof RESULTS = [
  ['Total(1, 2, 3, 4)', '10'],
  ['Total(1)', '1'],
  ['Total(1, []int{2, 3}...)', '6'],
  ['Joined("a", "b", "c") + Joined()', '"a+b+c"'],
  ['Joined(words...)', '"a+bc"'],
  ['fmt.Sprintf("%d %d", 1, 2)', '"1 2"'],
  ['fmt.Sprintf("%v %s %v", p, words, nil)', '"(3, 4) [a bc] <nil>"'],
  ['fmt.Sprintf("plain")', '"plain"'],
];

/** Calls that do not return, and why. */
const UNDONE: readonly (readonly [call: string, why: string | RegExp])[] = [
  ['Panics(7)', /it panicked: .*x: 7, y: 3.*; nothing of what it did is left/],
  ['Endless()', 'it has not returned after 1000000 instructions (config max-call-instructions); nothing of what it did is left'],
  ['Blocks()', /it ended the program with status 2; nothing .*; it had written "fatal error: all goroutines are asleep - deadlock!"/],
  ['Exits()', 'it ended the program with status 7; nothing of what it did is left'],
  ['Add(1)', 'main.Add takes 2 arguments, not 1'],
  ['Add("x", 2)', 'cannot convert the constant "x" to int'],
  ['Add(p, 2)', 'a (int) cannot be a main.point'],
  ['Text(5)', 'int does not implement fmt.Stringer'],
  ['main.Max[int8](1, 2)', 'main.Max is generic; the program has main.Max[go.shape.'],
  ['Divide(1, 0) + 1', /it panicked: .*divide/],
];

async function stopped(path: string, function_ = 'main.stop'): Promise<Debugging> {
  const at = debug(path);
  await at.text(`break ${function_}`);
  await at.text('continue');
  return at;
}

describe.each(MATRIX)('calls of functions, %s', toolchain => {
  const why = missing(toolchain);
  const test = it.skipIf(why);
  const note = why ? ` (skipped: ${why})` : '';
  const program = () => buildGo('calls', { toolchain, gcflags: '-N -l' });

  test(`return what Go says, and leave the registers and the stack${note}`, async () => {
    const at = await stopped(program());
    await at.text('up');
    // A goroutine may go on in another thread than before: its registers are what they were, the thread's own base is not.
    const around = async () => [{ ...(await at.data('regs -a')), fs_base: undefined }, await at.text('bt')];
    const before = await around();
    for (const [call, shown] of RESULTS) expect([call, await at.text(`call ${call}`)]).toEqual([call, shown]);
    expect(await around()).toEqual(before);
    expect(await at.text('frame')).toMatch(/^#1 /);
  });

  test(`take any number of arguments where Go's do${note}`, async () => {
    const at = await stopped(buildGo('variadics', { toolchain, gcflags: '-N -l' }));
    await at.text('next');
    await at.text('next');
    for (const [call, shown] of VARIADIC) expect([call, await at.text(`call ${call}`)]).toEqual([call, shown]);
    for (const call of ['Total()', 'Total(1, "x")', 'Total([]int{1}...)']) expect((await at.run(`call ${call}`)).ok).toBe(false);
  });

  test(`leave what they do, unless they are pure${note}`, async () => {
    const at = await stopped(program());
    await at.text('up');
    const hash = () => at.text('info state');
    const before = await hash();
    expect(await at.text('call -pure Count()')).toBe('1');
    expect(await at.text('call -pure Collect() + Concurrently()')).toBe('210');
    expect(await at.text('call -pure Say("never")')).toBe('(no results)\nit wrote (and this is undone): "never\\n"');
    expect(await at.text('whatis Divide(7, 2)')).toBe('(int, int)');
    expect(await at.text('ptype Count()')).toBe('type int');
    expect(await hash()).toBe(before);
    expect(await at.text('p main.Count() + main.Count()')).toBe('3');
    expect(await at.text('call p.Move(10, 20)')).toBe('(no results)');
    expect(await at.text('p p')).toBe('main.point {X: 13, Y: 24}');
    expect(at.written()).toBe('');
    await at.text('call Say("said")');
    expect(at.written()).toBe('said\n');
    expect(await at.text('p main.count')).toBe('102');
  });

  test(`that do not return are undone, and say why${note}`, async () => {
    const at = await stopped(program());
    await at.text('up');
    await at.text('config max-call-instructions 1000000');
    const before = await at.text('info state');
    for (const [call, reason] of UNDONE) {
      const { ok, output } = await at.run(`print ${call}`);
      expect([call, ok]).toEqual([call, false]);
      if (typeof reason === 'string') expect(output).toContain(reason);
      else expect(output).toMatch(reason);
    }
    expect(await at.text('info state')).toBe(before);
    for (const [call, values] of [
      ['Divide(1, 2)', '2'],
      ['Say("x")', 'no'],
    ])
      expect((await at.run(`call -pure ${call} + 1`)).output).toContain(`${call} gives ${values} values, not one`);
    expect(await at.text('info state')).toBe(before);
  });

  test(`go on afterwards as if there had been no pure calls, in conditions too${note}`, async () => {
    const native = runNative(program());
    const at = await stopped(program());
    await at.text('condition 1 Add(n, 1) == 4');
    expect(await at.data('continue')).toMatchObject({ reason: 'breakpoint' });
    expect(await at.text('p n')).toBe('3');
    await at.text('call -pure Say("never")');
    await at.text('delete');
    expect(await at.data('continue')).toMatchObject({ reason: 'exited', status: native.status });
    expect(at.written()).toBe(native.stdout);
  });

  test(`are refused where they are not safe${note}`, async () => {
    const at = debug(program());
    const refused = async (line: string) => (await at.run(line)).output;
    expect(await refused('call main.Add(1, 2)')).toContain('no function can be called here: the thread runs no goroutine yet');
    await at.text('break runtime.newproc1');
    await at.text('continue');
    await at.text('continue');
    expect(await refused('call main.Add(1, 2)')).toMatch(/the thread is on g0, which is the runtime's, not goroutine 1's/);
    await at.text('delete');
    await at.text('break runtime.convTstring');
    await at.text('continue');
    expect(await refused('call main.Add(1, 2)')).toContain("Go's runtime lets no function be called here: call from within the Go runtime");
    await at.text('delete');
    await at.text('break main.stop');
    await at.text('restart');
    await at.text('continue');
    const before = await at.text('info state');
    expect(await refused('goroutine 2 call main.Add(1, 2)')).toContain('goroutine 2 runs on no thread');
    expect(await at.text('info state')).toBe(before);
  });

  test(`at a fault leave it waiting to be delivered${note}`, async () => {
    const at = debug(buildGo('panics', { toolchain }), ['--env', 'X=1']);
    await at.text('restart nil');
    const stop = await at.data('continue');
    expect(stop).toMatchObject({ reason: 'signal', signal: 'SIGSEGV' });
    expect(await at.text('call fmt.Sprint(nil)')).toBe('""');
    expect(await at.text('regs rip')).toContain(stop.pc);
    expect(await at.data('continue')).toMatchObject({ reason: 'panic' });
  });
});

const without = missing('go1.26', 'gcc');

it.skipIf(without)(`in C code calls are refused${without ? ` (skipped: ${without})` : ''}`, async () => {
  const at = await stopped(buildGo('cgo'), 'fill');
  expect((await at.run('call main.main()')).output).toContain('no function can be called here: the thread runs C code');
});

it.skipIf(missing('go1.26'))('what was inlined everywhere is told from what there is not', async () => {
  const at = await stopped(buildGo('calls'));
  await at.text('up');
  const output = async (line: string) => (await at.run(line)).output;
  expect(await output('call p.Sum()')).toContain('main.point.Sum has no code of its own to be run: it was inlined wherever it is called');
  expect(await output('call p.Nothing()')).toContain('has no field Nothing, and the program no such method of it');
});

it('in a bundled program run in a frame on the stack', async () => {
  const at = debugBundled('go-args');
  await at.text('break main.main');
  await at.text('continue');
  const before = await at.text('info state');
  expect(await at.text('call -pure nine(1, 2, 3, 4, 5, 6, 7, 8, 9)')).toBe('123456789');
  expect(await at.text('call -pure several(7, -2)')).toMatch(/^quotient: -3, remainder: 1, sign: "/);
  expect(await at.text('info state')).toBe(before);
  const regs = await at.data('regs -a');
  expect(await at.text('call overflow(1, 2, 3, 4, 5, 6, 7, 8, "go", 30)')).toMatch(/^-?\d+$/);
  expect(await at.data('regs -a')).toEqual(regs);
});
