/** What is asked of a session while its program runs: done at once, later or not at all, and never in the middle of something else. */
import { expect, it } from 'vitest';
import { execute, run } from '../../src/debugger/commands/execute.js';
import { type Debugging, debugAssembly } from '../support/debug.js';

const LOOP = `
TEXT ·main<ABIInternal>(SB), NOSPLIT, $0
	MOVQ $0, AX
again:
	ADDQ $1, AX
	CMPQ AX, $20000
	JLT again
	CALL ·late(SB)
	RET

TEXT ·late(SB), NOSPLIT, $0
	RET
`;

/** Stops in main, and has something done at the first breath of what runs next. */
async function during(ask: (at: Debugging) => void): Promise<Debugging> {
  const at = debugAssembly(LOOP);
  await at.text('break main.main');
  await at.text('continue');
  let asked = false;
  let time = at.session.host.now();
  at.session.host.now = () => (time += 20);
  at.session.host.breathe = async () => {
    if (!asked) ask(at);
    asked = true;
  };
  return at;
}

it('a breakpoint that is set while the program runs stops it, and one that is deleted does not', async () => {
  const told: string[] = [];
  const at = await during(async ({ session }) => void told.push((await run(session, 'break main.late')).output));
  expect(await at.data('continue')).toMatchObject({ reason: 'breakpoint', breakpoint: 2, function: 'main.late' });
  expect(told).toEqual([expect.stringMatching(/^Breakpoint 2 at .* main\.late/)]);

  const other = await during(({ session }) => void run(session, 'delete 2'));
  await other.text('break main.late');
  expect((await other.data('continue')).reason).toBe('exited');
});

it.each(['disable 2', 'toggle 2', 'condition 2 1 == 2', 'clear main.late', 'ignore 2 1'])(
  '%s counts while the program runs',
  async line => {
    const at = await during(({ session }) => void run(session, line));
    await at.text('break main.late');
    expect((await at.data('continue')).reason).toBe('exited');
  },
);

it('a second command that runs the program is refused while it runs, and changes nothing', async () => {
  const alone = await during(() => undefined);
  const refused: unknown[] = [];
  const at = await during(({ session }) => {
    for (const line of ['continue', 'stepi', 'finish', 'restart', 'kill', 'return', 'jump main.late']) {
      void run(session, line).then(({ ok, output }) => refused.push([line, ok, output.split(':')[0]]));
    }
  });
  const [expected, stop] = [await alone.data('continue'), await at.data('continue')];
  expect(refused).toHaveLength(7);
  for (const each of refused) expect(each).toEqual([expect.any(String), false, 'the program is running']);
  expect(stop).toEqual(expected);
  expect(await at.data('info state')).toEqual(await alone.data('info state'));
});

it('what looks at the program waits for its stop, in the order of asking', async () => {
  const ended: string[] = [];
  const at = await during(({ session }) => {
    for (const line of ['bt', 'p 1+1', 'source nothing']) void run(session, line).then(({ command }) => ended.push(command));
  });
  await at.text('break main.late');
  const stopped = await at.run('continue');
  ended.push(stopped.command);
  expect(await at.text('p $rip')).toContain('main.late');
  expect(ended.sort()).toEqual(['bt', 'continue', 'p 1+1', 'source nothing']);

  const answers: string[] = [];
  const again = await during(({ session }) => {
    for (const line of ['info program', 'frame function late']) void execute(session, line).then(({ output }) => answers.push(output));
  });
  await again.text('break main.late');
  await again.text('continue');
  await again.text('echo');
  expect(answers).toHaveLength(2);
  for (const each of answers) expect(each).toContain('main.late');
});

it('settings act at once; a frame is not there to speak of', async () => {
  const outcomes = new Map<string, string>();
  const at = await during(({ session }) => {
    const ask = (line: string) => void run(session, line).then(({ output }) => outcomes.set(line, output));
    ask('config disassemble-flavor intel');
    ask('break');
    ask('break +1');
    ask('handle SIGUSR1 stop');
  });
  await at.text('continue');
  expect(at.session.settings.flavor).toBe('intel');
  expect(outcomes.get('config disassemble-flavor intel')).toBe('');
  expect(outcomes.get('break')).toBe('the program is running: no frame is selected');
  expect(outcomes.get('break +1')).toContain('line');
  expect(outcomes.get('handle SIGUSR1 stop')).toMatch(/SIGUSR1 +yes +yes +yes/);
  expect(at.session.breakpoints.all).toHaveLength(1);
});

it('exit ends what runs', async () => {
  const at = await during(({ session }) => void run(session, 'exit'));
  expect((await at.data('continue')).reason).toBe('interrupted');
  expect(at.session.ended).toBe(true);
});

it('an interrupt counts from the moment on at which the run is asked for, and one from before it does not', async () => {
  const at = debugAssembly(LOOP.replace('$20000', '$1000000000'));
  const { session } = at;
  session.interrupt();
  await at.text('break main.main');
  expect(await at.data('continue')).toMatchObject({ reason: 'breakpoint' });
  for (const command of ['continue', 'stepi 1000000', 'finish', 'until main.late']) {
    const asked = run(session, command);
    session.interrupt();
    expect((await asked).data, command).toMatchObject({ reason: 'interrupted' });
  }
  session.interrupt();
  expect(await at.data('stepi')).toMatchObject({ reason: 'step' });
});
