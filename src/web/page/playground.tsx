/** Go assembly to play with: the text, its declarations and what is called, beside the live screen. */
import { useEffect, useMemo, useState } from 'react';
import type { AssemblyText } from '../../runtime/bundled/assembly-text.js';
import { MOST_TEXT, type TextProblem } from '../messages.js';
import { Editor } from './editor.js';
import type { EngineView, PageEngine } from './engine.js';

/** Milliseconds without a key after which it is looked at what is wrong. */
const PAUSE = 150;

const EDITORS = [
  { kind: 'source', label: 'Go assembly' },
  { kind: 'types', label: 'types.go: declarations' },
] as const;

interface PlaygroundProps {
  readonly engine: PageEngine;
  readonly view: EngineView;
  /** What somebody has shared; undefined: the first example. */
  readonly given: AssemblyText | undefined;
}

export default function Playground({ engine, view, given }: PlaygroundProps) {
  const [text, setText] = useState<AssemblyText | undefined>(given);
  const { examples, problems } = view;
  // The screen is drawn more often than something else is wrong, and then it is not said again.
  const wrong = useMemo(() => {
    const of = (where: TextProblem['where']) => problems.filter(each => each.where === where);
    return { source: of('source'), types: of('types'), call: of('call') };
  }, [problems]);
  const show = (name: string): void => {
    const example = examples.find(each => each.name === name);
    if (example !== undefined) setText({ source: example.source, types: example.types, calls: [example.call], runtime: 'none' });
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: the first example is shown once, when there are some
  useEffect(() => {
    if (text === undefined && examples.length > 0) show(examples[0]!.name);
  }, [examples]);
  useEffect(() => {
    if (text === undefined) return;
    const timer = setTimeout(() => engine.send({ kind: 'check', text: bounded(text) }), PAUSE);
    return () => clearTimeout(timer);
  }, [engine, text]);
  if (text === undefined) return <div className="playground" />;
  const run = (): void => engine.open({ kind: 'assembly', text: bounded(text) });
  return (
    <section className="playground" aria-label="playground">
      <div className="asks">
        <select aria-label="examples" value="" onChange={({ target }) => show(target.value)}>
          <option value="">examples</option>
          {examples.map(({ name, title }) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
        </select>
        <select
          aria-label="runtime"
          value={text.runtime}
          onChange={({ target }) => setText({ ...text, runtime: target.value as AssemblyText['runtime'] })}
        >
          <option value="none">no runtime</option>
          <option value="plain">small Go runtime</option>
          <option value="race">small Go runtime, -race</option>
        </select>
        <button type="button" className="main" onClick={run} disabled={problems.length > 0} title="ctrl-enter">
          Assemble and run
        </button>
      </div>
      {EDITORS.map(({ kind, label }) => (
        <Editor
          key={kind}
          kind={kind}
          label={label}
          text={text[kind]}
          problems={wrong[kind]}
          changed={changed => setText({ ...text, [kind]: changed })}
          run={run}
        />
      ))}
      <label className="calls">
        call
        <input
          value={text.calls.join('; ')}
          aria-invalid={wrong.call.length > 0}
          placeholder="F(1, 2): nothing runs main"
          spellCheck={false}
          onChange={({ target }) => setText({ ...text, calls: target.value.trim() === '' ? [] : [target.value] })}
          onKeyDown={({ key }) => {
            if (key === 'Enter') run();
          }}
        />
      </label>
      <ul className="problems" aria-live="polite" aria-label="what is wrong">
        {problems.map(({ where, line, column, message }) => (
          <li key={`${where} ${line} ${column} ${message}`}>
            {where === 'call' ? 'call' : `${where === 'types' ? 'types.go' : 'play.s'}:${line}:${column}`}: {message}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What is longer is refused all the same: a little more than the most is enough to say so. */
const bounded = (text: AssemblyText): AssemblyText => ({
  ...text,
  source: text.source.slice(0, MOST_TEXT + 1),
  types: text.types.slice(0, MOST_TEXT + 1),
});
