/** `r14 replay FILE.r14 [PROGRAM]`: comes to where a run was when it was saved. */
import { resolve } from 'node:path';
import { run } from '../debugger/commands/execute.js';
import type { Launcher } from '../debugger/session/host.js';
import { assembledLauncher, launcher, startOf } from '../debugger/session/launcher.js';
import { parseRecording, RecordingError } from '../debugger/session/recording.js';
import type { Session } from '../debugger/session/session.js';
import { ClientLog } from '../host/clients.js';
import { InputLog, inputLog } from '../host/input-log.js';
import { nodePorts } from '../host/node/ports.js';
import { hold } from './exec.js';
import type { Parsed } from './flags.js';
import { cpuFlag } from './process-options.js';
import { readText } from './read-text.js';

/** A recording, opened: what runs it, and how a session comes to where it was saved. */
interface OpenedRecording {
  readonly path: string;
  readonly launch: Launcher;
  /** Throws RecordingError where the run comes elsewhere. */
  arrive(session: Session): Promise<void>;
}

export async function replayCommand(parsed: Parsed, name: string): Promise<number> {
  const { path, launch, arrive } = await openRecording(parsed, name, parsed.paths[1]);
  return hold(parsed, path, launch, { attend: () => undefined, arrive, idle: undefined, finish: (_, status) => status });
}

/** Of the flags, those of the machine are held against the recording's. `program`: where its file lies now, if elsewhere. */
export async function openRecording(parsed: Parsed, name: string, program?: string): Promise<OpenedRecording> {
  const there = program === undefined ? undefined : resolve(program);
  const recording = parseRecording(readText(name), { name, digest: nodePorts.digest, host: nodePorts.files, program: there });
  const { started, moment, marks, commands } = recording;
  const lies = (path: string): string => (there !== undefined && path.endsWith(started.path) ? there : path);
  const { files } = nodePorts;
  const host = {
    ...nodePorts,
    files: { ...files, open: (...[path, flags, mode]: Parameters<typeof files.open>) => files.open(lies(path), flags, mode) },
  };
  const { cpu = 'v2' } = started;
  const wanted = cpuFlag(parsed);
  if (wanted !== undefined && wanted !== cpu)
    throw new RecordingError(`${name}: the run was made with --cpu ${cpu}, which --cpu ${wanted} does not fit`);
  const options = { ...started, cpu, host, logged: true, files: recording.files };
  const { path, bundled } = started;
  const input = new InputLog({ take: () => ({ bytes: new Uint8Array(), closed: true }), passed: () => true } as never, recording.input);
  let launch = launcher(options);
  if (bundled !== undefined) {
    const { Catalog } = await import('../runtime/bundled/catalog.js');
    const { nodeAssets } = await import('../host/node/assets.js');
    const catalog = new Catalog(nodeAssets);
    if (!catalog.has(path)) throw new RecordingError(`${name}: it is of the bundled program ${path}, which this r14 has not`);
    launch = assembledLauncher(catalog.build(path, bundled), options);
  }
  // What was given to it then is its input now.
  const replayed = {
    ...launch,
    recording: name,
    launch: (...[args, output]: Parameters<typeof launch.launch>) =>
      launch.launch(args, output, inputLog(input), new ClientLog(undefined, recording.clients)),
  };
  const arrive = async (session: Session): Promise<void> => {
    const refuse = (why: string): never => {
      throw new RecordingError(`${name}: ${why}`);
    };
    const { process } = session.target;
    if (startOf(process)!.program() !== recording.program) refuse(`${path} is not the program that was saved: its contents are others`);
    for (const line of commands) await run(session, line);
    await run(session, `seek ${moment.t}`);
    if (moment.process !== undefined) await run(session, `inferior ${moment.process}`);
    if (moment.signal !== undefined && session.stop.reason !== 'signal') await run(session, 'continue');
    if (process.t !== moment.t || process.hash() !== moment.hash)
      refuse(
        `the run comes to another state than the one that was saved, at t=${process.t}: this r14 is ${session.host.version}, the recording is of ${recording.made}`,
      );
    session.history!.marks.take(marks, () => ({ reason: 'moment' }));
  };
  return { path, launch: replayed, arrive };
}
