/**
 * An editor that means no good: `npm run fuzz -- --dap`. A step is a message: requests in any order, with fields of other types, without fields, with
 * others; and bytes that are no message. Each request gets one answer, and none of them is a fault of r14's own.
 */
import type { Session } from '../../src/debugger/session/session.js';
import { DapConnection } from '../../src/server/dap/connection.js';
import { DapReader, dapMessage } from '../../src/server/dap/transport.js';
import { debugBundled } from '../support/debug.js';
import { Random } from '../vectors/random.js';
import type { Fuzzed } from './fuzzed.js';

type Step = { readonly command: string; readonly given: unknown } | { readonly raw: string };

const REQUESTS = [
  ...['threads', 'stackTrace', 'scopes', 'variables', 'setVariable', 'evaluate', 'setExpression', 'completions', 'source', 'modules'],
  ...['setBreakpoints', 'setFunctionBreakpoints', 'setInstructionBreakpoints', 'setDataBreakpoints', 'dataBreakpointInfo', 'loadedSources'],
  ...['setExceptionBreakpoints', 'breakpointLocations', 'readMemory', 'writeMemory', 'disassemble', 'exceptionInfo', 'stepInTargets'],
  ...[
    'gotoTargets',
    'goto',
    'next',
    'stepIn',
    'stepOut',
    'stepBack',
    'reverseContinue',
    'continue',
    'cancel',
    'pause',
    'initialize',
    'launch',
  ],
  ...['attach', 'configurationDone', 'restart', 'toString', '__proto__', 'constructor', ''],
];
const NAMES = [
  ...['threadId', 'frameId', 'variablesReference', 'name', 'value', 'expression', 'context', 'source', 'breakpoints', 'memoryReference'],
  ...[
    'count',
    'offset',
    'instructionOffset',
    'instructionCount',
    'data',
    'filters',
    'filterOptions',
    'targetId',
    'line',
    'endLine',
    'column',
  ],
  ...[
    'text',
    'startFrame',
    'levels',
    'granularity',
    'format',
    'filter',
    'start',
    'sourceReference',
    'requestId',
    'dataId',
    'program',
    'condition',
  ],
  ...[
    'hitCondition',
    'logMessage',
    'singleThread',
    'instructionReference',
    'endColumn',
    'progressId',
    'accessType',
    'allowPartial',
    'seed',
    'env',
  ],
];
const PLAIN = [
  ...[
    1,
    0,
    -1,
    2 ** 30 + 1,
    1e300,
    3.5,
    '',
    'x',
    '0x401281',
    '$rip',
    'main.main',
    '-',
    'repl',
    'hover',
    'instruction',
    true,
    null,
    'AAAA',
    'AAAA=',
  ],
  ...['newproc-race', '/nowhere', '{rdi}', '> 3', '=', 'x'.repeat(5000), '\u001b[2J', '\ud800', 1001, 1002, 2 ** 53],
];
const SOURCE = { path: 'programs/newproc-race/trace.s' };
const BREAKPOINT = {
  line: 7,
  name: 'main.main',
  instructionReference: '$rip',
  dataId: ' runtime.g0',
  filterId: 'race',
  condition: '1 == 1',
};
const RAW = [
  'Content-Length: 5\r\n\r\n{"a":',
  'Content-Length: x\r\n\r\n',
  '\r\n\r\n',
  'GET / HTTP/1.1\r\n\r\n',
  'Content-Length: 4\r\n\r\nnull',
];

function made(seed: number): Step[] {
  const random = new Random(seed);
  const value = (depth: number): unknown => {
    switch (random.below(10)) {
      case 0:
        return SOURCE;
      case 1:
        return [BREAKPOINT, { ...BREAKPOINT, line: random.pick(PLAIN) }];
      case 2:
        return depth > 0 ? Array.from({ length: random.below(3) }, () => value(depth - 1)) : [];
      case 3:
        return depth > 0 ? given(depth - 1) : {};
      default:
        return random.pick(PLAIN);
    }
  };
  const given = (depth: number): object =>
    Object.fromEntries(Array.from({ length: random.below(7) }, () => [random.pick(NAMES), value(depth)]));
  const wild = (): Step =>
    random.chance(3)
      ? { raw: random.pick(RAW) }
      : { command: random.pick(REQUESTS), given: random.pick([undefined, null, 5, given(2), given(2), given(2), given(2)]) };
  const start: readonly Step[] = [
    { command: 'initialize', given: { adapterID: 'r14', supportsProgressReporting: true } },
    { command: 'launch', given: { program: 'newproc-race', stopOnEntry: random.chance(80) } },
    { command: 'configurationDone', given: {} },
  ];
  // Most begin as they should: behind a start there is more to go wrong.
  return [...(random.chance(80) ? start : []), ...Array.from({ length: 60 }, wild)];
}

async function run(steps: readonly Step[]): Promise<string | undefined> {
  let session: Session | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: messages have bodies of their own shapes, of which nothing is taken for granted here.
  const heard: any[] = [];
  const reader = new DapReader();
  const connection = new DapConnection({
    send: bytes => {
      for (const each of reader.push(bytes)) heard.push(each.kind === 'message' ? each.value : each);
    },
    close: () => undefined,
    launch: async () => {
      session = debugBundled('newproc-race').session;
      return session;
    },
    files: () => [],
    debug: true,
  });
  const asked: (readonly [seq: number, command: string])[] = [];
  const answers = (seq: number) => heard.filter(each => each?.type === 'response' && each.request_seq === seq);
  const ask = (command: string, given: unknown): void => {
    const seq = asked.length + 1;
    asked.push([seq, command]);
    connection.hear(dapMessage({ seq, type: 'request', command, ...(given === undefined ? {} : { arguments: given }) }));
  };
  for (const step of steps) {
    if ('raw' in step) connection.hear(Buffer.from(step.raw));
    else ask(step.command, step.given);
    await new Promise(resolve => setImmediate(resolve));
  }
  ask('pause', { threadId: 1 });
  ask('threads', undefined);
  const last = asked.length;
  // A watchdog ends a wait that nobody ends.
  while (answers(last).length === 0) await new Promise(resolve => setTimeout(resolve, 1));
  await connection.end();
  for (const [seq, command] of asked) {
    const all = answers(seq);
    if (all.length !== 1) return `${command} has ${all.length} answers`;
    const [{ success, message }] = all;
    if (typeof success !== 'boolean') return `${command}: an answer without success`;
    if (!success && String(message).includes('r14 itself is at fault')) return `${command}: ${message}`;
  }
  return session?.requests.running ? 'the program runs on without a client' : undefined;
}

export const dap: Fuzzed<Step> = {
  name: 'dap',
  made,
  run,
  shown: step => JSON.stringify(step).slice(0, 300),
  unit: 'messages',
};
