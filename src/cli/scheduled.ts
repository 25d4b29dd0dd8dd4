/** `--schedule FILE`, `--strategy NAME` and `--schedule-out FILE` of `r14 exec` and `r14 run`: runs whose threads are steered. */
import { writeFileSync } from 'node:fs';
import { decisionText } from '../debugger/explore/decision-text.js';
import { binaryOf, steeredLauncher } from '../debugger/explore/scheduled.js';
import type { Launcher } from '../debugger/session/host.js';
import { parseSchedule, type Schedule, scheduleText, unfit } from '../explore/schedule.js';
import { Steering } from '../explore/steering.js';
import { makeStrategy, replayed, strategyNamed } from '../explore/strategies.js';
import { nodePorts } from '../host/node/ports.js';
import { Told } from '../host/told.js';
import type { Images } from '../image/images.js';
import type { Process } from '../linux/api.js';
import { EXPLORE_CPUS, scheduledRun } from './explore-options.js';
import { numberFlag, type Parsed, UsageError } from './flags.js';
import { reaching } from './host.js';
import { readText } from './read-text.js';

/** Choices that a run is taken to have where nobody has counted them. */
const STEPS = 100;

/** What a steered run is by. */
export interface SteeredRun {
  /** The command line, with what the schedule says where that says nothing. */
  readonly parsed: Parsed;
  /** Has all processes of a launcher run so. They throw Told where the schedule is of another run. */
  launcher(launch: Launcher, path: string): Launcher;
  /** At its end: what it has decided goes to `--schedule-out`. */
  end(process: Process, images: Images): void;
}

export function steeredRun(parsed: Parsed, path: string): SteeredRun {
  const file = parsed.values.get('schedule')?.[0];
  if (file !== undefined && parsed.values.has('strategy'))
    throw new UsageError('--schedule says who goes on, and so does --strategy: it is one of them');
  const schedule = file === undefined ? undefined : parseSchedule(readText(file), file);
  const seed = schedule?.seed ?? numberFlag(parsed, 'seed', 0) ?? 0;
  const strategy = schedule?.strategy ?? strategyNamed(parsed.values.get('strategy')?.[0] ?? 'usual');
  const stir = schedule === undefined ? (strategy === 'usual' ? undefined : seed) : schedule.stir;
  const filled = schedule === undefined ? ofSearch(parsed) : asScheduled(parsed, schedule);
  const make = () => (schedule === undefined ? makeStrategy(strategy, seed, STEPS) : replayed(schedule.decisions));
  return {
    parsed: filled,
    launcher: launch => {
      const steered = steeredLauncher(launch, make, stir, schedule?.begins ?? 0);
      if (schedule === undefined || file === undefined) return steered;
      let checked = false;
      return {
        ...steered,
        schedule: file,
        launch: (...how) => {
          const process = steered.launch(...how);
          if (checked) return process;
          checked = true;
          const why = unfit(schedule, { ...scheduledRun(filled, path, binaryOf(process, nodePorts.digest)), machine: machineSeed(filled) });
          if (why !== undefined) throw new Told(`${file}: ${why}`);
          return process;
        },
      };
    },
    end: (process, images) => {
      const out = parsed.values.get('schedule-out')?.[0];
      const { control } = process;
      if (out === undefined || !(control instanceof Steering)) return;
      const run = scheduledRun(filled, path, binaryOf(process, nodePorts.digest));
      const text = scheduleText({ run, strategy, seed, stir, begins: control.begins, decisions: control.decisions }, each =>
        decisionText(images, each),
      );
      reaching('write', out, () => writeFileSync(out, text));
    },
  };
}

const machineSeed = (parsed: Parsed): number => numberFlag(parsed, 'seed', 0) ?? 0;

/** As a search has it: the seed is its strategy's, not the machine's. */
function ofSearch(parsed: Parsed): Parsed {
  const values = new Map(parsed.values);
  values.delete('seed');
  if (!values.has('cpus')) values.set('cpus', [String(EXPLORE_CPUS)]);
  return { ...parsed, values };
}

function asScheduled(parsed: Parsed, { run }: Schedule): Parsed {
  const values = new Map(parsed.values);
  if (!values.has('cpus')) values.set('cpus', [String(run.cpus)]);
  if (!values.has('env') && run.env.length > 0) values.set('env', [...run.env]);
  return { ...parsed, values, args: parsed.args.length === 0 ? run.args : parsed.args };
}
