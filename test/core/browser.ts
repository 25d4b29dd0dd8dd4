/** The core as a page's worker would use it: the crash that comes with r14, from files in memory. `browser.test.ts` bundles this. */
import { run } from '../../src/debugger/commands/execute.js';
import { assembledLauncher } from '../../src/debugger/session/launcher.js';
import { Session } from '../../src/debugger/session/session.js';
import { utf8Text } from '../../src/host/bytes.js';
import { noFiles } from '../../src/host/log.js';
import { Catalog } from '../../src/runtime/bundled/catalog.js';

/** Runs commands in a session of a bundled program: the answers, and what the program wrote. */
export async function debug(program: string, commands: readonly string[], files: ReadonlyMap<string, Uint8Array>) {
  const assets = {
    read: (path: string) => files.get(path),
    list: (folder: string) => [...files.keys()].flatMap(path => (path.startsWith(`${folder}/`) ? [path.split('/')[1]!] : [])),
  };
  const digest = () => {
    throw new Error('no state is summed here');
  };
  let written = '';
  const options = {
    host: { files: noFiles, assets, unpack: {}, digest },
    path: program,
    memory: 256 * 2 ** 20,
    logged: true,
  };
  const session = new Session(assembledLauncher(new Catalog(assets).build(program), options), {
    breathe: () => Promise.resolve(),
    now: () => 0,
    readSource: () => undefined,
    openInput: () => new Uint8Array(0),
    readScript: () => '',
    writeFile: () => undefined,
    appendFile: () => undefined,
    version: 'of a browser',
    again: 25_000_000,
    notesCourse: true,
    debug: false,
    settingsFile: '',
    readSettings: () => '',
    changeSettings: () => undefined,
  });
  session.events.on('output', ({ bytes }) => {
    written += utf8Text(bytes);
  });
  const outcomes = [];
  for (const command of commands) outcomes.push(await run(session, command));
  return { outcomes, written };
}
