/** `r14 lesson`: a lesson in the screen, in line mode, or all of it at once with --check. */
import { printedAnswer } from '../debugger/answer.js';
import { run as runLine } from '../debugger/commands/execute.js';
import { LessonError } from '../debugger/lesson/lesson.js';
import { LessonRun } from '../debugger/lesson/run.js';
import type { SharedLook } from '../debugger/session/share.js';
import { nodeAssets } from '../host/node/assets.js';
import { Catalog } from '../runtime/bundled/catalog.js';
import { asciiWanted, numberFlag, type Parsed, screenWanted, UsageError } from './flags.js';
import { checkAll, checkStyle } from './lesson-check.js';
import { walkLines } from './lesson-lines.js';
import { printLesson } from './lesson-print.js';
import { keepProgress, progressIn } from './lesson-progress.js';
import { lessonSource, newLesson, prepareLessons, stageOf } from './lesson-source.js';
import { Outlet, writeOut } from './output.js';
import { openScreen } from './screen.js';

const BAD_INPUT = 2;
/** Instructions of a program that nobody is there to stop. */
const UNATTENDED = 1_000_000_000;

/** Where a link leads to in a lesson. */
interface SharedLesson {
  readonly part: number;
  readonly commands: readonly string[];
  readonly look: SharedLook | undefined;
}

/** `untilSignal`: the screen opens where a step has left the program stopped by a signal. Returns the exit status: 1 when a step was not as the lesson says, 2 when the lesson itself is wrong. */
export async function lessonCommand(parsed: Parsed, name: string, untilSignal = false, shared?: SharedLesson): Promise<number> {
  if (parsed.values.has('new')) {
    writeOut(1, newLesson(name));
    return 0;
  }
  try {
    if (!new Catalog(nodeAssets).has(name)) await prepareLessons();
    const source = lessonSource(parsed, name);
    const { lesson, key } = source;
    const outlet = new Outlet(1);
    const check = parsed.values.has('check');
    const print = parsed.values.has('print');
    const given = numberFlag(parsed, 'limit', 1);
    const unattended = check || print;
    const drawn = print ? parsed.values.has('html') : !check && screenWanted(parsed);
    const stage = stageOf(source, unattended ? undefined : outlet, given ?? (unattended ? UNATTENDED : undefined), drawn);
    const run = new LessonRun(lesson, stage);
    if (check) return await checkAll(run, checkStyle(parsed));
    if (parsed.values.has('html') && !print) throw new UsageError('--html is of --print');
    if (print && parsed.values.has('html')) {
      const { printPage } = await import('./lesson-html.js');
      return await printPage(run, source.name);
    }
    if (print) return await printLesson(run);
    const after = afterwards(name);
    const known = progressIn(key);
    const begun =
      shared !== undefined
        ? Math.min(shared.part, lesson.parts.length)
        : known > 0 && known < lesson.parts.length && !parsed.values.has('from-start')
          ? known
          : 0;
    const kept = (part: number) => keepProgress(key, part);
    if (!drawn) {
      if (shared !== undefined) {
        await run.seek(begun);
        for (const line of shared.commands) writeOut(1, printedAnswer(await runLine(run.session, line)));
        return await walkLines(run, asciiWanted(parsed), after, kept);
      }
      if (process.stdin.isTTY !== true) return await walkLines(run, plainPipe(parsed), '', () => undefined);
      if (begun > 0) {
        await run.seek(begun);
        writeOut(1, `You were here before: it goes on there. section 1 is the beginning.\n`);
      }
      return await walkLines(run, asciiWanted(parsed), after, kept);
    }
    const { LessonWalk } = await import('../debugger/lesson/walk.js');
    let notice = '';
    outlet.screen = { renewed: () => undefined, written: () => undefined, said: text => (notice += `${text}\n`), starved: () => undefined };
    let open = false;
    // What is done before somebody has seen it is nobody's progress.
    const walk = new LessonWalk(run, part => open && kept(part), after);
    if (untilSignal) await walk.untilSignal();
    else await walk.resume(begun);
    open = true;
    if (begun > 0 && !untilSignal && shared === undefined) notice += 'You were here before: it goes on there. T lists the sections.\n';
    await openScreen(
      walk,
      {
        title: source.name,
        ascii: asciiWanted(parsed),
        written: stage.printed(),
        notice,
        script: shared?.commands ?? [],
        shared: shared?.look,
      },
      outlet,
    );
    return 0;
  } catch (error) {
    if (!(error instanceof LessonError)) throw error;
    writeOut(2, `${error.message}\n`);
    return BAD_INPUT;
  }
}

/** What reads a pipe knows UTF-8, unless it is said that it does not: LANG=C is what whatever is started by a machine has. */
const plainPipe = (parsed: Parsed): boolean =>
  parsed.values.has('ascii') || (process.env.LC_ALL !== undefined && process.env.LC_ALL !== '' && asciiWanted(parsed));

const afterwards = (name: string): string =>
  new Catalog(nodeAssets).afterLesson(name, next => `Next in the course: r14 lesson ${next.name} (${next.title}; ${next.minutes} minutes)`);
