/** A lesson's text beside the live screen: what its pane says in a terminal, in lines as long as the page has room for. */
import { useEffect, useRef } from 'react';
import { rowText } from '../../tui/text.js';
import type { PaintedLesson } from '../messages.js';
import type { PageEngine } from './engine.js';
import { Segments } from './rows.js';

export function LessonText({ engine, lesson, running }: { engine: PageEngine; lesson: PaintedLesson; running: boolean }) {
  const fresh = useRef<HTMLDivElement>(null);
  const { items, position, note } = lesson;
  // What is new is read from its beginning.
  useEffect(() => {
    if (note !== '' && lesson.fresh > 0) fresh.current?.scrollIntoView({ block: 'start' });
  }, [lesson.fresh, note]);
  return (
    <article className="lesson" aria-label={`lesson: ${lesson.title}`}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, which keys must be able to do */}
      <div className="prose" tabIndex={0}>
        {items.map(({ row, section }, index) => {
          const text = rowText(row);
          const kind = row.some(({ role }) => role === 'title')
            ? 'heading'
            : /^ {2}|^ \(r14\)/.test(text)
              ? 'code'
              : text.trim() === ''
                ? 'gap'
                : '';
          return (
            <div
              // biome-ignore lint/suspicious/noArrayIndexKey: an item is its place
              key={index}
              ref={index === lesson.fresh ? fresh : undefined}
              className={`item ${kind}`}
            >
              {section === undefined ? (
                <Segments row={row} />
              ) : (
                <button
                  type="button"
                  className="section"
                  onClick={() => engine.send({ kind: 'walk', move: { kind: 'section', number: section } })}
                >
                  <Segments row={row} />
                </button>
              )}
            </div>
          );
        })}
      </div>
      <nav className="walk" aria-label="lesson">
        <button type="button" onClick={() => engine.send({ kind: 'walk', move: { kind: 'back' } })} disabled={running || position <= 1}>
          ◀ back
        </button>
        <button
          type="button"
          className="main"
          onClick={() => engine.press(' ')}
          disabled={running || (lesson.over && !lesson.away)}
          title="space"
        >
          {lesson.away
            ? 'return to the lesson'
            : lesson.exercise === undefined
              ? 'next step ▶'
              : lesson.exercise.answer
                ? 'answer'
                : 'look whether it is done'}
        </button>
        {lesson.exercise !== undefined && (
          <>
            <button type="button" onClick={() => engine.press('H')}>
              hint
            </button>
            <button type="button" onClick={() => engine.press('x')}>
              leave it
            </button>
          </>
        )}
        <button type="button" onClick={() => engine.press('T')}>
          sections
        </button>
        <span className="note">{note}</span>
      </nav>
    </article>
  );
}
