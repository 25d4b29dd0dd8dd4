/** `r14 lesson NAME`: a bundled program's lesson in the screen, in line mode, or all of it at once with --check. */
import { createInterface } from 'node:readline';
import { execute } from '../debugger/commands/execute.js';
import { LessonError, type LessonPart, parseLesson } from '../debugger/lesson/lesson.js';
import { proseLines } from '../debugger/lesson/prose.js';
import { LessonRun, type LessonStage, type StepResult } from '../debugger/lesson/run.js';
import { assembledLauncher } from '../debugger/session/launcher.js';
import { Session } from '../debugger/session/session.js';
import { Settings } from '../debugger/session/settings.js';
import { nodeAssets } from '../host/node/assets.js';
import { Catalog } from '../runtime/bundled/catalog.js';
import { asciiWanted, type Parsed, screenWanted, UsageError } from './flags.js';
import { nodeHost } from './host.js';
import { Outlet, writeOut } from './output.js';
import { processOptions } from './process-options.js';
import { openScreen } from './screen.js';

const BAD_INPUT = 2;
const WELCOME = 'Enter runs the step that is shown; any other command may be typed in between; q ends.';

/** `untilSignal`: the screen opens where a step has left the program stopped by a signal. Returns the exit status: 1 when a step was not as the lesson says, 2 when the lesson itself is wrong. */
export async function lessonCommand(parsed: Parsed, name: string, untilSignal = false): Promise<number> {
  const catalog = new Catalog(nodeAssets);
  const { file, text } = catalog.lesson(name);
  try {
    const lesson = parseLesson(file, text);
    const outlet = new Outlet(1);
    const check = parsed.values.has('check');
    const stage = stageOf(catalog, parsed, name, check ? undefined : outlet);
    const run = new LessonRun(lesson, stage);
    if (check) return await checkAll(run, checkStyle(parsed));
    if (!screenWanted(parsed)) return await walkLines(run);
    const { LessonWalk } = await import('../debugger/lesson/walk.js');
    const walk = new LessonWalk(run);
    let notice = '';
    outlet.screen = { renewed: () => undefined, written: () => undefined, said: text => (notice += `${text}\n`), starved: () => undefined };
    await (untilSignal ? walk.untilSignal() : walk.begin());
    await openScreen(walk, { title: name, ascii: asciiWanted(parsed), written: stage.printed(), notice }, outlet);
    return 0;
  } catch (error) {
    if (!(error instanceof LessonError)) throw error;
    writeOut(2, `${error.message}\n`);
    return BAD_INPUT;
  }
}

/** Sessions of the lesson's program, with the same settings; what it writes is also seen in `outlet`. */
function stageOf(catalog: Catalog, parsed: Parsed, name: string, outlet: Outlet | undefined): LessonStage {
  let written = '';
  const decoder = new TextDecoder();
  const settings = new Settings();
  return {
    open: (variant, race) => {
      written = '';
      const program = catalog.build(name, { ...(variant === undefined ? {} : { variant }), ...(race === undefined ? {} : { race }) });
      const session = new Session(assembledLauncher(program, processOptions(parsed, name)), nodeHost(), undefined, settings);
      session.events.on('output', ({ bytes }) => (written += decoder.decode(bytes, { stream: true })));
      outlet?.attend(session);
      return session;
    },
    printed: () => written,
  };
}

/** How the steps of a lesson that is checked are printed. */
interface CheckStyle {
  begin(steps: number): string;
  step(result: StepResult, number: number): string;
  end(title: string, steps: number, wrong: number): string;
}

const TEXT_STYLE: CheckStyle = {
  begin: () => '',
  step: ({ part, ok, output }) =>
    `${ok ? 'ok  ' : 'FAIL'} ${`${part.line}`.padStart(4)}  ${part.text}\n${ok ? '' : `${indented(output, '           ')}\n`}`,
  end: (title, steps, wrong) => `${title}: ${steps} steps, ${wrong === 0 ? 'all as the lesson says' : `${wrong} not as the lesson says`}\n`,
};

const JSON_STYLE: CheckStyle = {
  begin: () => '',
  step: ({ part, ok, output }) => `${JSON.stringify({ line: part.line, step: part.text, kind: part.kind, ok, output })}\n`,
  end: (title, steps, wrong) => `${JSON.stringify({ title, steps, wrong })}\n`,
};

/** Version 13 of the Test Anything Protocol: what is wrong is a block of YAML. */
const TAP_STYLE: CheckStyle = {
  begin: steps => `TAP version 13\n1..${steps}\n`,
  step: ({ part, ok, output }, number) =>
    `${ok ? 'ok' : 'not ok'} ${number} - ${part.line}: ${part.text.replace(/#/g, '\\#')}\n${ok ? '' : `  ---\n  message: |\n${indented(output, '    ')}\n  ...\n`}`,
  end: () => '',
};

function checkStyle({ values }: Parsed): CheckStyle {
  if (values.has('json') && values.has('tap')) throw new UsageError('--json and --tap: one of them');
  return values.has('tap') ? TAP_STYLE : values.has('json') ? JSON_STYLE : TEXT_STYLE;
}

async function checkAll(run: LessonRun, style: CheckStyle): Promise<number> {
  let steps = 0;
  let wrong = 0;
  writeOut(1, style.begin(run.lesson.parts.filter(part => part.kind !== 'text').length));
  while (run.next !== undefined) {
    const result = await run.advance();
    if (result.part.kind === 'text') continue;
    steps++;
    if (!result.ok) wrong++;
    writeOut(1, style.step(result, steps));
  }
  writeOut(1, style.end(run.lesson.title, steps, wrong));
  return wrong === 0 ? 0 : 1;
}

/** One step an Enter. Ends with the lesson, with `q`, or with standard input. */
async function walkLines(run: LessonRun): Promise<number> {
  const terminal = process.stdin.isTTY === true;
  const lines = createInterface({ input: process.stdin, output: process.stdout, terminal });
  let wrong = false;
  let before: LessonPart['kind'] | undefined;
  const show = (result: StepResult) => {
    wrong ||= !result.ok;
    const text = shownResult(result);
    // Checks stand together, and apart from what follows.
    const apart = before === 'check' && result.part.kind !== 'check' && result.part.kind !== 'command' ? '\n' : '';
    before = result.part.kind;
    writeOut(1, text === '' ? apart : `${apart}${text}\n`);
  };
  const interrupt = () => run.session.interrupt();
  process.on('SIGINT', interrupt);
  lines.on('SIGINT', () => lines.close());
  writeOut(1, `${WELCOME}\n\n`);
  const prompt = async () => {
    while (run.next !== undefined && run.next.kind !== 'command') show(await run.advance());
    if (run.next === undefined) lines.close();
    else {
      if (before === 'check') writeOut(1, '\n');
      lines.setPrompt(`(r14) ${run.next.text}${terminal ? '  ' : '\n'}`);
      lines.prompt();
    }
  };
  await prompt();
  if (run.next !== undefined) {
    for await (const line of lines) {
      const typed = line.trim();
      if (typed === '') show(await run.advance());
      else {
        const { output } = await execute(run.session, typed);
        if (run.session.ended) break;
        if (output !== '') writeOut(1, `${output}\n`);
      }
      await prompt();
      if (run.next === undefined) break;
    }
  }
  lines.close();
  process.off('SIGINT', interrupt);
  return wrong ? 1 : 0;
}

function shownResult({ part, ok, output }: StepResult): string {
  const mark = ok ? '✓' : '✗';
  switch (part.kind) {
    case 'text':
      return `${prose(part.text)}\n`;
    case 'check':
    case 'variant':
      return `${mark} ${part.text}${ok ? '' : `\n${indented(output, '  ')}`}${part.kind === 'variant' ? '\n' : ''}`;
    case 'command':
      return output === '' ? '' : `${indented(output, '  ')}\n`;
  }
}

/** Most columns of a paragraph. */
const WIDEST = 100;

const prose = (text: string): string => proseLines(text, Math.min(process.stdout.columns || WIDEST, WIDEST)).join('\n');

const indented = (text: string, by: string): string => text.replace(/^/gm, by);
