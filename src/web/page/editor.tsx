/** A text that is edited: CodeMirror, with Go's colours, and what is wrong where it stands. */
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { HighlightStyle, StreamLanguage, syntaxHighlighting } from '@codemirror/language';
import { lintGutter, setDiagnostics } from '@codemirror/lint';
import { EditorState } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useRef } from 'react';
import type { TextProblem } from '../messages.js';
import { ASSEMBLY, DECLARATIONS, type TokenTable } from './go-tokens.js';

const language = (table: TokenTable) =>
  StreamLanguage.define({
    token: stream => {
      if (stream.eatSpace()) return null;
      for (const [pattern, token] of table) if (stream.match(pattern)) return token;
      stream.next();
      return null;
    },
    languageData: { commentTokens: { line: '//' } },
  });

const LANGUAGES = { source: language(ASSEMBLY), types: language(DECLARATIONS) } as const;

const COLOURS = HighlightStyle.define([
  { tag: tags.comment, class: 'r-dim' },
  { tag: tags.meta, class: 'r-heap' },
  { tag: [tags.string, tags.number], class: 'r-literal' },
  { tag: tags.labelName, class: 'r-changed' },
  { tag: tags.definitionKeyword, class: 'r-title' },
  { tag: tags.keyword, class: 'r-function' },
  { tag: tags.atom, class: 'r-heap' },
  { tag: tags.special(tags.variableName), class: 'r-shadow' },
  { tag: tags.variableName, class: 'r-stack' },
]);

interface EditorProps {
  readonly kind: keyof typeof LANGUAGES;
  readonly label: string;
  /** What it begins with; another one replaces the text. */
  readonly text: string;
  readonly problems: readonly TextProblem[];
  readonly changed: (text: string) => void;
  readonly run: () => void;
}

export function Editor({ kind, label, text, problems, changed, run }: EditorProps) {
  const element = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const asked = useRef({ changed, run });
  asked.current = { changed, run };
  // biome-ignore lint/correctness/useExhaustiveDependencies: the editor is made once, and has its text itself
  useEffect(() => {
    const made = new EditorView({
      parent: element.current!,
      state: EditorState.create({
        doc: text,
        extensions: [
          lineNumbers(),
          history(),
          drawSelection(),
          highlightActiveLine(),
          lintGutter(),
          LANGUAGES[kind],
          syntaxHighlighting(COLOURS),
          keymap.of([
            {
              key: 'Mod-Enter',
              run: () => {
                asked.current.run();
                return true;
              },
            },
            // Escape, then Tab leaves the editor.
            ...historyKeymap,
            ...defaultKeymap,
            indentWithTab,
          ]),
          EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
          EditorView.updateListener.of(update => {
            if (update.docChanged) asked.current.changed(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = made;
    return () => made.destroy();
  }, [kind, label]);
  useEffect(() => {
    const { current } = view;
    if (current === undefined || current.state.doc.toString() === text) return;
    current.dispatch({ changes: { from: 0, to: current.state.doc.length, insert: text } });
  }, [text]);
  useEffect(() => {
    const { current } = view;
    if (current === undefined) return;
    const { doc } = current.state;
    const diagnostics = problems
      .filter(({ line }) => line <= doc.lines)
      .map(({ line, column, message }) => {
        const { from: start, to: end } = doc.line(line);
        const from = Math.min(start + column - 1, end);
        const word = /^[\w·∕.~]+/.exec(doc.sliceString(from, end))?.[0] ?? '';
        return { from, to: Math.min(end, from + Math.max(1, word.length)), severity: 'error' as const, message };
      });
    current.dispatch(setDiagnostics(current.state, diagnostics));
  }, [problems]);
  return <div className={`editor ${kind}`} ref={element} />;
}
