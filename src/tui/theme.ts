/** What each role looks like. Nothing depends on colour alone: marks and words say the same. */
import type { Theme } from '../debugger/session/settings.js';
import type { TextRole } from './text.js';

export interface Style {
  readonly color?: string;
  readonly bold?: boolean;
  readonly dimColor?: boolean;
  readonly inverse?: boolean;
}

/** A colour by name for terminals of 16, and exactly for those of more: on a dark and on a light ground. */
interface Hue {
  readonly dark: readonly [name: string, exact: string];
  readonly light: readonly [name: string, exact: string];
}

const hue = (darkName: string, dark: string, lightName: string, light: string): Hue => ({
  dark: [darkName, dark],
  light: [lightName, light],
});
const RED = hue('red', '#ff6b68', 'red', '#b3261e');
const GREEN = hue('green', '#8fcf6f', 'green', '#2f6f1f');
const YELLOW = hue('yellow', '#f2c94c', 'magenta', '#8a5a00');
const BLUE = hue('blueBright', '#7fb4ff', 'blue', '#1f4fb3');
const MAGENTA = hue('magenta', '#d79bea', 'magenta', '#7a2f91');
const CYAN = hue('cyan', '#6fd3d3', 'cyan', '#0b6e74');
const ORANGE = hue('redBright', '#f0a060', 'red', '#a04a00');

interface Look extends Omit<Style, 'color'> {
  readonly hue?: Hue;
}

const LOOKS: Readonly<Record<TextRole, Look>> = {
  plain: {},
  title: { bold: true },
  focus: { bold: true, inverse: true, hue: CYAN },
  dim: { dimColor: true },
  current: { bold: true, hue: GREEN },
  fault: { bold: true, inverse: true, hue: RED },
  changed: { hue: YELLOW },
  breakpoint: { bold: true, hue: RED },
  function: { bold: true, hue: BLUE },
  source: { dimColor: true },
  seam: { hue: CYAN },
  selected: { bold: true },
  cursor: { inverse: true },
  prompt: { bold: true },
  good: { hue: GREEN },
  bad: { bold: true, hue: RED },
  literal: { hue: CYAN },
  stress: { bold: true },
  code: { hue: BLUE },
  stack: { hue: GREEN },
  heap: { hue: MAGENTA },
  global: { hue: CYAN },
  shadow: { hue: ORANGE },
};

export const TEXT_ROLES = Object.keys(LOOKS) as readonly TextRole[];

/** How many colours a terminal has, by the bits of one: 1, 4, 8 or 24, as Node tells. */
export type ColorDepth = number;

export function styleOf(role: TextRole, theme: Theme, depth: ColorDepth): Style {
  const { hue, ...style } = LOOKS[role];
  if (hue === undefined || theme === 'plain' || depth < 4) return style;
  return { ...style, color: hue[theme][depth < 8 ? 0 : 1] };
}
