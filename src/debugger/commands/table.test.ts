import { expect, test } from 'vitest';
import { commandsMarkdown, helpAll, helpOne } from './help.js';
import { commandTable } from './table.js';

const { commands } = commandTable;

test('every row of the table can be printed', () => {
  for (const { name, aliases, summary, syntax } of commands) {
    expect(summary, name).not.toMatch(/\.$/);
    expect(syntax.length, name).toBeGreaterThan(0);
    for (const form of syntax)
      expect(
        [name, ...aliases].some(each => form.startsWith(each)),
        `${name}: ${form}`,
      ).toBe(true);
  }
});

test('help and documentation name every command', () => {
  const all = helpAll(commands);
  const markdown = commandsMarkdown(commands);
  for (const { name } of commands) {
    expect(all).toContain(name);
    expect(markdown).toContain(`### ${name}\n`);
  }
});

test('help of one command has its syntax and its other names', () => {
  const help = helpOne(commandTable.find('x', 0));
  expect(help).toContain('x[/COUNT FORMAT SIZE] ADDRESS');
  expect(help).toContain('examinemem');
});

test("gdb's and Delve's spellings lead to the same commands", () => {
  const same: readonly (readonly string[])[] = [
    ['continue', 'c', 'cont', 'conti'],
    ['stepi', 'si', 'step-instruction'],
    ['nexti', 'ni', 'next-instruction'],
    ['step', 's'],
    ['next', 'n'],
    ['finish', 'fin', 'stepout', 'so'],
    ['break', 'b', 'br'],
    ['tbreak', 'tb'],
    ['backtrace', 'bt', 'stack', 'where', 'info stack'],
    ['print', 'p'],
    ['x', 'examinemem'],
    ['regs', 'info registers', 'info reg', 'info r'],
    ['disassemble', 'disas', 'disass', 'disassem'],
    ['goroutines', 'grs', 'info goroutines'],
    ['goroutine', 'gr'],
    ['threads', 'info threads'],
    ['thread', 'tr'],
    ['list', 'l', 'ls'],
    ['condition', 'cond'],
    ['exit', 'quit', 'q'],
    ['restart', 'r', 'run'],
    ['args', 'info args'],
    ['locals', 'info locals'],
    ['funcs', 'info functions'],
    ['vars', 'info variables'],
    ['types', 'info types'],
    ['breakpoints', 'bp', 'info breakpoints', 'info b'],
    ['delete', 'd', 'clearall'],
    ['until', 'u'],
    ['help', 'h'],
  ];
  for (const [name, ...others] of same) {
    for (const other of others) expect(commandTable.find(other, 0).name, other).toBe(name);
  }
});

test('a beginning that several commands share is refused with their names', () => {
  expect(() => commandTable.find('co', 0)).toThrow(/commands.*condition.*config.*continue/);
});

test('a mistyped command is told what it may have been', () => {
  expect(() => commandTable.find('contniue', 0)).toThrow(/did you mean continue/);
});

test('a command of gdb that r14 has not is answered with what to do instead', () => {
  for (const name of ['layout', 'tui']) expect(() => commandTable.find(name, 0), name).toThrow(/full screen.*--line/);
  expect(() => commandTable.find('attach', 0)).toThrow(/r14 exec PATH/);
});

test('an alias of a family of commands stands for the family, as i for info', () => {
  expect(commandTable.family('i', new Map())).toBe('info');
  expect(commandTable.family('when', new Map())).toBeUndefined();
});
