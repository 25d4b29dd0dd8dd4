/** What is in a scope or a value, read as far as the client opens it; and setting it. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { lensView } from '../../debugger/lens/lens.js';
import { wayText } from '../../debugger/lens/stages.js';
import { registerFacts, registerNames } from '../../debugger/show/registers-text.js';
import { frameVariables, type ListedVariable, packageVariables } from '../../debugger/show/variables.js';
import { type Child, type Content, childCount, childrenOf, contentOf } from '../../debugger/values/content.js';
import { type PrintOptions, printValue, SHORT } from '../../debugger/values/print.js';
import { Unreadable } from '../../debugger/values/source.js';
import { partName } from '../../debugger/values/tree.js';
import { underlying } from '../../debugger/values/types.js';
import type { Value } from '../../debugger/values/value.js';
import { hex } from '../../host/hex.js';
import type { Adapter, DapRequests } from './adapter.js';
import { type Fields, RequestError } from './fields.js';
import type { FrameHandle, VariableHandle } from './handles.js';

/** Variables of one answer, where the client asks for no part of them. */
const MOST_VARIABLES = 1000;

/** Characters of a value in a list: what is longer is opened. */
const MOST_TEXT = 2000;

type Variable = DebugProtocol.Variable;

/** How values of a frame are printed in a list: Go's short, as C's have no short form. */
function listed(adapter: Adapter, { frame }: FrameHandle, hexadecimal = false): PrintOptions {
  const inC = frame.physical.func?.language === 'c';
  return { ...adapter.session.settings.printOptions, inC, ...(inC ? {} : SHORT), ...(hexadecimal ? { format: 'x' as const } : {}) };
}

/** What a value has behind it; undefined: nothing, or it cannot be read. */
function openable({ stack, frame }: FrameHandle, value: Value): Content | undefined {
  try {
    const content = contentOf(stack.context(frame), value);
    return childCount(content) > 0 ? content : undefined;
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}

/** What an answer says of a value: its parts' handle, its place in memory. */
export function valueFacts(
  adapter: Adapter,
  frame: FrameHandle,
  value: Value,
  path: string | undefined,
): Pick<Variable, 'variablesReference' | 'indexedVariables' | 'namedVariables' | 'memoryReference' | 'type'> {
  const content = openable(frame, value);
  const address = content?.kind === 'pointer' ? content.address : value.source.address;
  const memory = address === undefined ? {} : { memoryReference: hex(address) };
  if (content === undefined) return { type: value.type.name, variablesReference: 0, ...memory };
  const variablesReference = adapter.variables.add({ of: 'value', frame, value, path });
  const indexed = content.kind === 'array' || content.kind === 'slice';
  return { type: value.type.name, variablesReference, ...(indexed ? { indexedVariables: childCount(content) } : {}), ...memory };
}

function ofValue(adapter: Adapter, frame: FrameHandle, name: string, value: Value, text: string, path: string | undefined): Variable {
  return {
    name,
    value: text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}...` : text,
    ...valueFacts(adapter, frame, value, path),
    ...(path === undefined ? {} : { evaluateName: path }),
    ...(value.source.write === undefined ? { presentationHint: { attributes: ['readOnly'] } } : {}),
  };
}

function ofListed(adapter: Adapter, frame: FrameHandle, { name, value, text }: ListedVariable): Variable {
  if (value === undefined) return { name, value: text, variablesReference: 0 };
  // One that an inner block hides has no expression.
  return ofValue(adapter, frame, name, value, text, name.startsWith('(') ? undefined : name);
}

/** The expression of a part, from that of the whole. */
function pathOf(whole: string | undefined, child: Child, name: string): string | undefined {
  if (whole === undefined || child.is === 'captured') return undefined;
  if (child.is === 'target') return `*${whole}`;
  const base = whole.startsWith('*') ? `(${whole})` : whole;
  return child.is === 'field' ? `${base}.${name}` : `${base}${name}`;
}

/** The parts of a value from number `from` on; what a pointer to a struct leads to is shown at once. */
function* partsOf(adapter: Adapter, handle: VariableHandle & { of: 'value' }, from: number, hexadecimal: boolean): Generator<Variable> {
  const { frame, value, path } = handle;
  const context = frame.stack.context(frame.frame);
  const content = contentOf(context, value);
  const print = listed(adapter, frame, hexadecimal);
  for (const child of childrenOf(context, value, content, from)) {
    if (child.is === 'target' && ['struct', 'union'].includes(underlying(child.value.type).kind)) {
      yield* partsOf(adapter, { of: 'value', frame, value: child.value, path: pathOf(path, child, '') }, from, hexadecimal);
      return;
    }
    const name = partName(child, context, print);
    yield ofValue(adapter, frame, name, child.value, printValue(context, child.value, print), pathOf(path, child, name));
  }
}

function registerVariables(adapter: Adapter, frame: FrameHandle, of: 'registers' | 'vectors'): readonly Variable[] {
  const everyday = registerNames(false);
  const names = of === 'registers' ? everyday : registerNames(true).filter(name => !everyday.includes(name));
  const shown = registerFacts(frame.stack, frame.frame, names).map(
    (fact): Variable => ({
      name: fact.name,
      value: fact.text === '' ? fact.shown : `${fact.shown}  ${fact.text}`,
      evaluateName: `$${fact.name}`,
      variablesReference: 0,
      ...(fact.value === undefined || of === 'vectors' ? {} : { memoryReference: hex(fact.value) }),
    }),
  );
  if (of === 'vectors') return shown;
  return [...shown, { name: 'vector and x87', value: '', variablesReference: adapter.variables.add({ of: 'vectors', frame }) }];
}

/** The call at hand from both sides, as `abi` tells it. */
function edgeVariables({ session }: Adapter, { stack, frame }: FrameHandle): readonly Variable[] {
  const { settings } = session;
  const view = lensView({ stack, frame, print: settings.printOptions, flavor: settings.flavor });
  const row = (name: string, value: string): Variable => ({
    name,
    value,
    variablesReference: 0,
    presentationHint: { attributes: ['readOnly'] },
  });
  if (view === undefined) return [row('edge', 'no function has this code: nothing is known of its convention')];
  const sides = (['caller', 'callee'] as const).flatMap(side => {
    const one = view[side];
    return one === undefined ? [] : [row(side, `${one.name}: ${one.callable.convention.id}, ${one.callable.convention.description}`)];
  });
  const values = view.values.map(({ label, name, place, value, chain }) => {
    const way = chain === undefined ? '' : `  from ${wayText(chain)}`;
    return row(`${label} ${name}`.trim(), `${place} ${value === undefined ? 'not known here' : `= ${value.text}`}${way}`);
  });
  return [row('edge', view.heading), ...sides, ...values, ...view.stack.map(({ text }) => row('stack', text))];
}

function* variablesIn(adapter: Adapter, handle: VariableHandle, from: number, hexadecimal: boolean): Generator<Variable> {
  const { frame } = handle;
  const print = { ...adapter.session.settings.printOptions, ...(hexadecimal ? { format: 'x' as const } : {}) };
  switch (handle.of) {
    case 'value':
      return yield* partsOf(adapter, handle, from, hexadecimal);
    case 'args':
    case 'locals':
      for (const each of frameVariables(frame.stack, frame.frame, handle.of, print).slice(from)) yield ofListed(adapter, frame, each);
      return;
    case 'package':
      for (const each of packageVariables(frame.stack.context(frame.frame), print).slice(from)) yield ofListed(adapter, frame, each);
      return;
    case 'registers':
    case 'vectors':
      return yield* registerVariables(adapter, frame, handle.of).slice(from);
    case 'edge':
      return yield* edgeVariables(adapter, frame).slice(from);
  }
}

function variables(adapter: Adapter, fields: Fields): object {
  const handle = adapter.variables.get(fields.whole('variablesReference'));
  const filter = fields.maybeText('filter');
  const from = fields.maybeWhole('start') ?? 0;
  const count = fields.maybeWhole('count') || MOST_VARIABLES;
  const hexadecimal = fields.maybeObject('format')?.flag('hex') ?? false;
  // Indexed parts have no named ones beside them.
  const indexed = handle.of === 'value' && ['array', 'slice'].includes(openable(handle.frame, handle.value)?.kind ?? '');
  if (filter !== undefined && (filter === 'indexed') !== indexed) return { variables: [] };
  const found: Variable[] = [];
  try {
    for (const each of variablesIn(adapter, handle, from, hexadecimal)) {
      if (found.length >= Math.min(count, MOST_VARIABLES)) {
        if (!fields.has('count'))
          found.push({ name: '...', value: `more than ${MOST_VARIABLES}; an expression shows others`, variablesReference: 0 });
        break;
      }
      found.push(each);
    }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    found.push({ name: '...', value: `(unreadable ${error.why})`, variablesReference: 0 });
  }
  return { variables: found };
}

/** The expression of a variable of a container by its name. */
export function expressionOf(adapter: Adapter, handle: VariableHandle, name: string): string {
  for (const each of variablesIn(adapter, handle, 0, false))
    if (each.name === name && each.evaluateName !== undefined) return each.evaluateName;
  throw new RequestError(`${name} has no expression that it could be set or watched by`);
}

async function setVariable(adapter: Adapter, fields: Fields): Promise<object> {
  const handle = adapter.variables.get(fields.whole('variablesReference'));
  const name = fields.text('name');
  await assignTo(adapter, handle.frame, expressionOf(adapter, handle, name), fields.text('value'));
  for (const each of variablesIn(adapter, handle, 0, false)) if (each.name === name) return each;
  return { value: fields.text('value') };
}

/** Sets what an expression means, as `set` does. Throws RequestError. */
export async function assignTo(adapter: Adapter, frame: FrameHandle | undefined, target: string, value: string): Promise<void> {
  const { ok, output } = await adapter.in(frame, () => adapter.run(`set variable ${target} = ${value.trim()}`, true));
  if (!ok) throw new RequestError(output.replace(/^.*\n\s*\^ /s, ''));
}

export const variableRequests: DapRequests = {
  variables: { wants: 'still', answer: variables },
  setVariable: { wants: 'still', answer: setVariable },
};
