/** What a step of a lesson may have changed, by its line: what there is to be undone where the reader goes back over it. */
import { told } from '../../host/told.js';
import { commandTable } from '../commands/table.js';

/**
 * `looks`: nothing that a later step could depend on. `moves`: no more than the run's moment, the breakpoints and what is selected, which are
 * kept. `changes`: anything else; it is undone by doing all that came before anew.
 */
export type StepEffect = 'looks' | 'moves' | 'changes';

const LOOKS = ['x', 'print', 'backtrace', 'args', 'locals', 'regs', 'disassemble', 'info', 'list', 'goroutines', 'why', 'origin'];
const MOVES = [
  'stepi',
  'nexti',
  'step',
  'next',
  'continue',
  'finish',
  'until',
  'advance',
  'break',
  'tbreak',
  'delete',
  'up',
  'down',
  'frame',
];

/** An assignment, or what may be a call of a function. */
const ACTS = /(?:^|[^=!<>])=(?!=)|[A-Za-z_]\w*\(/;

export function effectOfStep(line: string): StepEffect {
  const [, word = '', rest = ''] = /^([a-zA-Z]+)(.*)$/.exec(line.trim()) ?? [];
  if (word === 'abi') return rest.trim() === '' ? 'looks' : 'changes';
  const name = nameOf(word);
  if (LOOKS.includes(name)) return name === 'print' && ACTS.test(rest) ? 'changes' : 'looks';
  return MOVES.includes(name) ? 'moves' : 'changes';
}

function nameOf(word: string): string {
  try {
    return commandTable.find(word, 0).name;
  } catch (error) {
    told(error);
    return '';
  }
}
