import { describe, expect, it } from 'vitest';
import { PANE_NAMES } from '../debugger/session/settings.js';
import { draw } from './draw.js';
import { hit, layout } from './layout.js';
import { PANES } from './panes/table.js';
import { initial, type State } from './state.js';
import { update } from './update.js';
import { NOTHING, type View } from './view/view.js';

const FRAMES = Array.from({ length: 14 }, (_, index) => ({
  index,
  pc: BigInt(index),
  name: `f${index}`,
  where: '',
  args: '',
  tags: [],
  selected: index === 0,
  ...(index === 10 ? { seam: { what: 'stack switch', inner: 'g0', outer: 'goroutine 1' } } : {}),
}));
const at = (current: number): View => ({
  ...NOTHING,
  looking: {},
  flavor: 'go',
  theme: 'dark',
  lanes: undefined,
  hidden: new Set(),
  watches: 0,
  breakpoints: new Set(),
  title: 'crash',
  place: 'thread 1',
  t: `${current}`,
  stop: { what: 'stopped', detail: '' },
  fault: false,
  atStart: false,
  exited: false,
  code: {
    anchor: current,
    rows: Array.from({ length: 90 }, (_, index) => ({
      kind: 'instruction' as const,
      text: `nop${index}`,
      address: 0x1000n + BigInt(index),
      current: index === current,
    })),
  },
  registers: [{ name: 'rax', shown: '0x1', text: '', meant: false, value: 1n }],
  frames: FRAMES,
  memory: { rows: [{ address: 0xec98n, registers: [], chain: { links: [{ value: 0n }], end: { kind: 'number' } } }] },
  goroutines: [{ id: 1, state: 'running', name: 'f', where: '', current: true }],
});
const open = (rows: number, columns: number): State => initial(at(3), rows, columns, []);
const text = (state: State): string[] => draw(state).map(row => row.map(segment => segment.text).join(''));
const firstCode = (state: State): string | undefined => /nop\d+/.exec(text(state).join('\n'))?.[0];

describe('layout', () => {
  it.each([
    [24, 80],
    [40, 120],
    [60, 200],
  ])('finds under each cell of %i x %i what is drawn there', (rows, columns) => {
    const state = open(rows, columns);
    const lines = text(state);
    let found = 0;
    lines.forEach((line, row) => {
      for (let column = 0; column < columns; column++) {
        const item = hit(state, row, column)?.item;
        if (item === undefined) continue;
        found++;
        expect(line[column]).toBe(
          item.row
            .map(segment => segment.text)
            .join('')
            .padEnd(columns)[column - columnOf(state, row, column)],
        );
      }
    });
    expect(found).toBeGreaterThan((rows * columns) / 5);
  });

  it('keeps the seam between stacks and the frames around it in view where there is not room for all', () => {
    const lines = text(open(24, 80)).filter(line => /^.. ?\d+ f\d|⋮|┄/.test(line));
    expect(lines.map(line => line.trim())).toEqual([
      '► 0 f0',
      '1 f1',
      '⋮ 7 more',
      '9 f9',
      expect.stringMatching(/^┄+ g0 ▲ {2}stack switch {2}▼ goroutine 1 ┄+$/),
      '10 f10',
    ]);
  });

  it('scrolls only within the content', () => {
    const wheel = (state: State, by: 1 | -1): State => update(state, { kind: 'wheel', row: 5, column: 5, by }).state;
    let down = open(40, 120);
    for (let turn = 0; turn < 200; turn++) down = wheel(down, 1);
    expect(firstCode(wheel(down, -1))).not.toBe(firstCode(down));
  });

  it('does not move the code while the current instruction is in view, and follows it where it is not', () => {
    const here = open(40, 120);
    const stopped = (state: State, current: number): State => update(state, { kind: 'stopped', view: at(current) }).state;
    expect(firstCode(stopped(here, 9))).toBe(firstCode(here));
    const away = stopped(here, 70);
    expect(text(away).join('\n')).toContain('=> 0x1046');
    expect(firstCode(stopped(away, 71))).toBe(firstCode(away));
  });
});

const columnOf = (state: State, row: number, column: number): number =>
  layout(state).find(
    place => row >= place.row && row < place.row + place.height && column >= place.column && column < place.column + place.width,
  )!.column;

describe('panes', () => {
  const names = (state: State): string[] => layout(state).map(place => place.pane.name);

  it('are those that the settings know, by keys of their own', () => {
    expect(PANES.map(pane => pane.name)).toEqual([...PANE_NAMES]);
    expect(new Set(PANES.map(pane => pane.key)).size).toBe(PANES.length);
  });

  it('are hidden until their number is pressed', () => {
    const hidden = { ...open(40, 120), view: { ...at(3), hidden: new Set(['registers']) } };
    expect(names(hidden)).not.toContain('registers');
    expect(names(update(hidden, { kind: 'key', name: '', text: '2' }).state)).toContain('registers');
  });

  it('that are empty take no room', () => {
    expect(names(open(40, 120))).not.toContain('output');
    expect(names(update(open(40, 120), { kind: 'written', text: 'hello\n' }).state)).toContain('output');
  });

  it('without a place of their own have the whole body while they are focused', () => {
    const memory = update(open(24, 80), { kind: 'key', name: '', text: '5' }).state;
    expect(layout(memory)).toMatchObject([{ pane: { name: 'memory' }, column: 0, width: 80 }]);
  });

  it('shows the answer to what was typed beside a pane that has the screen to itself, until a key moves on', () => {
    const zoomed: State = { ...open(40, 120), focus: 'code', zoomed: true };
    const names = (state: State) => layout(state).map(({ pane }) => pane.name);
    expect(names(zoomed)).toEqual(['code']);
    const typed = [
      { kind: 'key', name: '', text: ':' },
      { kind: 'key', name: '', text: 'p' },
      { kind: 'key', name: 'enter', text: '' },
      { kind: 'begun', line: 'p' },
      { kind: 'answer', text: '42' },
      { kind: 'stopped', view: at(3) },
    ] as const;
    const answered = typed.reduce((state, message) => update(state, message).state, zoomed);
    expect(names(answered)).toEqual(['code', 'console']);
    expect(text(answered)).toHaveLength(40);
    expect(text(answered).join('\n')).toMatch(/─9 console[\s\S]*\n42 /);
    expect(names(update(answered, { kind: 'key', name: '', text: 's' }).state)).toEqual(['code']);
  });
});
