import { expect, test } from 'vitest';
import { Settings } from './settings.js';

test("settings go by r14's names, gdb's names and unambiguous beginnings", () => {
  const settings = new Settings();
  settings.set('disassemble-flavor', 'att', 0);
  expect(settings.flavor).toBe('gnu');
  settings.set('disassembly-flavor', 'intel', 0);
  expect(settings.flavor).toBe('intel');
  settings.set('max-str', '10', 0);
  expect(settings.number('max-string-len')).toBe(10);
});

test('what does not fit is refused, and nothing changes', () => {
  const settings = new Settings();
  expect(() => settings.set('disassemble-flavor', 'masm', 3)).toThrow(/gnu, intel, go or att/);
  expect(() => settings.set('disassembly-flavor', 'masm', 3)).toThrow(/^disassembly-flavor is gnu/);
  expect(() => settings.set('max-string-len', '-1', 3)).toThrow(/whole number/);
  expect(() => settings.set('nonsense', '1', 3)).toThrow(/no setting "nonsense"/);
  expect(settings.flavor).toBe('gnu');
});

test('source paths are found by the first rule that fits, at whole path elements', () => {
  const settings = new Settings();
  settings.substitutions.push({ from: '/build/src', to: '/home/me/src/' }, { from: '', to: '/usr/local/go/src' });
  expect(settings.substitute('/build/src/main.go')).toBe('/home/me/src/main.go');
  expect(settings.substitute('/build/src2/main.go')).toBe('/build/src2/main.go');
  expect(settings.substitute('runtime/proc.go')).toBe('/usr/local/go/src/runtime/proc.go');
});

test('panes are hidden by name', () => {
  const settings = new Settings();
  settings.set('hidden-panes', 'memory, lens memory', 0);
  expect(settings.hiddenPanes).toEqual(new Set(['memory', 'lens']));
  expect(() => settings.set('hidden-panes', 'memroy', 0)).toThrow(/not "memroy"/);
  settings.set('hidden-panes', '', 0);
  expect(settings.hiddenPanes.size).toBe(0);
});
