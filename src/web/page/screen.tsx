/** The terminal's screen in a page: panes at their places in a grid of cells, keys, clicks, wheel and touch as the terminal would send them. */
import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { PaintedScreen } from '../messages.js';
import type { PageEngine } from './engine.js';
import { Cells } from './rows.js';

/** Cells that the screen needs, and how small letters may become for that, in px. */
const LEAST = { columns: 60, rows: 15 } as const;
const LETTERS = { usual: 13, least: 8.5 } as const;
/** Height of a row, in letters. */
const LEADING = 1.4;
/** Pixels that a wheel turns for a notch. */
const NOTCH = 40;

interface Cell {
  readonly width: number;
  readonly height: number;
  readonly letters: number;
}

/** How wide a letter is, as a part of its height. */
function proportion(within: HTMLElement): number {
  const probe = document.createElement('span');
  probe.className = 'probe';
  probe.textContent = 'M'.repeat(100);
  within.append(probe);
  const { width } = probe.getBoundingClientRect();
  probe.remove();
  return width / 100 / 100;
}

/** Measures the cells that have room in an element, and tells the engine. */
function useCells(element: RefObject<HTMLDivElement | null>, engine: PageEngine): Cell {
  const [cell, setCell] = useState<Cell>({ width: 8, height: LETTERS.usual * LEADING, letters: LETTERS.usual });
  useLayoutEffect(() => {
    const within = element.current!;
    const part = proportion(within);
    const measure = (): void => {
      const { clientWidth, clientHeight } = within;
      if (clientWidth === 0) return;
      const letters = Math.max(LETTERS.least, Math.min(LETTERS.usual, clientWidth / LEAST.columns / part - 0.01));
      const width = letters * part;
      const height = Math.round(letters * LEADING);
      setCell(before => (before.letters === letters && before.width === width ? before : { letters, width, height }));
      engine.resize({
        columns: Math.max(LEAST.columns, Math.floor(clientWidth / width)),
        rows: Math.max(LEAST.rows, Math.floor(clientHeight / height)),
      });
    };
    const observer = new ResizeObserver(measure);
    observer.observe(within);
    measure();
    return () => observer.disconnect();
  }, [element, engine]);
  return cell;
}

interface ScreenProps {
  readonly engine: PageEngine;
  readonly screen: PaintedScreen | undefined;
}

export function Screen({ engine, screen }: ScreenProps) {
  const element = useRef<HTMLDivElement>(null);
  const cell = useCells(element, engine);
  usePointer(element, cell, engine);
  const place = (row: number, column: number, width: number, height: number) => ({
    top: row * cell.height,
    left: column * cell.width,
    width: width * cell.width,
    height: height * cell.height,
  });
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: keys are the debugger's while it has the focus
    <section className="screen" ref={element} tabIndex={0} aria-label="debugger: ? shows its keys">
      {screen !== undefined && (
        <div
          className="cells"
          style={{
            fontSize: cell.letters,
            lineHeight: `${cell.height}px`,
            width: screen.columns * cell.width,
            height: screen.rows * cell.height,
          }}
        >
          <header className="cellhead">
            <Cells rows={screen.head} />
          </header>
          {screen.panes.map(({ name, title, focused, row, column, width, height, rows }) => (
            <section
              key={name}
              className={`pane${focused ? ' focused' : ''}${column > 0 ? ' beside' : ''}`}
              data-pane={name}
              aria-label={title}
              style={place(row, column, width, height)}
            >
              <Cells rows={rows} />
            </section>
          ))}
          {screen.help !== undefined && (
            <section className="pane" aria-label="keys" style={place(screen.head.length, 0, screen.columns, screen.help.length)}>
              <Cells rows={screen.help} />
            </section>
          )}
          <footer className="pane" style={place(screen.rows - screen.foot.length, 0, screen.columns, screen.foot.length)}>
            <Cells rows={screen.foot} />
          </footer>
        </div>
      )}
    </section>
  );
}

/** Clicks, wheel and touch, in cells. */
function usePointer(element: RefObject<HTMLDivElement | null>, cell: Cell, engine: PageEngine): void {
  useEffect(() => {
    const within = element.current!;
    const cellOf = ({ clientX, clientY }: { readonly clientX: number; readonly clientY: number }) => {
      const { left, top } = within.getBoundingClientRect();
      return {
        row: Math.floor((clientY - top + within.scrollTop) / cell.height),
        column: Math.floor((clientX - left + within.scrollLeft) / cell.width),
      };
    };
    const click = (event: MouseEvent): void => {
      // Who has selected text wants to copy it.
      if (event.button !== 0 || getSelection()?.isCollapsed === false) return;
      engine.send({ kind: 'input', input: { kind: 'click', ...cellOf(event) } });
    };
    let turned = 0;
    const turn = (by: number, at: { readonly clientX: number; readonly clientY: number }, modified: boolean): void => {
      turned += by;
      for (; Math.abs(turned) >= NOTCH; turned -= Math.sign(turned) * NOTCH) {
        const way = turned > 0 ? (1 as const) : (-1 as const);
        engine.send({ kind: 'input', input: { kind: 'wheel', ...cellOf(at), by: way, ...(modified ? { modified: true as const } : {}) } });
      }
    };
    const wheel = (event: WheelEvent): void => {
      event.preventDefault();
      turn(event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * NOTCH : event.deltaY, event, event.ctrlKey || event.altKey);
    };
    let finger: { readonly clientX: number; readonly clientY: number } | undefined;
    const touch = (event: TouchEvent): void => {
      const [at] = event.touches;
      if (at === undefined || event.touches.length > 1) return;
      if (event.type === 'touchmove' && finger !== undefined) {
        event.preventDefault();
        turn((finger.clientY - at.clientY) * 2, at, false);
      }
      finger = { clientX: at.clientX, clientY: at.clientY };
    };
    within.addEventListener('click', click);
    within.addEventListener('wheel', wheel, { passive: false });
    within.addEventListener('touchstart', touch, { passive: true });
    within.addEventListener('touchmove', touch, { passive: false });
    return () => {
      within.removeEventListener('click', click);
      within.removeEventListener('wheel', wheel);
      within.removeEventListener('touchstart', touch);
      within.removeEventListener('touchmove', touch);
    };
  }, [element, cell, engine]);
}
