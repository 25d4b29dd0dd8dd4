/** Orders of goroutines, in a session: what this run's schedule decides, the run with a decision less, and the search for one that fails from here. */

import type { VerdictKind } from '../../explore/names.js';
import type { OrderDecision } from '../../explore/party.js';
import { type Schedule, scheduleText } from '../../explore/schedule.js';
import { steer } from '../../explore/steer.js';
import { Steering } from '../../explore/steering.js';
import { replayed, strategyNamed } from '../../explore/strategies.js';
import { basename } from '../../host/path.js';
import { shellWord } from '../../host/shell-word.js';
import { Told } from '../../host/told.js';
import type { Process } from '../../linux/api.js';
import { type Answer, type Data, text } from '../answer.js';
import { SearchCount } from '../explore/count.js';
import { decisionText } from '../explore/decision-text.js';
import { Explorer } from '../explore/explorer.js';
import { steeredLauncher } from '../explore/scheduled.js';
import { searchRun, usualRun } from '../explore/search.js';
import { shrink } from '../explore/shrink.js';
import { USUAL_UNTIL } from '../explore/verdict.js';
import type { Launcher } from '../session/host.js';
import { startOf } from '../session/launcher.js';
import type { Session } from '../session/session.js';
import { type Arguments, splitOptions, unquote } from './arguments.js';
import type { Console } from './command.js';

const USUAL_RUNS = 100;
const SHRINKING = 200;
/** Of a machine that nobody has given another number. */
const USUAL_CPUS = 2;
/** Milliseconds between two lines that tell how far it is. */
const PROGRESS = 2000;
/** Lines of a verdict's details that are shown. */
const SHOWN = 12;
const LIMITS = { until: USUAL_UNTIL, limit: 500_000_000, hang: 10e9 };

function decisionsSoFar(session: Session): readonly OrderDecision[] | undefined {
  const { control } = session.target.process;
  return control instanceof Steering ? control.decisions : undefined;
}

export async function scheduleCommand(session: Session, args: Arguments, console: Console): Promise<Answer> {
  const decisions = decisionsSoFar(session);
  if (args.text === '') {
    if (decisions === undefined)
      return text('This run has no schedule: its threads have fair turns. explore looks for one; r14 exec --schedule FILE has one.', null);
    if (decisions.length === 0) return text('Nothing was decided so far: all went on in the usual order.', []);
    const { images } = session.target;
    const told = decisions.map(each => decisionText(images, each) ?? '');
    const data: Data = decisions.map(({ who, count, chosen }, index) => ({ goroutine: who, time: count, chosen, text: told[index]! }));
    return text(told.map((each, index) => `${String(index + 1).padStart(3)}  ${each}`).join('\n'), data);
  }
  const [, file] = /^save\s+(\S.*)$/.exec(args.text) ?? [];
  if (file !== undefined) return saveSchedule(session, args, unquote(file));
  const [, digits] = /^flip\s+(\d+)$/.exec(args.text) ?? [];
  if (digits === undefined) throw args.error('schedule takes nothing, flip and the number of a decision, or save and a file');
  const known = decisions ?? [];
  const left = Number(digits) - 1;
  if (known[left] === undefined)
    throw args.error(`there is no decision ${digits}: ${known.length === 0 ? 'none was made so far' : `so far there are ${known.length}`}`);
  const { stir, begins } = session.target.process.control as Steering;
  const others = known.filter((_, index) => index !== left);
  let output = '';
  if (begins === 0) output = await startAnew(session, console, others, stir);
  else {
    await console.execute(session, `seek ${begins}`);
    await steerHere(session, others, stir, `the ${left + 1}. decision left out`);
  }
  const outcome = await console.execute(session, 'continue');
  return { output: `${output}${outcome.output}`, data: outcome.data };
}

/** Keeps what the run has decided, in a file. */
function saveSchedule(session: Session, args: Arguments, file: string): Answer {
  const { control } = session.target.process;
  const start = startOf(session.target.process);
  if (!(control instanceof Steering) || start === undefined) throw args.error('this run has no schedule: explore looks for one');
  const { started } = start;
  if ((session.history?.firstChange ?? control.begins) < control.begins)
    throw args.error('the run was changed before its schedule begins: only what the program does by itself can be done again');
  const { images } = session.target;
  const schedule: Schedule = {
    run: {
      program: basename(started.path),
      binary: start.program(),
      made: session.host.version,
      args: (started.args ?? []).slice(1),
      env: Object.entries(started.env ?? {}).map(([name, value]) => `${name}=${value}`),
      cpus: started.cpus ?? USUAL_CPUS,
      machine: started.seed ?? 0,
    },
    strategy: 'usual',
    seed: control.stir ?? 0,
    stir: control.stir,
    begins: control.begins,
    decisions: control.decisions,
  };
  session.host.writeFile(
    file,
    scheduleText(schedule, each => decisionText(images, each)),
  );
  const again = `r14 exec --schedule ${shellWord(file)} ${shellWord(started.path)}`;
  return text(`Saved to ${file}: ${again} comes here again.`, { file, decisions: schedule.decisions.length });
}

/** Has the program go on by a schedule from where it stands, in a branch of its own: the one before stays as it was. */
async function steerHere(session: Session, decisions: readonly OrderDecision[], stir: number | undefined, change: string): Promise<void> {
  const history = await session.remember();
  history.leave(session.stop);
  const { target } = session;
  const steering = steer(target.process, target.images.goImage ?? target.images.all[0], target.process.t);
  steering.strategy = replayed(decisions);
  steering.stir = stir;
  history.changed(change, target.process.t, true);
}

/** Starts the program anew, by a schedule. */
async function startAnew(
  session: Session,
  console: Console,
  decisions: readonly OrderDecision[],
  stir: number | undefined,
  begins = 0,
): Promise<string> {
  session.launcher = steeredLauncher(session.launcher.unsteered ?? session.launcher, () => replayed(decisions), stir, begins);
  const { ok, output } = await console.execute(session, 'restart');
  if (!ok) throw new Told(output);
  return output === '' ? '' : `${output}\n`;
}

/** Kinds of failures that the program comes to by itself, where it is stopped at; to the others it is taken. */
const STOPPED_AT: ReadonlySet<VerdictKind> = new Set(['race', 'fault', 'panic', 'exit']);

export async function exploreHere(session: Session, args: Arguments, console: Console): Promise<Answer> {
  const [flags, rest] = splitOptions(args, { '-runs': true, '-strategy': true });
  rest.none();
  const given = flags.get('-runs') ?? String(USUAL_RUNS);
  const runs = /^[1-9]\d{0,6}$/.test(given) ? Number(given) : undefined;
  if (runs === undefined) throw args.error(`-runs wants a whole number of at least 1, not "${given}"`);
  const strategy = strategyNamed(flags.get('-strategy') ?? 'mixed');
  const process = session.requireProcess();
  const { resume } = session.launcher;
  if (resume === undefined || process.fromCore === true) throw args.error('what is looked at here does not run');
  try {
    return await searchHere(session, console, { runs, strategy, process, resume });
  } finally {
    session.progress = undefined;
  }
}

interface Search {
  readonly runs: number;
  readonly strategy: string;
  readonly process: Process;
  readonly resume: NonNullable<Launcher['resume']>;
}

async function searchHere(session: Session, console: Console, { runs, strategy, process, resume }: Search): Promise<Answer> {
  const { host, launcher } = session;
  // Once is for all that is still to be done.
  let interrupted = false;
  const breathe = async () => {
    await host.breathe();
    interrupted = session.takeInterrupt() || interrupted;
    return interrupted;
  };
  const count = new SearchCount(() => host.now());
  let since = host.now();
  const tell = (text: string) => {
    session.progress = text;
    if (host.now() - since < PROGRESS) return;
    since = host.now();
    session.events.emit('progress', { text });
  };
  tell('explore: to where the orders begin to differ');
  const explorer = await Explorer.from(process.save(), resume, objects => launcher.images(objects), { ...LIMITS, breathe });
  let found = await usualRun(explorer);
  while (explorer.open && found.outcome.verdict === undefined && found.run < runs && !(await breathe())) {
    const next = await searchRun(explorer, strategy, 0, found.run + 1);
    // Cut off.
    if (interrupted) break;
    found = next;
    count.add({ run: found.run, order: found.outcome.order });
    tell(`explore: ${count.short(runs)}`);
  }
  const { run, outcome, stir } = found;
  if (outcome.verdict === undefined) {
    const data = { runs: run, failed: false };
    if (!explorer.open && !interrupted)
      return text('Nothing to explore: from here on no two goroutines could ever go on at the same time.', data);
    const why = interrupted ? ': interrupted' : count.stale === undefined ? '' : `: ${count.stale}`;
    return text(`Nothing found in ${run} run${run === 1 ? '' : 's'} from here, ${count.different} different orders${why}.`, data);
  }
  const before = outcome.decisions.length;
  const small = await shrink(explorer, outcome, stir, {
    most: SHRINKING,
    enough: () => interrupted,
    tell: (made, left) => tell(`explore: run ${run} fails; ${left} of ${before} decisions left, ${made} runs`),
  });
  session.progress = undefined;
  const { kind, text: said, details } = outcome.verdict;
  const { decisions, t, ended } = small.outcome;
  const { images } = explorer.target;
  const lines = decisions.map(each => `  ${decisionText(images, each) ?? ''}`);
  const matter = `${decisions.length} of ${before} decisions matter${small.least ? '' : ' (it was not made as small as it goes)'}`;
  const about = STOPPED_AT.has(kind) ? [] : details.slice(0, SHOWN).map(line => `  ${line}`);
  const told = [`Failed at run ${run} from here: ${kind}: ${said}`, ...about, `${matter}${lines.length === 0 ? '' : ':'}`, ...lines].join(
    '\n',
  );
  const atStart = process.t === 0;
  if (atStart) await startAnew(session, console, decisions, small.stir);
  else await steerHere(session, decisions, small.stir, `explore: run ${run}`);
  if (kind === 'race') await console.execute(session, 'tbreak race');
  const { output } = await console.execute(session, ended || STOPPED_AT.has(kind) ? 'continue' : `seek ${t}`);
  return text(`${told}\n${output}`, { runs: run, failed: true, verdict: kind, text: said, decisions: decisions.length });
}
