import { expect, it } from 'vitest';
import { keyOfEvent } from './keyboard.js';

const press = (key: string, typing = false, changes = {}) =>
  keyOfEvent({ key, ctrlKey: false, altKey: false, metaKey: false, shiftKey: false, ...changes }, typing);

it('keys of a page have the names that they have in a terminal', () => {
  expect(press('ArrowUp')).toEqual({ kind: 'key', name: 'up', text: '' });
  expect(press(' ')).toEqual({ kind: 'key', name: '', text: ' ' });
  expect(press('c', false, { ctrlKey: true })).toEqual({ kind: 'key', name: 'ctrl-c', text: '' });
  expect(press('ArrowRight', false, { altKey: true })).toEqual({ kind: 'key', name: 'alt-right', text: '' });
});

it("the browser's own stay its own, and nobody is caught in the screen", () => {
  expect(press('Tab')).toBeUndefined();
  expect(press('Tab', true)).toEqual({ kind: 'key', name: 'tab', text: '' });
  expect(press('Tab', true, { shiftKey: true })).toBeUndefined();
  expect(press('t', false, { ctrlKey: true })).toBeUndefined();
  expect(press('r', false, { metaKey: true })).toBeUndefined();
  expect(press('F5')).toBeUndefined();
  expect(press('Shift')).toBeUndefined();
  expect(press('w', false, { ctrlKey: true })).toBeUndefined();
});
