/** `r14 dap` with VS Code's own test client, and programs of Go and C. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DebugClient } from '@vscode/debugadapter-testsupport';
import { afterEach, describe, expect, it } from 'vitest';
import { DapReader, dapMessage } from '../../src/server/dap/transport.js';
import { buildC, buildGo, missing, runR14 } from '../support/build.js';
import { DapClient } from '../support/dap.js';
import { debug } from '../support/debug.js';

const root = join(import.meta.dirname, '../..');
const gcc = missing('gcc');
const go = missing('go1.26');

const ends: (() => unknown)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** Starts a server, and a client of it. */
async function serving() {
  const child = spawn(process.execPath, [join(root, 'bin/r14.js'), 'dap', '--listen', '0'], { stdio: ['ignore', 'ignore', 'pipe'] });
  ends.push(() => child.kill());
  let err = '';
  const port = await new Promise<number>(resolve =>
    child.stderr.on('data', data => {
      err += data;
      const found = /connect to 127\.0\.0\.1:(\d+)/.exec(err)?.[1];
      if (found !== undefined) resolve(Number(found));
    }),
  );
  return { port, said: () => err, child };
}

async function clientOf(port: number): Promise<DebugClient> {
  const client = new DebugClient('', '', 'r14');
  await client.start(port);
  // `start` takes all bounds away.
  client.defaultTimeout = 60_000;
  return client;
}

describe.skipIf(gcc)(`a C program${gcc ? ` (skipped: ${gcc})` : ''}`, () => {
  const program = () => buildC('watched', { flags: ['-g', '-O0'] });
  const path = join(root, 'programs/c/watched.c');

  it('stops at lines, shows and sets variables, and goes back', async () => {
    const { port, said } = await serving();
    const client = await clientOf(port);
    await client.hitBreakpoint({ program: program() }, { path, line: 13 });
    const { body } = await client.threadsRequest();
    const threadId = body.threads[0]!.id;
    const { stackFrames } = (await client.stackTraceRequest({ threadId })).body;
    expect(stackFrames[0]).toMatchObject({ name: 'main', line: 13, source: { path } });
    const frameId = stackFrames[0]!.id;
    const { scopes } = (await client.scopesRequest({ frameId })).body;
    expect(scopes.map(({ name }) => name)).toEqual(['Arguments', 'Locals', 'Globals', 'Registers', 'Conventions at this edge']);
    const variables = async (name: string) => {
      const { variablesReference } = scopes.find(each => each.name === name)!;
      const all = (await client.variablesRequest({ variablesReference })).body.variables;
      return new Map(all.map(each => [each.name, each]));
    };
    // Line 13 is the loop's second: the first has added to a.
    expect((await variables('Locals')).get('i')).toMatchObject({ value: '0', type: 'int' });
    const globals = await variables('Globals');
    expect(globals.get('a')?.value).toBe('3');
    const first = (await client.variablesRequest({ variablesReference: globals.get('head')!.variablesReference })).body.variables;
    expect(first.map(({ name, value, evaluateName }) => [name, value, evaluateName])).toMatchObject([
      ['v', '3', '(*head).v'],
      ['next', expect.stringMatching(/^0x|second/), '(*head).next'],
    ]);
    expect((await client.evaluateRequest({ expression: 'head->next->v', frameId, context: 'hover' })).body).toMatchObject({
      result: '7',
      type: 'int',
    });
    const locals = scopes.find(({ name }) => name === 'Locals')!.variablesReference;
    expect((await client.setVariableRequest({ variablesReference: locals, name: 's', value: '40' })).body.value).toBe('40');
    await client.setBreakpointsRequest({ source: { path }, breakpoints: [] });

    await Promise.all([client.nextRequest({ threadId }), client.assertStoppedLocation('step', { path, line: 14 })]);
    await Promise.all([client.stepBackRequest({ threadId }), client.assertStoppedLocation('step', { path, line: 13 })]);
    await client.setBreakpointsRequest({ source: { path }, breakpoints: [{ line: 15, condition: 'i == 3' }] });
    await Promise.all([client.continueRequest({ threadId }), client.assertStoppedLocation('breakpoint', { path, line: 15 })]);
    const again = (await client.stackTraceRequest({ threadId })).body.stackFrames[0]!.id;
    // 40 + 0 + 1 + 2 + 3.
    expect((await client.evaluateRequest({ expression: 's', frameId: again, context: 'watch' })).body.result).toBe('46');
    await client.setBreakpointsRequest({ source: { path }, breakpoints: [] });
    await Promise.all([
      client.continueRequest({ threadId }),
      client.waitForEvent('exited').then(event => expect(event.body).toEqual({ exitCode: 0 })),
      client.waitForEvent('terminated'),
    ]);
    await client.disconnectRequest({});
    await expect.poll(said).toMatch(/the editor has gone/);
    // The next is served.
    const next = await clientOf(port);
    await Promise.all([next.launch({ program: program() }), next.configurationSequence(), next.waitForEvent('terminated')]);
  });

  it('watches data', async () => {
    const client = new DapClient(() => debug(program()).session);
    await client.launch({ program: program() }, () => client.body('setFunctionBreakpoints', { breakpoints: [{ name: 'main' }] }));
    await client.event('stopped');
    const { threadId } = await client.move('continue');
    const [frame] = await client.frames(threadId);
    const { scopes } = await client.body('scopes', { frameId: frame.id });
    const { variablesReference } = scopes.find(({ name }: { name: string }) => name === 'Globals');
    const info = await client.body('dataBreakpointInfo', { variablesReference, name: 'b' });
    await client.body('setDataBreakpoints', { breakpoints: [{ dataId: info.dataId }] });
    expect(await client.move('continue', { threadId })).toMatchObject({
      reason: 'data breakpoint',
      text: expect.stringMatching(/^5\b.* -> 100\b/),
    });
    expect(await client.move('reverseContinue', { threadId })).toMatchObject({ reason: 'function breakpoint' });
  });

  it('is interrupted, and leaves with its client', async () => {
    const loop = buildC('loop');
    const { port, said } = await serving();
    const client = await clientOf(port);
    await Promise.all([client.launch({ program: loop }), client.configurationSequence()]);
    expect((await client.customRequest('stackTrace', { threadId: 1 }).catch((error: Error) => error)) as Error).toHaveProperty(
      'message',
      'notStopped',
    );
    await Promise.all([
      client.pauseRequest({ threadId: 1 }),
      client.waitForEvent('stopped').then(event => expect(event.body.reason).toBe('pause')),
    ]);
    // One that says nothing and goes.
    const other = connect(port, '127.0.0.1');
    const refused: unknown[] = [];
    const reader = new DapReader();
    other.on('data', bytes => refused.push(...reader.push(bytes)));
    await once(other, 'close');
    expect(refused).toMatchObject([{ value: { event: 'output' } }, { value: { event: 'terminated' } }]);
    await client.continueRequest({ threadId: 1 });
    await client.stop();
    await expect.poll(said).toMatch(/the editor has gone/);
  });

  /** `r14 dap` over standard input and output. */
  function overPipes() {
    const folder = mkdtempSync(join(tmpdir(), 'r14-dap-'));
    const child = spawn(process.execPath, [join(root, 'bin/r14.js'), 'dap'], { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'] });
    ends.push(() => {
      child.kill();
      rmSync(folder, { recursive: true });
    });
    // biome-ignore lint/suspicious/noExplicitAny: each message has a body of its own shape, which the tests check.
    const heard: any[] = [];
    const reader = new DapReader();
    child.stdout.on('data', bytes => {
      for (const each of reader.push(bytes)) if (each.kind === 'message') heard.push(each.value);
    });
    let seq = 1;
    const send = (command: string, given: object = {}) =>
      void child.stdin.write(dapMessage({ seq: seq++, type: 'request', command, arguments: given }));
    const told = (name: string) => heard.filter(({ event }) => event === name).map(({ body }) => body);
    const hears = async (name: string) => expect.poll(() => told(name).length, { timeout: 60_000 }).toBeGreaterThan(0);
    return { child, folder, heard, send, told, hears };
  }

  it('is a process of its own over standard input and output, which ends when nobody writes any more', async () => {
    const { child, send, hears, told } = overPipes();
    send('initialize', { adapterID: 'r14' });
    send('launch', { program: program(), args: ['x'], cwd: root });
    send('configurationDone');
    await hears('terminated');
    expect(told('exited')).toEqual([{ exitCode: 0 }]);
    child.stdin.end();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('reads what is typed in the console while it waits', async () => {
    const { send, told, hears } = overPipes();
    const said = (category: string) =>
      told('output')
        .flatMap(body => (body.category === category ? [body.output] : []))
        .join('');
    send('initialize');
    send('launch', { program: buildC('cat') });
    send('configurationDone');
    await expect.poll(() => said('console'), { timeout: 60_000 }).toMatch(/waits for input/);
    send('evaluate', { expression: 'p 1 + 1', context: 'repl' });
    await expect.poll(() => said('stdout'), { timeout: 60_000 }).toBe('p 1 + 1\n');
    await expect.poll(() => said('console').match(/waits for input/g)?.length, { timeout: 60_000 }).toBe(2);
    send('evaluate', { expression: '^D', context: 'repl' });
    await hears('terminated');
  });

  it('tells of work that takes long, and leaves it when that is cancelled', async () => {
    const { child, heard, send, told, hears } = overPipes();
    const answer = async (seq: number) => {
      const found = () => heard.find(({ type, request_seq }) => type === 'response' && request_seq === seq);
      await expect.poll(found, { timeout: 60_000 }).toBeDefined();
      return found();
    };
    send('initialize', { adapterID: 'r14', supportsProgressReporting: true });
    send('launch', { program: buildC('loop', { static: true }), stopOnEntry: true });
    await hears('initialized');
    send('configurationDone');
    await hears('stopped');
    const evaluate = (expression: string): void => send('evaluate', { context: 'repl', expression });
    evaluate('stepi 4000000000');
    await hears('progressStart');
    const [{ progressId, ...begun }] = told('progressStart');
    expect(begun).toEqual({ title: 'r14: evaluate', requestId: 4, cancellable: true });
    send('cancel', { progressId });
    expect(await answer(5)).toMatchObject({ success: true });
    expect(await answer(4)).toMatchObject({ success: true });
    await hears('progressEnd');
    expect(told('progressEnd')).toEqual([{ progressId }]);
    // By its number as well.
    evaluate('stepi 4000000000');
    await expect.poll(() => told('progressStart').length, { timeout: 60_000 }).toBe(2);
    send('cancel', { requestId: 6 });
    expect(await answer(6)).toMatchObject({ success: true });
    child.stdin.end();
    await once(child, 'exit');
  });

  it('is ended while it runs', async () => {
    const { heard, send, told, hears } = overPipes();
    send('initialize');
    send('launch', { program: buildC('loop') });
    send('configurationDone');
    await expect.poll(() => heard.map(({ command }) => command), { timeout: 60_000 }).toContain('configurationDone');
    send('terminate');
    await hears('terminated');
    expect(told('exited')).toEqual([{ exitCode: 137 }]);
  });

  it('comes back to where it was saved', async () => {
    const { child, folder, send, told, hears } = overPipes();
    send('initialize');
    send('launch', { program: program(), stopOnEntry: true });
    send('configurationDone');
    await hears('stopped');
    const file = join(folder, 'run.r14');
    for (const expression of ['break main', 'continue']) send('evaluate', { expression, context: 'repl' });
    await expect.poll(() => told('stopped').length, { timeout: 60_000 }).toBe(2);
    send('evaluate', { expression: `save ${file}`, context: 'repl' });
    await expect.poll(() => existsSync(file), { timeout: 60_000 }).toBe(true);
    const where = told('stopped').at(-1).description;
    child.kill();
    const again = overPipes();
    again.send('initialize');
    again.send('launch', { replay: file });
    again.send('configurationDone');
    await again.hears('stopped');
    expect(again.told('stopped')).toMatchObject([{ reason: 'step', description: where.replace(/^breakpoint 1 in /, '') }]);
  });

  it('is looked at when only its core is left', async () => {
    const { folder, send, told, hears, heard } = overPipes();
    send('initialize');
    send('launch', { program: program(), stopOnEntry: true });
    send('configurationDone');
    await hears('stopped');
    for (const expression of ['break main', 'continue']) send('evaluate', { expression, context: 'repl' });
    await expect.poll(() => told('stopped').length, { timeout: 60_000 }).toBe(2);
    const file = join(folder, 'core');
    send('evaluate', { expression: `dump ${file}`, context: 'repl' });
    send('stackTrace', { threadId: 1 });
    const frames = (all: typeof heard) => all.find(({ command }) => command === 'stackTrace')?.body.stackFrames;
    await expect.poll(() => frames(heard), { timeout: 60_000 }).toBeDefined();
    const again = overPipes();
    again.send('initialize');
    again.send('launch', { core: file });
    again.send('configurationDone');
    await again.hears('stopped');
    again.send('stackTrace', { threadId: again.told('stopped')[0].threadId });
    again.send('next', { threadId: 1 });
    // It stands where it stood, and says why.
    await expect.poll(() => again.told('stopped').length, { timeout: 60_000 }).toBe(2);
    expect(again.told('output').at(-1)).toMatchObject({ category: 'important', output: expect.stringContaining('core') });
    const places = (all: typeof heard) => frames(all).map((frame: { name: string; line: number }) => [frame.name, frame.line]);
    expect(places(again.heard).slice(0, 1)).toEqual(places(heard).slice(0, 1));
  });
});

describe.skipIf(go)(`Go programs${go ? ` (skipped: ${go})` : ''}`, () => {
  it('the crash under -race has the frames of bt, and the race has the words of race why', async () => {
    const crash = buildGo('crash', { toolchain: 'go1.26', race: true });
    const client = new DapClient(() => debug(crash).session);
    await client.launch({ program: crash });
    const { threadId } = await client.event('stopped');
    const stop = await client.move('continue', { threadId });
    expect(stop).toMatchObject({ reason: 'exception', threadId: 1 });
    const beside = debug(crash);
    await beside.run('continue');
    const frames = await client.frames(stop.threadId);
    const rows = (await beside.data('bt')) as { pc: string }[];
    expect(frames.filter(({ id }) => id > 0).map(each => each.instructionPointerReference)).toEqual(rows.map(({ pc }) => pc));
    expect(frames.filter(({ presentationHint }) => presentationHint === 'label')).toHaveLength(1);
    const { threads } = await client.body('threads');
    expect(threads.filter(({ id }: { id: number }) => id < 2 ** 30)).toHaveLength((await beside.data('goroutines')).length);
    expect((await client.body('exceptionInfo', { threadId: 1 })).description).toContain(await beside.text('why'));
  });

  it('a data race is an exception, if that is asked for', async () => {
    const racy = buildGo('race-counter', { toolchain: 'go1.26', race: true });
    const client = new DapClient(() => debug(racy).session);
    const asked = { filters: ['race', 'panic'] };
    await client.launch({ program: racy }, () => client.body('setExceptionBreakpoints', asked));
    const { threadId } = await client.event('stopped');
    const stop = await client.move('continue', { threadId });
    expect(stop).toMatchObject({ reason: 'exception', description: expect.stringMatching(/^data race: /) });
    const info = await client.body('exceptionInfo', { threadId: stop.threadId });
    const beside = debug(racy);
    await beside.run('break race');
    await beside.run('continue');
    expect(info).toMatchObject({ exceptionId: 'data race' });
    expect(info.description).toContain(await beside.text('race why'));
    // The frame that the race is of is the first that an editor opens.
    const frames = (await client.frames(stop.threadId)).filter(({ id }) => id > 0);
    const { index } = await beside.data('frame');
    expect(frames.map(({ presentationHint }) => presentationHint === 'subtle').lastIndexOf(true)).toBe(index - 1);
    expect(frames[index].name).toMatch(/^main\.increment/);
  });

  it('goroutines go on in the order of a schedule', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'r14-dap-'));
    ends.push(() => rmSync(folder, { recursive: true }));
    const schedule = join(folder, 'random.schedule');
    const program = buildGo('race-counter', { race: true });
    runR14(['run', '--strategy', 'random', '--seed', '5', '--schedule-out', schedule, program]);
    const decisions = readFileSync(schedule, 'utf8').match(/^[\d.]+ -> \d+/gm)!;
    expect(decisions.length).toBeGreaterThan(0);
    const { port } = await serving();
    const client = await clientOf(port);
    await Promise.all([client.launch({ program, schedule }), client.configurationSequence(), client.waitForEvent('exited')]);
    const { body } = await client.evaluateRequest({ expression: '-schedule', context: 'repl' });
    // A line for each: `  1  goroutine 1 is put aside in front of ...`.
    expect(body.result.match(/^ *\d+ {2}goroutine /gm)).toHaveLength(decisions.length);
    await client.stop();
  });

  it('goroutines are threads, each with its stack; variables open', async () => {
    const steps = buildGo('steps', { toolchain: 'go1.26', gcflags: '-N -l' });
    const client = new DapClient(() => debug(steps).session);
    await client.launch({ program: steps }, () => client.body('setFunctionBreakpoints', { breakpoints: [{ name: 'main.work' }] }));
    const start = await client.event('stopped');
    const stop = await client.move('continue', { threadId: start.threadId });
    const beside = debug(steps);
    await beside.run('break main.work');
    await beside.run('continue');
    const goroutines = (await beside.data('goroutines')) as { id: number; status: string }[];
    const { threads } = await client.body('threads');
    const ids = threads.map(({ id }: { id: number }) => id).filter((id: number) => id < 2 ** 30);
    expect([...ids].sort((a, b) => a - b)).toEqual(goroutines.map(({ id }) => id).sort((a, b) => a - b));
    for (const { id } of goroutines) {
      const rows = (await beside.data(`goroutine ${id} bt`)) as { pc: string }[];
      const frames = (await client.frames(id)).filter(frame => frame.id > 0);
      expect(frames.map(each => each.instructionPointerReference)).toEqual(rows.map(({ pc }) => pc));
    }
    const parked = goroutines.find(({ id, status }) => id !== stop.threadId && status === 'waiting')!;
    expect(await client.ask('next', { threadId: parked.id })).toMatchObject({
      success: false,
      message: expect.stringContaining('does not run now'),
    });
    // In the frame of main.calls, on its own goroutine.
    const frames = await client.frames(1);
    const calls = frames.find(({ name }) => name === 'main.calls');
    const args = await client.scope(calls.id, 'Arguments');
    expect([args.get('k')?.value, args.get('text')?.value]).toEqual(['1', '"a"']);
    const s = args.get('s');
    expect(s).toMatchObject({ type: '[]int', indexedVariables: 1, evaluateName: 's' });
    expect((await client.children(s.variablesReference)).get('[0]')).toMatchObject({ value: '1', evaluateName: 's[0]', type: 'int' });
    const globals = await client.scope(calls.id, 'Package variables');
    const children = await client.children(globals.get('main.m').variablesReference);
    expect([...children].map(([name, { value }]) => [name, value])).toEqual([['[1]', '1']]);
    const called = await client.body('evaluate', { expression: 'len(s) + k', frameId: calls.id, context: 'watch' });
    expect(called).toMatchObject({ result: '2', type: 'int' });
  });

  it('steps into the call that is chosen', async () => {
    const steps = buildGo('steps', { toolchain: 'go1.26', gcflags: '-N -l' });
    const client = new DapClient(() => debug(steps).session);
    await client.launch({ program: steps }, () => client.body('setFunctionBreakpoints', { breakpoints: [{ name: 'main.main' }] }));
    const { threadId } = await client.event('stopped');
    const stop = await client.move('continue', { threadId });
    await client.move('next', { threadId: stop.threadId });
    const [frame] = await client.frames(stop.threadId);
    const { targets } = await client.body('stepInTargets', { frameId: frame.id });
    const calls = targets.find(({ label }: { label: string }) => label === 'main.calls');
    await client.move('stepIn', { threadId: stop.threadId, targetId: calls.id });
    expect((await client.frames(stop.threadId))[0].name).toBe('main.calls');
    await client.move('stepOut', { threadId: stop.threadId });
    expect((await client.frames(stop.threadId))[0].name).toBe('main.main');
    const lines = await client.body('breakpointLocations', { source: frame.source, line: frame.line, endLine: frame.line + 2 });
    expect(lines.breakpoints.map(({ line }: { line: number }) => line)).toContain(frame.line);
    const there = await client.body('gotoTargets', { source: frame.source, line: frame.line });
    await client.body('goto', { threadId: stop.threadId, targetId: there.targets[0].id });
    expect(await client.event('stopped')).toMatchObject({ reason: 'goto' });
    expect((await client.frames(stop.threadId))[0].line).toBe(frame.line);
  });
});
