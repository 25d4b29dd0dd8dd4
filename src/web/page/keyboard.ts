/** A browser's keys as the terminal's names of them. */
import type { Input } from '../../tui/input.js';

const NAMES: Readonly<Record<string, string>> = {
  ArrowUp: 'up',
  ArrowDown: 'down',
  ArrowLeft: 'left',
  ArrowRight: 'right',
  Home: 'home',
  End: 'end',
  PageUp: 'pageup',
  PageDown: 'pagedown',
  Enter: 'enter',
  Escape: 'escape',
  Backspace: 'backspace',
  Delete: 'delete',
};

/** Keys with control that a line which is typed knows; the others are the browser's. */
const EDITING = /^[aekuwdbf]$/;

interface Pressed {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
}

/** Undefined: the key is the browser's. `typing`: a line is being typed, whose words Tab completes; else Tab goes on, out of the screen. */
export function keyOfEvent({ key, ctrlKey, altKey, metaKey, shiftKey }: Pressed, typing: boolean): Input | undefined {
  if (metaKey) return undefined;
  const named = (name: string): Input => ({ kind: 'key', name, text: '' });
  if (key === 'Tab') return typing && !shiftKey ? named('tab') : undefined;
  if (ctrlKey) return key === 'c' || (typing && EDITING.test(key)) ? named(`ctrl-${key}`) : undefined;
  const name = NAMES[key];
  if (name !== undefined) return named(`${altKey ? 'alt-' : ''}${name}`);
  if ([...key].length !== 1) return undefined;
  return altKey ? (typing ? named(`alt-${key}`) : undefined) : { kind: 'key', name: '', text: key };
}
