import type { Data } from '../../debugger/answer.js';
import type { Session } from '../../debugger/session/session.js';
import { printExpression } from '../../debugger/show/print.js';
import { frameVariables } from '../../debugger/show/variables.js';
import { treesOf } from '../../debugger/values/tree.js';
import { told } from '../../host/told.js';

/** A value with its parts, as far as they are read. */
export interface LocalNode {
  readonly name: string;
  readonly type: string;
  readonly text: string;
  readonly children: readonly LocalNode[];
  /** Number of the display that it is of. */
  readonly watch?: number;
}

export interface LocalsView {
  /** Expressions that are displayed at each stop. */
  readonly watched: readonly LocalNode[];
  readonly args: readonly LocalNode[];
  readonly locals: readonly LocalNode[];
}

export const NO_LOCALS: LocalsView = { watched: [], args: [], locals: [] };

/** The selected frame's arguments and variables, and what is watched. */
export function observeLocals(session: Session): LocalsView {
  const { stack, frame, settings } = session;
  const context = stack.context(frame);
  const print = settings.printOptions;
  const listed = (which: 'args' | 'locals'): readonly LocalNode[] =>
    frameVariables(stack, frame, which, print).map(({ name, value, text }) => {
      if (value === undefined) return { name, type: '', text, children: [] };
      const [tree] = treesOf(context, [{ value, text }], { inC: context.frame?.language === 'c', ...print });
      return nodeOf({ ...tree, name });
    });
  const watched = session.displays.map(({ id, expression }): LocalNode => {
    try {
      const { output, data } = printExpression(session.context(), { text: expression, column: 0 }, '', print);
      return { ...nodeOf({ ...(data() as object), name: expression }), text: output, watch: id };
    } catch (error) {
      return { name: expression, type: '', text: told(error).message, children: [], watch: id };
    }
  });
  return { watched, args: listed('args'), locals: listed('locals') };
}

function nodeOf(tree: { readonly [key: string]: Data }): LocalNode {
  const { name, type, value, children } = tree;
  return {
    name: String(name),
    type: typeof type === 'string' ? type : '',
    text: typeof value === 'string' ? value : '',
    children: Array.isArray(children) ? children.map(each => nodeOf(each as { readonly [key: string]: Data })) : [],
  };
}
