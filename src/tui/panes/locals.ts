import type { PaneItem, PaneRow, PaneSubject } from '../pane.js';
import { printable, type Row, shortNames, span } from '../text.js';
import type { LocalNode, LocalsView } from '../view/locals.js';

/** What is watched, and the selected frame's arguments and variables, as a tree: Enter opens a value, and closes it. */
export const localsPane = {
  name: 'locals',
  title: 'variables',
  short: 'vars',
  key: 'l',
  content: ({ view, before, opened }: PaneSubject) => {
    const { watched, args, locals } = view.locals;
    const old = textsOf(before?.locals);
    const group = (name: string, nodes: readonly LocalNode[]): readonly PaneItem[] =>
      nodes.length === 0 ? [] : [{ row: [span(` ${name}`, 'title')] }, ...nodes.flatMap(node => rows(node, `${name} ${node.name}`, 1))];
    const rows = (node: LocalNode, path: string, depth: number): readonly PaneItem[] => {
      const opens = node.children.length > 0;
      const isOpen = opened.has(path);
      const changed = old.has(path) && old.get(path) !== node.text;
      const arrow = opens ? (isOpen ? '▼ ' : '► ') : '  ';
      const row: Row = [
        span(changed ? '*' : ' ', 'changed'),
        span(`${' '.repeat(2 * depth - 1)}${arrow}${printable(node.name)}`, changed ? 'changed' : 'function'),
        span(` = ${printable(shortNames(node.text))}`, changed ? 'changed' : 'plain'),
        span(node.type === '' ? '' : `  ${printable(shortNames(node.type))}`, 'dim'),
      ];
      const parts = isOpen ? node.children.flatMap(child => rows(child, `${path} ${child.name}`, depth + 1)) : [];
      // A value that opens to nothing may be an address.
      const [, digits] = opens ? [] : (ADDRESS.exec(node.text) ?? []);
      const goes = digits === undefined ? {} : { value: BigInt(digits) };
      return [{ row, path, ...goes, ...(node.watch === undefined ? {} : { watch: node.watch }) }, ...parts];
    };
    const items = [...group('watched', watched), ...group('arguments', args), ...group('variables', locals)];
    return { items: items.length > 0 ? items : EMPTY, note: 'W watches an expression' };
  },
} as const satisfies PaneRow;

const ADDRESS = /(0x[0-9a-f]{4,16})\b/;
const EMPTY: readonly PaneItem[] = [{ row: [span(' nothing is known of variables here: u selects the caller, U your own code', 'dim')] }];

/** Path -> text, of all that was seen. */
function textsOf(seen: LocalsView | undefined): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  const add = (node: LocalNode, path: string): void => {
    texts.set(path, node.text);
    for (const child of node.children) add(child, `${path} ${child.name}`);
  };
  for (const node of seen?.watched ?? []) add(node, `watched ${node.name}`);
  for (const node of seen?.args ?? []) add(node, `arguments ${node.name}`);
  for (const node of seen?.locals ?? []) add(node, `variables ${node.name}`);
  return texts;
}
