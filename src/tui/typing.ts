/** What keys do while a command is typed, and what becomes of it. */
import { act, matched, noted } from './actions.js';
import { type EditedLine, EMPTY, edit, insert, spelt } from './editor.js';
import type { Input } from './input.js';
import { layout, scrolled } from './layout.js';
import { rowsOfPane } from './selection.js';
import { type Next, type State, touched, type Waiting } from './state.js';
import { written } from './transcript.js';
import widthOf from './width.js';

type Key = Extract<Input, { kind: 'key' }>;

const MOST_HISTORY = 1000;

export function typed(state: State, line: EditedLine, { name, text }: Key): Next {
  const searching = line.search !== undefined;
  const closed: Next = { state: { ...state, line: undefined } };
  switch (name) {
    case 'enter':
      if (state.reading) return given(state, line.text);
      if (state.asking === 'search') return { state: sought(state, line.text) };
      if (state.asking === 'answer') {
        const answered: State = { ...state, line: undefined };
        return line.text.trim() === ''
          ? { state: answered }
          : act(answered, { kind: 'lesson', move: { kind: 'answer', text: line.text.trim() } });
      }
      if (state.asking === 'watch') {
        const expression = line.text.trim();
        return expression === '' ? closed : inTurn({ ...state, line: undefined }, { kind: 'run', line: `display ${expression}` });
      }
      if (state.asking === 'place') return wanted(state, line.text.trim());
      return submitted(state, line.text);
    case 'ctrl-c':
      if (state.running !== undefined) return act(state, { kind: 'interrupt' });
      return searching ? edited() : closed;
    case 'escape':
    case 'ctrl-g':
      return searching ? edited() : closed;
    case 'ctrl-d':
      if (state.reading && line.text === '')
        return { state: { ...state, reading: false, line: undefined }, effect: { kind: 'input', text: undefined } };
      return line.text === '' && !searching ? closed : edited();
    case 'backspace':
      return line.text === '' && !searching ? closed : edited();
    case 'tab':
      return {
        state: { ...state, line: { ...line, search: undefined } },
        effect: { kind: 'complete', line: `${COMPLETED_AS[state.asking] ?? ''}${commandBefore(line)}` },
      };
    case 'pageup':
    case 'pagedown': {
      const by = rowsOfPane(state, 'console') * (name === 'pageup' ? -1 : 1);
      return { state: { ...state, panes: touched(state, 'console', { top: scrolled(state, 'console', by) }) } };
    }
    case 'ctrl-z':
      return { state, effect: { kind: 'suspend' } };
    default:
      return edited();
  }

  function edited(): Next {
    return { state: { ...state, line: edit(line, state.history, name, text) } };
  }
}

/** Now, or when what runs has ended. */
const inTurn = (state: State, action: Waiting): Next =>
  state.running === undefined ? act(state, action) : { state: { ...state, pending: [...state.pending, action] } };

/** Commands that take what is typed: it is completed as behind them. */
const COMPLETED_AS: Readonly<Partial<Record<State['asking'], string>>> = { place: 'list ', watch: 'print ' };

/** From the text's first place on, `n` and `N` go through them. */
function sought(state: State, text: string): State {
  const search = text === '' ? state.search : text;
  const closed: State = { ...state, line: undefined, search };
  return search === '' ? closed : matched(closed, search, 1);
}

function wanted(state: State, text: string): Next {
  if (state.running !== undefined && text !== '') return { state: noted(state, 'the program runs: enter again when it stands') };
  const closed: State = { ...state, line: undefined };
  const pane = state.focus === 'code' || state.focus === 'memory' ? state.focus : undefined;
  return text === '' ? { state: closed } : { state: closed, effect: { kind: 'find', text, pane } };
}

/** Sends the program a line, which stands in its output as a terminal's echo does. */
function given(state: State, text: string): Next {
  return { state: { ...written(state, `${text}\n`), line: EMPTY }, effect: { kind: 'input', text: `${text}\n` } };
}

/** A paste is never run by itself: it waits in the command line for Enter, whatever newlines are in it. */
export function pasted(state: State, text: string): State {
  if (text === '') return state;
  const asking = state.line === undefined ? 'command' : state.asking;
  return { ...state, help: undefined, asking, line: insert(state.line ?? EMPTY, spelt(text)) };
}

/** The words that a word could become, in columns as wide as the console. */
export function typedCandidates(state: State, words: readonly string[]): string {
  const width = layout(state).find(place => place.pane.name === 'console')?.width ?? state.columns;
  const cell = Math.max(...words.map(widthOf)) + 2;
  const columns = Math.max(1, Math.floor(width / cell));
  const rows = Math.ceil(words.length / columns);
  return Array.from({ length: rows }, (_, row) =>
    words
      .filter((_, index) => index % rows === row)
      .map(word => word + ' '.repeat(cell - widthOf(word)))
      .join('')
      .trimEnd(),
  ).join('\n');
}

/** Up to the cursor, of several commands the last. */
const commandBefore = ({ text, cursor }: EditedLine): string => text.slice(text.lastIndexOf('\n', cursor - 1) + 1, cursor);

/** The commands of a line, one after the other; an empty line repeats the command before. */
function submitted(state: State, text: string): Next {
  const commands = text.split('\n').filter(command => command.trim() !== '');
  const history = commands.reduce<readonly string[]>((old, command) => [command, ...old.filter(each => each !== command)], state.history);
  // Who has typed wants to see the answer.
  const panes = touched(state, 'console', { top: undefined, selected: undefined });
  const closed: State = { ...state, line: undefined, history: history.slice(0, MOST_HISTORY), panes };
  const typed = (line: string): Waiting => ({ kind: 'run', line, typed: true });
  if (state.running !== undefined) return { state: { ...closed, pending: [...state.pending, ...commands.map(typed)] } };
  const [first = '', ...rest] = commands;
  return act({ ...closed, pending: rest.map(typed) }, typed(first));
}
