/** Orders of goroutines, in a session: what this run's schedule decides, the run with a decision less, and the search for one that fails. */
import type { OrderDecision } from '../../explore/party.js';
import { Steering } from '../../explore/steering.js';
import { replayed, strategyNamed } from '../../explore/strategies.js';
import { Told } from '../../host/told.js';
import { type Answer, type Data, text } from '../answer.js';
import { decisionText } from '../explore/decision-text.js';
import { Explorer } from '../explore/explorer.js';
import { steeredLauncher } from '../explore/scheduled.js';
import { searchRun, usualRun } from '../explore/search.js';
import { shrink } from '../explore/shrink.js';
import { USUAL_UNTIL } from '../explore/verdict.js';
import type { Session } from '../session/session.js';
import { type Arguments, splitOptions } from './arguments.js';
import type { Console } from './command.js';

const USUAL_RUNS = 100;
const SHRINKING = 200;
/** Milliseconds between two lines that tell how far it is. */
const PROGRESS = 2000;
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
  const [, digits] = /^flip\s+(\d+)$/.exec(args.text) ?? [];
  if (digits === undefined) throw args.error('schedule takes nothing, or flip and the number of a decision');
  const known = decisions ?? [];
  const left = Number(digits) - 1;
  if (known[left] === undefined)
    throw args.error(`there is no decision ${digits}: ${known.length === 0 ? 'none was made so far' : `so far there are ${known.length}`}`);
  const { stir } = session.target.process.control as Steering;
  const output = await startAnew(
    session,
    console,
    known.filter((_, index) => index !== left),
    stir,
  );
  const outcome = await console.execute(session, 'continue');
  return { output: `${output}${outcome.output}`, data: outcome.data };
}

/** Starts the program anew, by a schedule. */
async function startAnew(
  session: Session,
  console: Console,
  decisions: readonly OrderDecision[],
  stir: number | undefined,
): Promise<string> {
  session.launcher = steeredLauncher(session.launcher.unsteered ?? session.launcher, () => replayed(decisions), stir);
  const { ok, output } = await console.execute(session, 'restart');
  if (!ok) throw new Told(output);
  return output === '' ? '' : `${output}\n`;
}

export async function exploreHere(session: Session, args: Arguments, console: Console): Promise<Answer> {
  const [flags, rest] = splitOptions(args, { '-runs': true, '-strategy': true });
  rest.none();
  const given = flags.get('-runs') ?? String(USUAL_RUNS);
  const runs = /^[1-9]\d{0,6}$/.test(given) ? Number(given) : undefined;
  if (runs === undefined) throw args.error(`-runs wants a whole number of at least 1, not "${given}"`);
  const strategy = strategyNamed(flags.get('-strategy') ?? 'mixed');
  const { host } = session;
  // Once is for all that is still to be done.
  let interrupted = false;
  const breathe = async () => {
    await host.breathe();
    interrupted = session.takeInterrupt() || interrupted;
    return interrupted;
  };
  const explorer = await Explorer.begin(session.launcher.unsteered ?? session.launcher, { ...LIMITS, breathe });
  if (!explorer.open && !interrupted) return text('Nothing to explore: no two goroutines could ever go on at the same time.', null);
  const orders = new Set<string>();
  let since = host.now();
  const tell = () => {
    if (host.now() - since < PROGRESS) return;
    since = host.now();
    session.events.emit('message', { text: `${found.run} runs, ${orders.size} different orders` });
  };
  let found = await usualRun(explorer);
  while (found.outcome.verdict === undefined && found.run < runs && !(await breathe())) {
    tell();
    const next = await searchRun(explorer, strategy, 0, found.run + 1);
    // Cut off.
    if (interrupted) break;
    found = next;
    orders.add(found.outcome.order);
  }
  const { run, outcome, stir } = found;
  if (outcome.verdict === undefined)
    return text(
      `Nothing found in ${run} run${run === 1 ? '' : 's'}, ${orders.size} different orders${interrupted ? ': interrupted' : ''}.`,
      { runs: run, failed: false },
    );
  const small = await shrink(explorer, outcome, stir, SHRINKING);
  await startAnew(session, console, small.outcome.decisions, small.stir);
  const { kind, text: said } = outcome.verdict;
  const { decisions } = small.outcome;
  const { images } = explorer.target;
  const lines = decisions.map(each => `  ${decisionText(images, each) ?? ''}`);
  const answer = [
    `Failed at run ${run}: ${kind}: ${said}`,
    `${decisions.length} of ${outcome.decisions.length} decisions matter${lines.length === 0 ? '' : ':'}`,
    ...lines,
    'The program is at the start of that run; continue goes to where it fails.',
  ];
  return text(answer.join('\n'), { runs: run, failed: true, verdict: kind, text: said, decisions: decisions.length });
}
