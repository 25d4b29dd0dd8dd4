/** A target is looked at for any thread, goroutine and moment, without what the session's user has selected. */
import { describe, expect, it } from 'vitest';
import { evaluate } from '../../src/debugger/evaluate/evaluate.js';
import { parseExpression } from '../../src/debugger/evaluate/parser.js';
import { printResult } from '../../src/debugger/evaluate/result.js';
import { registerRoles } from '../../src/debugger/lens/roles.js';
import { backtrace } from '../../src/debugger/show/backtrace.js';
import { registerLines, registerNames } from '../../src/debugger/show/registers-text.js';
import { type CallStack, Target } from '../../src/debugger/target.js';
import { buildGo, missing } from '../support/build.js';
import { type Debugging, debug, debugBundled } from '../support/debug.js';

const OPTIONS = { full: true, offsets: true, how: true, print: {} };

/** All that is said of a stack's innermost frames. */
function told(stack: CallStack): unknown {
  const frames = stack.frames(4);
  return [
    backtrace(stack, 20, OPTIONS),
    frames.map(frame => [registerLines(stack, frame, registerNames(true)), [...registerRoles(stack, frame)]]),
    frames.map(frame => printResult(stack.context(frame), evaluate(parseExpression('$rip'), stack.context(frame)), {})),
  ];
}

const why = missing('go1.26');

describe.skipIf(why)(`a program with threads and goroutines${why ? ` (${why})` : ''}`, () => {
  async function stopped(): Promise<Debugging> {
    const at = debug(buildGo('goroutines'));
    await at.text('break runtime.gopark');
    await at.text('condition 1 -hitcount % 40');
    await at.text('continue');
    return at;
  }

  it('has the stacks of all threads and goroutines that commands show when each is selected, and selects none', async () => {
    const at = await stopped();
    const { session } = at;
    const { target, selection } = session;
    const before = await at.text('bt -how');
    const threads = target.process.threads.filter(thread => thread.state !== 'exited');
    expect(threads.length).toBeGreaterThan(1);
    for (const thread of threads) {
      const stack = target.stack({ thread });
      const bt = backtrace(stack, 20, { ...OPTIONS, full: false, offsets: false }).output;
      expect(await at.text(`thread ${target.threadNumber(thread)} bt 20 -how`)).toBe(bt);
    }
    for (const goroutine of target.go!.goroutines()) {
      const bt = backtrace(target.stack({ goroutine }), 20, { ...OPTIONS, full: false, offsets: false }).output;
      expect(await at.text(`goroutine ${goroutine.id} bt 20 -how`)).toBe(bt);
    }
    expect(session.selection).toBe(selection);
    expect(await at.text('bt -how')).toBe(before);
  });

  it('is looked at from two sides at once', async () => {
    const { session } = await stopped();
    const { target } = session;
    const [one, two] = target.process.threads.slice(0, 2).map(thread => target.stack({ thread })) as [CallStack, CallStack];
    const apart = [told(one), told(two)];
    target.changed();
    const [first, second] = [one, two].map(({ thread }) => target.stack({ thread })) as [CallStack, CallStack];
    // Each is walked on where the other has begun.
    for (const stack of [first, second]) expect(stack.frames(1)).toHaveLength(1);
    expect([told(first), told(second)]).toEqual(apart);
    expect(told(one)).not.toEqual(told(two));
  });
});

it('another moment of the same run is looked at beside the one where the user stands', async () => {
  const at = debugBundled('systemstack');
  const { session } = at;
  await at.text('stepi 60');
  const early = told(session.stack);
  await at.text('stepi 30');
  await at.text('thread 1');
  const { selection } = session;
  const late = told(session.stack);

  // Runs are equal to the bit: a process of its own, run as far, is that moment.
  const process = session.launcher.launch(undefined, () => undefined);
  process.run({ budget: 60 });
  const then = new Target(process, objects => session.launcher.images(objects));
  expect(told(then.stack())).toEqual(early);
  expect(told(session.stack)).toEqual(late);
  expect(early).not.toEqual(late);
  expect(session.selection).toBe(selection);
});

it('what was derived from a target is forgotten when it changes, and only then', async () => {
  const { session, text } = debugBundled('systemstack');
  const { target } = session;
  const make = ({ generation }: Target) => ({ generation });
  const first = target.derived(make);
  expect(target.derived(make)).toBe(first);
  await text('stepi');
  expect(target.derived(make)).not.toBe(first);
  const second = target.derived(make);
  await text('bt');
  expect(target.derived(make)).toBe(second);
  // A register that is set in a frame's context changes the target.
  session.context().frame!.setRegister('rax', 5n);
  expect(target.derived(make)).not.toBe(second);
  expect(target.stack().frames(1)[0]!.physical.registers.get('rax')!.value).toBe(5n);
});
