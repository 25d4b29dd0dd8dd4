/** `r14 lesson --print --html`: the handout as a page by itself, with the screen of each place where a step has stopped. */
import { type ProseLine, type ProseSpan, proseBlocks } from '../debugger/lesson/markdown.js';
import type { LessonRun, StepResult } from '../debugger/lesson/run.js';
import type { Session } from '../debugger/session/session.js';
import { xmlText } from '../host/xml.js';
import { draw } from '../tui/draw.js';
import { initial } from '../tui/state.js';
import { type CellLook, type DrawnCell, INK, PAPER, svgOf } from '../tui/svg.js';
import { clusters, type Row } from '../tui/text.js';
import { styleOf } from '../tui/theme.js';
import { observe } from '../tui/view/view.js';
import widthOf from '../tui/width.js';
import { writeOut } from './output.js';

const COLUMNS = 100;
const ROWS = 30;
/** Bits of a colour. */
const EXACT = 24;

const STYLE = `body { max-width: 56em; margin: 2em auto; padding: 0 1em; font: 16px/1.5 system-ui, sans-serif; color: #1c1e22 }
code, pre { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 14px }
pre { background: #f2f3f5; padding: 0.6em 0.8em; overflow-x: auto } pre b { color: #0b4f9c }
svg { max-width: 100%; height: auto; margin: 0.4em 0 } .exercise { border-left: 4px solid #b58900; padding-left: 1em; min-height: 6em }
.wrong { color: #b3261e } @media print { svg, pre, .exercise { break-inside: avoid } }`;

/** Writes the page. Returns the exit status: 1 when a step was not as the lesson says. */
export async function printPage(run: LessonRun, name: string): Promise<number> {
  let wrong = false;
  let exercises = 0;
  let stood = placeOf(run.session);
  const { title } = run.lesson;
  writeOut(
    1,
    `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>${xmlText(title)}</title>\n<style>${STYLE}</style></head><body>\n`,
  );
  while (run.next !== undefined) {
    const result = run.exercise === undefined ? await run.advance() : run.passed(true);
    wrong ||= !result.ok;
    if (result.part.kind === 'exercise') exercises++;
    writeOut(1, shown(result, exercises));
    const { session } = run;
    if (result.part.kind === 'command' && placeOf(session) !== stood && !session.exited) writeOut(1, screenOf(session, name));
    stood = placeOf(session);
  }
  writeOut(1, '</body></html>\n');
  return wrong ? 1 : 0;
}

const placeOf = ({ target, exited }: Session): string => `${target.process.t} ${exited}`;

function shown({ part, ok, output }: StepResult, exercises: number): string {
  switch (part.kind) {
    case 'text':
      return prose(part.text);
    case 'command':
      return `<pre><b>(r14) ${xmlText(part.text)}</b>${output === '' ? '' : `\n${xmlText(output)}`}</pre>\n`;
    case 'variant':
      return `<pre><b>${xmlText(part.text)}</b></pre>\n`;
    case 'check':
      return ok ? '' : `<p class="wrong">Not as the lesson says: <code>${xmlText(part.text)}</code>: ${xmlText(output)}</p>\n`;
    case 'exercise':
      return `<div class="exercise"><p><b>Exercise ${exercises}.</b> ${xmlText(part.text.replaceAll('\n', ' '))}</p></div>\n`;
  }
}

const TAGS = { plain: undefined, code: 'code', stress: 'em', heading: undefined } as const;

const inline = ({ text, style }: ProseSpan): string => {
  const tag = TAGS[style];
  return tag === undefined ? xmlText(text) : `<${tag}>${xmlText(text)}</${tag}>`;
};

/** A text that begins with the lesson's title has it in front. */
const heading = (first: boolean, words: string): string => (first ? `<h1>${words}</h1>` : `<h2>${words}</h2>`);

const ITEM = /^(?:[-*]|\d+\.)\s+/;

/** Lines of one kind that follow each other are one block. */
function prose(text: string): string {
  const lines = proseBlocks(text);
  const kindOf = ({ spans, hang }: ProseLine): 'blank' | 'heading' | 'code' | 'item' | 'text' => {
    const [first] = spans;
    if (first === undefined) return 'blank';
    if (first.style === 'heading') return 'heading';
    if (spans.length === 1 && first.style === 'code' && hang > 0) return 'code';
    return ITEM.test(first.text) ? 'item' : 'text';
  };
  const whole = (line: ProseLine): string => line.spans.map(inline).join('');
  const out: string[] = [];
  for (let at = 0; at < lines.length; ) {
    const kind = kindOf(lines[at]!);
    const end = lines.findIndex((line, index) => index > at && kindOf(line) !== kind);
    const block = lines.slice(at, end < 0 ? lines.length : end);
    at += block.length;
    if (kind === 'code') out.push(`<pre>${block.map(line => line.spans.map(each => xmlText(each.text)).join('')).join('\n')}</pre>`);
    else if (kind === 'item') out.push(`<ul>${block.map(line => `<li>${whole(line).replace(ITEM, '')}</li>`).join('')}</ul>`);
    else if (kind === 'heading')
      out.push(...block.map((line, nth) => heading(out.length + nth === 0 && /^# /.test(text.trimStart()), whole(line))));
    else if (kind === 'text') out.push(...block.map(line => `<p>${whole(line)}</p>`));
  }
  return `${out.join('\n')}\n`;
}

/** What r14's screen shows of a stop. */
function screenOf(session: Session, name: string): string {
  const state = initial(observe(session, name), ROWS, COLUMNS, [], undefined);
  const cells = draw(state)
    .slice(0, -2)
    .map((row: Row) => row.flatMap(({ text, role }) => clusters(text).flatMap(each => cellsOf(each, lookOf(role)))));
  return svgOf(xmlText(`r14 ${name} at t=${session.target.process.t}`), COLUMNS, cells);
}

function cellsOf(text: string, look: CellLook): readonly DrawnCell[] {
  const rest = Array.from({ length: Math.max(0, widthOf(text) - 1) }, (): DrawnCell => ({ text: '', look }));
  return [{ text, look }, ...rest];
}

function lookOf(role: Row[number]['role']): CellLook {
  const { color = INK, bold, dimColor, inverse } = styleOf(role, 'dark', EXACT);
  const traits = `${bold ? ' font-weight="bold"' : ''}${dimColor ? ' opacity="0.6"' : ''}`;
  return inverse ? { ink: PAPER, paper: color, traits } : { ink: color, paper: PAPER, traits };
}
