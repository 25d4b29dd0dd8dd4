/** A view of a small crash, made up, and what tests of the screen do with it. */
import { draw } from '../../src/tui/draw.js';
import type { Input } from '../../src/tui/input.js';
import { initial, type Message, type State } from '../../src/tui/state.js';
import { update } from '../../src/tui/update.js';
import { NOTHING, type View } from '../../src/tui/view/view.js';

export const view = (t: string, rax: string): View => ({
  ...NOTHING,
  looking: {},
  flavor: 'go',
  theme: 'dark',
  lanes: undefined,
  hidden: new Set(),
  watches: 0,
  breakpoints: new Set(),
  title: 'crash',
  place: 'goroutine 1 on g0   thread 1',
  t,
  stop: { what: 'SIGSEGV in f+0', detail: 'rdi = 0' },
  fault: true,
  atStart: false,
  exited: false,
  code: {
    rows: [
      { kind: 'function', text: 'f  System V' },
      { kind: 'instruction', text: 'mov 0x10(%rdi),%rdx', address: 0x401000n, current: true, breakpoint: true },
      { kind: 'instruction', text: 'jmp 0x401000', address: 0x401004n, target: 0x401000n },
    ],
    anchor: 1,
  },
  values: { selected: 'f', frames: new Map([['f', new Map([['rax', BigInt(rax)]])]]) },
  registers: [{ name: 'rax', shown: rax, text: '', meant: false, value: BigInt(rax) }],
  frames: [
    { index: 0, pc: 0x401000n, name: 'f', where: 'x.s:3', args: '', tags: [], selected: true },
    {
      index: 1,
      pc: 0x401010n,
      name: 'main.main',
      where: 'main.go:7',
      args: '',
      tags: [],
      selected: false,
      seam: { what: 'stack switch', inner: 'g0', outer: 'goroutine 1' },
    },
  ],
  memory: { rows: [{ address: 0xec98n, registers: ['rsp'], chain: { links: [{ value: 0x401010n }], end: { kind: 'number' } } }] },
  goroutines: [{ id: 1, state: 'running', name: 'f', where: 'x.s:3', current: true }],
});
export const start = (): State => initial(view('1', '0x1'), 40, 120, ['bt', 'p x']);
/** Keys by name; single characters are themselves, and text in quotes is typed. */
export const keys = (...names: string[]): Input[] =>
  names.flatMap((name): Input[] => {
    const text = /^'(.*)'$/su.exec(name)?.[1] ?? (name.length === 1 ? name : undefined);
    return text === undefined ? [{ kind: 'key', name, text: '' }] : [...text].map(each => ({ kind: 'key', name: '', text: each }));
  });
export const fed = (state: State, ...messages: Message[]): State => messages.reduce((now, message) => update(now, message).state, state);
export const screen = (state: State): string[] => draw(state).map(row => row.map(segment => segment.text).join(''));
