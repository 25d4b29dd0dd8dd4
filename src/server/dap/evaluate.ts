/** Expressions and, in the console, commands: what is typed, watched or pointed at. */
import { commandTable } from '../../debugger/commands/table.js';
import { complete } from '../../debugger/complete/completion.js';
import { evaluate } from '../../debugger/evaluate/evaluate.js';
import { parseExpression } from '../../debugger/evaluate/parser.js';
import { printResult, typeText } from '../../debugger/evaluate/result.js';
import { isValue } from '../../debugger/evaluate/scope.js';
import type { Session } from '../../debugger/session/session.js';
import { utf8 } from '../../host/bytes.js';
import { told } from '../../host/told.js';
import type { Adapter, DapRequests } from './adapter.js';
import { type Fields, RequestError } from './fields.js';
import { FrameHandle } from './handles.js';
import { assignTo, valueFacts } from './variables.js';

/** Characters of an expression at most, as of a command. */
const MOST_TYPED = 4096;

/** What ends the input that is typed for the program: Ctrl-D, or that in characters, for consoles that cannot have it typed. */
const END_OF_INPUT: ReadonlySet<string> = new Set(['\u0004', '^D']);

/** The command that a line of the console is; undefined: it is an expression. `-` in front says that it is one. */
function commandIn(session: Session, line: string): string | undefined {
  if (/^-[a-zA-Z?]/.test(line)) return line.slice(1);
  const word = /^[a-zA-Z?][\w-]*/.exec(line)?.[0];
  if (word === undefined) return /^[#!]/.test(line) ? line : undefined;
  if (/^[([{.]/.test(line.slice(word.length))) return undefined;
  if (session.still && !session.requests.running && isValue(session.context(), word) && isExpression(line)) return undefined;
  const { aliases } = session.settings;
  if (session.defined.has(word) || commandTable.family(word, aliases) !== undefined) return line;
  try {
    commandTable.find(word, 0, aliases);
    return line;
  } catch (error) {
    told(error);
    return undefined;
  }
}

function isExpression(text: string): boolean {
  try {
    parseExpression(text);
    return true;
  } catch (error) {
    told(error);
    return false;
  }
}

async function evaluateRequest(adapter: Adapter, fields: Fields): Promise<object> {
  const { session } = adapter;
  const text = fields.text('expression');
  const context = fields.maybeText('context') ?? 'watch';
  const frame = adapter.frameIn(fields);
  const hexadecimal = fields.maybeObject('format')?.flag('hex') ?? false;
  if (text.length > MOST_TYPED) throw new RequestError(`an expression of ${text.length} characters is too long: ${MOST_TYPED} at most`);
  if (context !== 'repl') return valueIn(adapter, frame, text, context === 'hover' ? 'never' : 'undone', hexadecimal);
  if (session.starved) {
    if (END_OF_INPUT.has(text.trim())) session.endInput();
    else session.type(utf8(`${text}\n`));
    return { result: '', variablesReference: 0 };
  }
  const command = await adapter.in(frame, () => commandIn(session, text.trim()));
  const { target } = session;
  const { generation } = target;
  const { t } = target.process;
  const answered = await (async () => {
    if (command === undefined) return valueIn(adapter, frame, text, 'kept', hexadecimal);
    const { ok, output } = await adapter.in(frame, () => adapter.run(command, true));
    if (!ok) throw new RequestError(output);
    return { result: output, variablesReference: 0 };
  })();
  // A command that has moved the program is told of as a stop.
  if (adapter.client.invalidated && session.target === target && target.generation !== generation && target.process.t === t)
    adapter.tell('invalidated', { areas: ['all'] });
  return answered;
}

/** `calls`: whether functions of the program may be called, and what becomes of what they do. */
async function valueIn(
  adapter: Adapter,
  asked: FrameHandle | undefined,
  text: string,
  calls: 'never' | 'undone' | 'kept',
  hexadecimal: boolean,
): Promise<object> {
  const { session } = adapter;
  if (session.requests.running) throw new RequestError('the program is running: pause it first');
  return adapter.in(asked, () => {
    const frame = asked ?? frameHere(session);
    const look = (): object => {
      const { call, ...quiet } = session.context();
      const context = calls === 'never' || call === undefined ? quiet : { ...quiet, call };
      const result = evaluate(parseExpression(text), context);
      const print = { ...session.settings.printOptions, ...(hexadecimal ? { format: 'x' as const } : {}) };
      const shown = { result: printResult(context, result, print), type: typeText(context, result), variablesReference: 0 };
      if (result.kind === 'symbol') return { ...shown, memoryReference: `0x${result.address.toString(16)}` };
      if (result.kind !== 'value' || frame === undefined) return shown;
      return { ...shown, ...valueFacts(adapter, frame, result.value, text.trim()), type: shown.type };
    };
    // Only a call can leave traces, and what it would take to undo them is not little.
    return calls === 'undone' && text.includes('(') && session.still ? session.apart(look).value : look();
  });
}

/** What is selected. */
function frameHere({ still, selection, target, goroutine, thread }: Session): FrameHandle | undefined {
  if (!still) return undefined;
  return new FrameHandle(selection.goroutine === undefined ? { thread } : { goroutine }, target, selection.frame);
}

async function setExpression(adapter: Adapter, fields: Fields): Promise<object> {
  const frame = adapter.frameIn(fields);
  const target = fields.text('expression');
  await assignTo(adapter, frame, target, fields.text('value'));
  const { result, ...more } = (await valueIn(adapter, frame, target, 'never', false)) as { result: string };
  return { value: result, ...more };
}

async function completions(adapter: Adapter, fields: Fields): Promise<object> {
  const { session, client } = adapter;
  const given = fields.text('text');
  const column = fields.whole('column') - (client.columnsStartAt1 ? 1 : 0);
  const typed = given.slice(0, Math.max(0, column)).slice(-MOST_TYPED);
  // A command's mark.
  const lead = /^\s*-(?=[a-zA-Z?]|$)/.exec(typed)?.[0].length ?? 0;
  const { words, start } = await adapter.in(adapter.frameIn(fields), () => complete(session, typed.slice(lead), adapter.files));
  const from = lead + start;
  return {
    targets: words.map(label => ({ label, start: from + (client.columnsStartAt1 ? 1 : 0), length: typed.length - from })),
  };
}

export const evaluateRequests: DapRequests = {
  evaluate: { wants: 'program', answer: evaluateRequest },
  setExpression: { wants: 'still', answer: setExpression },
  completions: { wants: 'still', answer: completions },
};
