/** The Debug Adapter Protocol over the bundled crash, beside what the same session says in lines; and clients without manners. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FILTERS } from '../../src/server/dap/exception-filters.js';
import { LAUNCH_ATTRIBUTES } from '../../src/server/dap/launch.js';
import { DapReader, dapMessage } from '../../src/server/dap/transport.js';
import { DapClient } from '../support/dap.js';
import { debugBundled } from '../support/debug.js';

const root = join(import.meta.dirname, '../..');

/** A client of the crash, where it stands at its start, and its session in lines beside it. */
async function atStart() {
  const own = debugBundled('newproc-race');
  const client = new DapClient(() => own.session);
  await client.launch({ program: 'newproc-race' });
  const { threadId } = await client.event('stopped');
  return { client, threadId: threadId as number, session: own.session, beside: debugBundled('newproc-race') };
}

async function atCrash() {
  const { client, threadId, ...rest } = await atStart();
  const stop = await client.move('continue', { threadId });
  await rest.beside.run('continue');
  return { ...rest, client, stop };
}

describe('a conversation', () => {
  it('is told in this order', async () => {
    const { client } = await atStart();
    await client.move('continue');
    await client.body('disconnect');
    await expect.poll(() => client.closed).toBe(true);
    const told = client.heard.map(({ type, event, command, body }) =>
      type === 'event' ? `${event} ${body?.reason ?? body?.category ?? ''}`.trim() : command,
    );
    expect(told).toEqual([
      ...['initialize', 'launch', 'initialized', 'configurationDone', 'stopped entry'],
      ...['continue', 'output console', 'stopped exception', 'disconnect'],
    ]);
  });

  it('ends with the program', async () => {
    const { client, beside } = await atStart();
    await client.body('setExceptionBreakpoints', { filters: [] });
    await client.body('continue', { threadId: 1 });
    await beside.run('handle all nostop noprint');
    expect(await client.event('exited')).toEqual({ exitCode: (await beside.data('continue')).status });
    await client.event('terminated');
    expect(await client.body('threads')).toEqual({ threads: [] });
    expect(await client.ask('stackTrace', { threadId: 1 })).toMatchObject({ success: false });
    await client.body('restart');
    expect(await client.event('stopped')).toMatchObject({ reason: 'entry' });
  });

  it('says why it cannot, and goes on', async () => {
    const client = new DapClient(() => debugBundled('newproc-race').session);
    const refused = async (command: string, given?: object) => {
      const { success, message, body } = await client.ask(command, given);
      expect([success, body.error.id]).toEqual([false, 1]);
      return message;
    };
    expect(await refused('launch', { program: 'x' })).toBe('launch: initialize comes first');
    expect(await refused('threads')).toBe('threads: no program was launched yet');
    expect(await refused('initialize', { linesStartAt1: 'yes' })).toBe('initialize: arguments.linesStartAt1 is true or false, not "yes"');
    await client.body('initialize');
    expect(await refused('attach', { pid: 1 })).toMatch(/^attach: r14 runs programs on a machine of its own/);
    expect(await refused('launch', { args: ['a'] })).toBe('launch: arguments.program is a string, not nothing');
    expect(await refused('launch', { program: 'newproc-race', seed: -1 })).toBe(
      'launch: arguments.seed is a whole number of at least 0, not -1',
    );
    await client.body('launch', { program: 'newproc-race', seed: 3, env: { A: '1' }, allowRead: ['/x', '/y'], stopOnEntry: true });
    expect(client.launched?.flags).toEqual(['--seed=3', '--allow-read=/x', '--allow-read=/y', '--env=A=1']);
    expect(await refused('launch', { program: 'newproc-race' })).toMatch(/restart/);
    await client.body('configurationDone');
    await client.event('stopped');
    expect(await refused('scopes', { frameId: 77 })).toBe('no frame 77: it was of another stop');
    expect(await refused('frobnicate')).toBe('r14 has no request frobnicate');
    expect(await refused('pause', { threadId: 1 })).toBe('the program does not run');
    expect(await refused('stackTrace', { threadId: 4 })).toMatch(/^no goroutine 4/);
  });

  it('has frames of a stop no longer than that', async () => {
    const { client, stop } = await atCrash();
    const [{ id }] = await client.frames(stop.threadId);
    await client.move('stepBack', { granularity: 'instruction' });
    expect(await client.ask('scopes', { frameId: id })).toMatchObject({ success: false });
  });
});

describe('at the crash', () => {
  it('the stack is that of bt, with the change of stacks between', async () => {
    const { client, stop, beside } = await atCrash();
    expect(stop).toMatchObject({
      reason: 'exception',
      threadId: 1,
      allThreadsStopped: true,
      text: expect.stringContaining('thr, argument 1'),
    });
    const frames = await client.frames(stop.threadId);
    const rows = (await beside.data('bt')) as { pc: string; function: string; line: number | null; file: string | null; stack: string }[];
    const own = frames.filter(({ presentationHint }) => presentationHint !== 'label');
    expect(own.map(frame => [frame.instructionPointerReference, frame.name.split(' ')[0]])).toEqual(
      rows.map(row => [row.pc, row.function]),
    );
    expect(own.map(({ line }) => line)).toEqual(rows.map(row => (row.file === null || row.file.startsWith('<') ? 0 : row.line)));
    expect(frames.flatMap(({ presentationHint, name }, index) => (presentationHint === 'label' ? [[index, name]] : []))).toEqual([
      [rows.findIndex(({ stack }) => stack === 'goroutine 1'), 'stack switch: g0 -> goroutine 1'],
    ]);
    // A page at a time it is the same.
    const pages: unknown[] = [];
    for (let startFrame = 0; startFrame < frames.length; startFrame += 4)
      pages.push(...(await client.frames(stop.threadId, { startFrame, levels: 4 })));
    expect(pages.map(frame => ({ ...(frame as object), id: 0 }))).toEqual(frames.map(frame => ({ ...frame, id: 0 })));
  });

  it('sources that came with the program are given by number', async () => {
    const { client, stop } = await atCrash();
    const [{ source, line }] = await client.frames(stop.threadId);
    const { content } = await client.body('source', { source, sourceReference: source.sourceReference });
    expect(content).toBe(readFileSync(join(root, source.path), 'utf8'));
    expect(content.split('\n')[line - 1]).toContain('(DI)');
  });

  it('registers are those of regs, and the convention that of abi', async () => {
    const { client, stop, beside } = await atCrash();
    const [frame] = await client.frames(stop.threadId);
    const registers = await client.scope(frame.id, 'Registers');
    for (const [name, value] of Object.entries(await beside.data('regs'))) expect(registers.get(name)?.value.split(' ')[0]).toBe(value);
    expect(registers.get('rdi')?.value).toMatch(/^0x0 {2}arg1 thr = nil$/);
    const edge = await client.scope(frame.id, 'Conventions at this edge');
    const said = await beside.text('abi');
    for (const { value } of edge.values())
      for (const part of value.split('  from ')) expect(said).toContain(part.replace(/^\S+ (?==)/, ''));
    const args = await client.scope(frame.id, 'Arguments');
    expect([...args.keys()].map(name => `${name} = ${args.get(name)!.value}`).join('\n')).toBe(await beside.text('args'));
  });

  it('the exception is explained as in lines', async () => {
    const { client, stop, beside } = await atCrash();
    const info = await client.body('exceptionInfo', { threadId: stop.threadId });
    expect(info).toMatchObject({ exceptionId: 'SIGSEGV', breakMode: 'always' });
    expect(info.description).toContain(await beside.text('why'));
    expect(info.details.stackTrace).toBe(await beside.text('bt'));
  });

  it('it goes back, a step and to the start', async () => {
    const { client, stop, beside } = await atCrash();
    const { threadId } = await client.move('stepBack', { threadId: stop.threadId, granularity: 'instruction' });
    const { pc } = await beside.data('reverse-stepi');
    expect((await client.frames(threadId))[0].instructionPointerReference).toBe(pc);
    expect(await client.move('reverseContinue', { threadId })).toMatchObject({
      reason: 'step',
      description: expect.stringContaining('the history begins here'),
    });
  });
});

describe('the console', () => {
  it('takes commands as they are, and expressions', async () => {
    const { client, stop, beside } = await atCrash();
    const [frame] = await client.frames(stop.threadId);
    const said = async (expression: string, frameId = frame.id) =>
      (await client.body('evaluate', { expression, frameId, context: 'repl' })).result;
    expect(await said('bt 3')).toBe(await beside.text('bt 3'));
    expect(await said('-info frame')).toBe(await beside.text('info frame'));
    expect(await said('$rip')).toBe(await beside.text('p $rip'));
    expect(await said('1 + 2')).toBe('3');
    // Variables are called as commands may be: here a command would be understood.
    expect(await said('pc')).toBe(await beside.text('p pc'));
    const answer = await client.ask('evaluate', { expression: 'frame 99', context: 'repl' });
    expect(answer).toMatchObject({ success: false, message: expect.stringContaining('no frame 99') });
  });

  it('looks from the frame that is selected, and selects none itself', async () => {
    const { client, stop, beside, session } = await atCrash();
    const frames = (await client.frames(stop.threadId)).filter(({ id }) => id > 0);
    for (const index of [0, 2, 6, 11]) {
      const { result } = await client.body('evaluate', { expression: 'info frame', frameId: frames[index].id, context: 'repl' });
      expect(result).toBe(await beside.text(`frame ${index} info frame`));
    }
    expect(session.selection.frame).toBe(0);
  });

  it('has the program move, and the client hear of it', async () => {
    const { client } = await atStart();
    await client.body('evaluate', { expression: 'break trace.TakeSnapShot', context: 'repl' });
    expect(await client.event('breakpoint')).toMatchObject({ reason: 'new', breakpoint: { id: 1, verified: true } });
    const { result } = await client.body('evaluate', { expression: 'continue', context: 'repl' });
    expect(result).toContain('breakpoint 1 in trace.TakeSnapShot');
    await client.event('continued');
    expect(await client.event('stopped')).toMatchObject({ reason: 'function breakpoint', hitBreakpointIds: [1] });
  });

  it('completes as the prompt does', async () => {
    const { client } = await atStart();
    const { targets } = await client.body('completions', { text: '-info fra', column: 10 });
    expect(targets).toEqual([{ label: 'info frame', start: 2, length: 8 }]);
  });

  it('sets what can be set', async () => {
    const { client, stop, session } = await atCrash();
    const [frame] = await client.frames(stop.threadId);
    const { scopes } = await client.body('scopes', { frameId: frame.id });
    const { variablesReference } = scopes.find(({ name }: { name: string }) => name === 'Registers');
    const set = await client.body('setVariable', { variablesReference, name: 'rbx', value: '0x1234' });
    expect(set.value).toMatch(/^0x1234/);
    expect(session.thread.registers.get('rbx')).toBe(0x1234n);
    expect(await client.ask('setVariable', { variablesReference, name: 'rbx', value: '"x"' })).toMatchObject({ success: false });
    expect(await client.body('setExpression', { expression: '$rcx', value: '7', frameId: frame.id })).toMatchObject({ value: '7' });
    expect(session.thread.registers.get('rcx')).toBe(7n);
  });
});

describe('memory', () => {
  it('is read as far as there is any, and written all or nothing', async () => {
    const { client, session } = await atStart();
    const { memory } = session.target;
    const { end } = memory.mappings().find(({ name }) => name === '[stack]')!;
    const memoryReference = `0x${(end - 8n).toString(16)}`;
    const read = await client.body('readMemory', { memoryReference, count: 100 });
    expect(read).toEqual({ address: memoryReference, data: Buffer.from(memory.read(end - 8n, 8)).toString('base64'), unreadableBytes: 92 });
    expect(await client.body('readMemory', { memoryReference: '0x10', count: 4 })).toEqual({ address: '0x10', unreadableBytes: 4 });
    const data = Buffer.from('0123456789').toString('base64');
    expect(await client.ask('writeMemory', { memoryReference, data })).toMatchObject({ success: false });
    expect(await client.body('writeMemory', { memoryReference, data, allowPartial: true })).toEqual({ bytesWritten: 8 });
    expect(Buffer.from(memory.read(end - 8n, 8)).toString()).toBe('01234567');
  });

  it('is code, from before an address to behind it', async () => {
    const { client, stop, beside } = await atCrash();
    const frames = await client.frames(stop.threadId);
    const { instructionPointerReference: memoryReference } = frames[1];
    const listing = (await beside.data('frame 1 disassemble')) as { address: string; text: string }[];
    const { instructions } = await client.body('disassemble', { memoryReference, instructionOffset: -6, instructionCount: 12 });
    expect(instructions).toHaveLength(12);
    expect(instructions[6].address).toBe(memoryReference);
    const at = listing.findIndex(({ address }) => address === memoryReference);
    for (const [index, { address, instruction }] of instructions.entries()) {
      const row = listing[at - 6 + index];
      if (row !== undefined) expect([address, instruction]).toEqual([row.address, row.text]);
    }
    // In front of a function lies the one before it, filled up.
    const entry = frames[0].instructionPointerReference;
    const before = await client.body('disassemble', { memoryReference: entry, instructionOffset: -3, instructionCount: 4 });
    expect(before.instructions[3].address).toBe(entry);
    for (const { presentationHint } of before.instructions) expect(presentationHint).toBeUndefined();
    const nowhere = await client.body('disassemble', { memoryReference: '0x10', instructionOffset: -2, instructionCount: 4 });
    expect(nowhere.instructions.map(({ instruction }: { instruction: string }) => instruction)).toEqual(['??', '??', '??', '??']);
  });
});

describe('breakpoints', () => {
  /** The client's breakpoints on lines of the program's own file. */
  async function onLines() {
    const { client, session, threadId } = await atStart();
    const { sources } = await client.body('loadedSources');
    const source = sources.find(({ path }: { path: string }) => path === 'programs/newproc-race/main.s');
    const set = async (...breakpoints: object[]) => (await client.body('setBreakpoints', { source, breakpoints })).breakpoints;
    const text = readFileSync(join(root, source.path), 'utf8').split('\n');
    return {
      client,
      session,
      threadId,
      source,
      set,
      line: text.findIndex(each => each.includes('CALL runtime·newproc<')) + 1,
    };
  }

  it('on lines are moved to where there is code, and keep their hits when they come again', async () => {
    const { client, session, threadId, set, line } = await onLines();
    const [first, nowhere] = await set({ line }, { line: 9999 });
    expect(first).toMatchObject({ verified: true, id: 1, line, source: { name: 'main.s' } });
    expect(nowhere).toMatchObject({ verified: false, reason: 'failed', message: 'no code at line 9999 of programs/newproc-race/main.s' });
    expect(await client.move('continue', { threadId })).toMatchObject({ reason: 'breakpoint', hitBreakpointIds: [1] });
    const [again] = await set({ line });
    expect(again.id).toBe(1);
    expect(session.breakpoints.named('1')?.hits).toBe(1);
    await set();
    expect(session.breakpoints.all).toEqual([]);
  });

  it('have conditions, counts and messages', async () => {
    const { client, threadId, set, line } = await onLines();
    const [wrong] = await set({ line, condition: '1 +' });
    expect(wrong).toMatchObject({ verified: false });
    const [, , odd] = await set(
      { line, condition: '$rsp == 0' },
      { line, logMessage: 'at {$rip == 0}, 100%' },
      { line, hitCondition: 'often' },
    );
    expect(odd).toMatchObject({ verified: false });
    expect(await client.move('continue', { threadId })).toMatchObject({ reason: 'exception' });
    const told = client.heard.filter(({ event }) => event === 'output').map(({ body }) => body.output);
    expect(told[0]).toBe('at false, 100%\n');
  });

  it('are on functions, instructions and data', async () => {
    const { client, threadId, beside } = await atStart();
    const { breakpoints } = await client.body('setFunctionBreakpoints', {
      breakpoints: [{ name: 'runtime.newproc1' }, { name: 'no.such' }],
    });
    expect(breakpoints).toMatchObject([{ verified: true }, { verified: false, message: expect.stringContaining('no.such') }]);
    const stop = await client.move('continue', { threadId });
    expect(stop).toMatchObject({ reason: 'function breakpoint' });
    await beside.run('break runtime.newproc1');
    const { pc } = await beside.data('continue');
    const frames = await client.frames(stop.threadId);
    expect(frames[0].instructionPointerReference).toBe(pc);
    await client.body('setFunctionBreakpoints', { breakpoints: [] });

    const info = await client.body('dataBreakpointInfo', { name: 'runtime.g0.racectx' });
    expect(info).toMatchObject({ dataId: ' runtime.g0.racectx', accessTypes: ['read', 'write', 'readWrite'] });
    expect(await client.body('dataBreakpointInfo', { name: '1 + 1' })).toMatchObject({ dataId: null });
    await client.body('setDataBreakpoints', { breakpoints: [{ dataId: info.dataId, accessType: 'read' }] });
    expect(await client.move('continue', { threadId: stop.threadId })).toMatchObject({ reason: 'data breakpoint' });
    await client.body('setDataBreakpoints', { breakpoints: [] });

    const [{ instructionPointerReference }] = await client.frames(stop.threadId);
    const { instructions } = await client.body('disassemble', { memoryReference: instructionPointerReference, instructionCount: 2 });
    const set = { breakpoints: [{ instructionReference: instructions[1].address }] };
    expect((await client.body('setInstructionBreakpoints', set)).breakpoints[0]).toMatchObject({
      verified: true,
      instructionReference: instructions[1].address,
    });
    expect(await client.move('continue', { threadId: stop.threadId })).toMatchObject({ reason: 'instruction breakpoint' });
  });

  it('by filter: those of the terminal, and others', async () => {
    const { client, session, threadId } = await atStart();
    const standing = () => session.breakpoints.standing.filter(({ enabled }) => enabled).map(({ name }) => name);
    await client.body('setExceptionBreakpoints', {
      filters: ['faults', 'panic'],
      filterOptions: [{ filterId: 'signals', condition: 'SIGUSR1' }],
    });
    expect([standing(), session.breakpoints.all.map(each => each.kind === 'catch' && each.spec)]).toEqual([['panic'], ['signal SIGUSR1']]);
    const bad = await client.body('setExceptionBreakpoints', {
      filters: ['nonsense'],
      filterOptions: [{ filterId: 'signals', condition: 'SIGNOT' }],
    });
    expect(bad.breakpoints).toMatchObject([
      { verified: false, message: expect.stringContaining('no filter nonsense') },
      { verified: false },
    ]);
    expect(session.breakpoints.all).toEqual([]);
    await client.body('setExceptionBreakpoints', { filters: ['abi'] });
    expect(await client.move('continue', { threadId })).toMatchObject({
      reason: 'exception',
      description: expect.stringContaining('race detector has no context'),
    });
  });
});

describe('the stream', () => {
  const messages = [{ seq: 1, text: 'ä€😀' }, {}, { seq: 2, command: 'x'.repeat(300) }];

  it('is the same however it is cut', () => {
    const bytes = Buffer.concat(messages.map(dapMessage));
    for (let cut = 0; cut <= bytes.length; cut++) {
      const reader = new DapReader();
      const heard = [bytes.subarray(0, cut), bytes.subarray(cut)].flatMap(part => reader.push(part));
      expect(heard).toEqual(messages.map(value => ({ kind: 'message', value })));
    }
  });

  it('is understood again behind what was none', () => {
    const whole = Buffer.from(dapMessage({ ok: true }));
    const kinds = (...parts: (string | Uint8Array)[]) => {
      const reader = new DapReader();
      return [...parts, whole].flatMap(part => reader.push(Buffer.from(part))).map(({ kind }) => kind);
    };
    expect(kinds('Content-Length: 3\r\n\r\n{a}')).toEqual(['damaged', 'message']);
    expect(kinds('Content-Type: x\r\n\r\n')).toEqual(['damaged', 'message']);
    expect(kinds('content-length:2\r\nX: y\r\n\r\n{}')).toEqual(['message', 'message']);
    expect(kinds('x'.repeat(5000))).toEqual(['damaged', 'message']);
    expect(kinds('Content-Length: 20000000\r\n\r\n', Buffer.alloc(20_000_000))).toEqual(['damaged', 'message']);
  });
});

describe('a client without manners', () => {
  it('may send what is no request, and leave within one', async () => {
    const { client, session } = await atStart();
    for (const message of [5, null, [], {}, { type: 'request' }, { type: 'request', seq: 'a', command: 'threads' }, { type: 'response' }])
      client.connection.hear(dapMessage(message as object));
    expect(await client.body('threads')).toMatchObject({ threads: [{}] });
    client.connection.hear(dapMessage({ type: 'request' }).subarray(0, 20));
    await client.connection.end();
    expect(session.requests.running).toBe(false);
  });
});

describe('what a launch may say', () => {
  it('is flags of exec', async () => {
    const { COMMAND_FLAGS, parseCommandLine } = await import('../../src/cli/flags.js');
    const sample = { string: '1', number: '1', boolean: 'true', strings: '1', object: 'A=1', rules: '' } as const;
    // What gdbserver takes is of the program; where to listen is not.
    const flags = COMMAND_FLAGS.filter(({ of }) => of.some(command => command === 'gdbserver')).map(({ name }) => name);
    const own = ['help', 'version', 'listen-all', 'env'];
    expect(flags.filter(name => !own.includes(name) && !LAUNCH_ATTRIBUTES.some(({ flag }) => flag === name))).toEqual([]);
    for (const { flag, type } of LAUNCH_ATTRIBUTES)
      if (flag !== undefined) expect(parseCommandLine(['exec', `--${flag}=${sample[type]}`, 'x']).values.size).toBe(1);
  });

  it('stands in the docs', () => {
    const page = readFileSync(join(root, 'docs/editors.md'), 'utf8');
    for (const { name, summary } of LAUNCH_ATTRIBUTES) expect(page).toContain(`| \`${name}\` | ${summary} |`);
    for (const each of FILTERS)
      expect(page).toContain(
        `| ${each.label} (\`${each.filter}\`) | ${each.description} | ${each.default ? 'yes' : 'no'} | ${each.condition ?? ''} |`,
      );
  });
});
