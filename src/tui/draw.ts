/** From the state to rows of styled text: pure, so that screens can be compared in tests. */
import { KEYS } from './keys.js';
import { PANES, type Pane, type State } from './state.js';
import { printable, type Row, rule, span, toWidth } from './text.js';

const MINIMUM = { rows: 15, columns: 60 } as const;
/** From this width on there are two columns of panes over the whole height. */
const WIDE = 100;

export function draw(state: State): Row[] {
  const { rows, columns } = state;
  if (rows < MINIMUM.rows || columns < MINIMUM.columns) {
    const text = `r14 needs ${MINIMUM.columns} x ${MINIMUM.rows} cells, not ${columns} x ${rows}. Enlarge the window, or q and use r14 exec --batch.`;
    return [toWidth([span(text)], Math.max(1, columns))];
  }
  const head = header(state);
  const foot = footer(state);
  const body = rows - head.length - foot.length;
  const middle = state.help ? help(body) : panes(state, body);
  return [...head, ...middle.slice(0, body), ...foot].map(row => toWidth(row, columns));
}

function header(state: State): Row[] {
  const { view, columns } = state;
  const left = ` r14  ${view.title}`;
  const right = `t ${view.t}   ${view.place} `;
  const gap = Math.max(2, columns - [...left].length - [...right].length);
  const lines = view.stop.slice(0, 2).map(line => ` ${printable(line.replace(/^t=[\d,]+\s+/, '').trimEnd())}`);
  const stop: Row[] = (state.running === undefined ? lines : [` running: ${state.running}   ctrl-c stops it`, '']).map(line => [
    span(line, view.fault && state.running === undefined && line === lines[0] ? 'fault' : 'plain'),
  ]);
  while (stop.length < 2) stop.push([span('')]);
  return [[span(`${left}${' '.repeat(gap)}${right}`, 'title')], ...stop];
}

function footer(state: State): Row[] {
  const { line } = state;
  const prompt: Row = line === undefined ? [span('')] : [span('(r14) ', 'prompt'), span(printable(line)), span('█', 'prompt')];
  const hints = KEYS.flatMap(key => (key.hint === undefined ? [] : [key.hint])).join(' · ');
  return [prompt, [span(` ${hints}`, 'dim')]];
}

function help(height: number): Row[] {
  const lines = KEYS.map(key => `  ${key.keys.join(' ').padEnd(12)} ${key.summary}`);
  const half = Math.ceil(lines.length / 2);
  const both = lines.length <= height ? lines : lines.slice(0, half).map((line, index) => line.padEnd(62) + (lines[half + index] ?? ''));
  return fill(
    both.map(line => [span(line)]),
    height,
  );
}

const fill = (rows: Row[], height: number): Row[] => [
  ...rows,
  ...Array.from({ length: Math.max(0, height - rows.length) }, () => [span('')] as Row),
];

/** A pane with its title line, `height` rows in all. */
function pane(state: State, name: Pane, width: number, height: number): Row[] {
  const number = PANES.indexOf(name) + 1;
  const title = rule(number, name, width, state.focus === name);
  return [title, ...fill(content(state, name, height - 1), height - 1)].map(row => toWidth(row, width));
}

function panes(state: State, height: number): Row[] {
  const { columns } = state;
  if (state.zoomed) return pane(state, state.focus, columns, height);
  if (columns >= WIDE) {
    const left = Math.floor(columns * 0.5);
    const right = columns - left - 1;
    const back = Math.max(6, Math.min(state.view.frames.length + 3, Math.floor(height * 0.45)));
    const console = Math.max(4, Math.floor(height * 0.18));
    const code = height - back - console;
    const registers = Math.min(state.view.registers.length + 1, Math.floor(height * 0.55));
    const memory = Math.max(4, Math.floor((height - registers) * 0.6));
    return beside(
      [...pane(state, 'code', left, code), ...pane(state, 'backtrace', left, back), ...pane(state, 'console', left, console)],
      [
        ...pane(state, 'registers', right, registers),
        ...pane(state, 'memory', right, memory),
        ...pane(state, 'goroutines', right, height - registers - memory),
      ],
    );
  }
  const back = 7;
  const console = Math.max(3, Math.floor((height - back) * 0.25));
  const top = height - back - console;
  const left = Math.floor(columns * 0.55);
  return [
    ...beside(pane(state, 'code', left, top), pane(state, 'registers', columns - left - 1, top)),
    ...pane(state, 'backtrace', columns, back),
    ...pane(state, 'console', columns, console),
  ];
}

const beside = (left: Row[], right: Row[]): Row[] => left.map((row, index) => [...row, span('│', 'dim'), ...(right[index] ?? [])]);

/** The part of a list that is in view, `offset` rows from `start`, kept inside the list. */
function part<T>(list: readonly T[], start: number, offset: number, height: number): readonly T[] {
  const last = Math.max(0, list.length - height);
  const from = Math.max(0, Math.min(last, start + offset));
  return list.slice(from, from + height);
}

function content(state: State, name: Pane, height: number): Row[] {
  const { view, scroll } = state;
  const offset = scroll[name];
  switch (name) {
    case 'code':
      return part(view.code, view.currentRow - Math.floor(height * 0.6), offset, height).map(row => {
        if (row.kind === 'function') return [span(` ${row.text}`, 'function')];
        if (row.kind === 'source') return [span(row.text, 'source')];
        const mark = `${row.breakpoint ? '●' : ' '}${row.current ? '=>' : '  '}`;
        const role = row.current ? (view.fault ? 'fault' : 'current') : 'plain';
        return [span(mark, row.breakpoint ? 'breakpoint' : role), span(` 0x${row.address!.toString(16)}  ${printable(row.text)}`, role)];
      });
    case 'registers':
      return part(view.registers, 0, offset, height).map(row => {
        const changed = state.before.has(row.name) && state.before.get(row.name) !== row.text;
        return [span(changed ? '*' : ' ', 'changed'), span(row.text, changed ? 'changed' : 'plain')];
      });
    case 'backtrace': {
      const rows: Row[] = view.frames.flatMap(frame => {
        const line: Row = [span(`${frame.selected ? '►' : ' '}${shortFrame(frame.text)}`, frame.selected ? 'selected' : 'plain')];
        return frame.seam === undefined ? [line] : [[span(` ┄┄┄ ${frame.seam} ┄┄┄`, 'seam')], line];
      });
      const selected = rows.findIndex(row => row[0]!.role === 'selected');
      return [...part(rows, Math.max(0, selected - height + 3), offset, height)];
    }
    case 'memory':
      return part(view.memory, 0, offset, height).map(line => [span(` ${printable(line)}`)]);
    case 'goroutines':
      return part(view.goroutines, 0, offset, height).map(line => [span(line, line.startsWith('*') ? 'selected' : 'plain')]);
    case 'console':
      return part(state.console, state.console.length - height, offset, height).map(line => [span(printable(line))]);
  }
}

/** A backtrace line without the pc's zeros and the directory of its file: the pane is narrow. */
const shortFrame = (text: string): string => text.replace(/ 0x[0-9a-f]{16} in /, ' ').replace(/ at (?:\S*\/)?([^/\s]+)/, '  $1');
