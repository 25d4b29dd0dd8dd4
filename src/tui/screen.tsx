/** The shell around the screen: terminal modes, keys in, effects out. */
import { render, useInput } from 'ink';
import { useEffect, useState } from 'react';
import { run } from '../debugger/commands/execute.js';
import { complete } from '../debugger/completion.js';
import type { Session } from '../debugger/session.js';
import { grouped } from '../debugger/stop-text.js';
import { Screen } from './app.js';
import { type Effect, initial, type Message, type State, update } from './state.js';
import { observe } from './view.js';

export interface ScreenOptions {
  readonly title: string;
  readonly history: readonly string[];
  /** Paths that begin so, for completion. */
  readonly files: (start: string) => readonly string[];
  readonly saveHistory: (newestFirst: readonly string[]) => void;
}

const ALTERNATE = { enter: '\x1b[?1049h\x1b[H', leave: '\x1b[?1049l\x1b[?25h' } as const;
const PROGRESS_EVERY = 200;

/** Shows the session on the whole screen until the user quits. `output` receives what the program writes from now on. */
export async function show(
  session: Session,
  options: ScreenOptions,
  output: { sink: ((text: string) => void) | undefined },
): Promise<void> {
  const { stdout } = process;
  let state: State = initial(observe(session, options.title), stdout.rows ?? 24, stdout.columns ?? 80, options.history);
  let redraw: (state: State) => void = () => undefined;
  let finish: () => void = () => undefined;
  const send = (message: Message): void => {
    const next = update(state, message);
    state = next.state;
    redraw(state);
    if (next.effect !== undefined) void carryOut(next.effect);
  };
  output.sink = text => send({ kind: 'output', text });

  async function carryOut(effect: Effect): Promise<void> {
    switch (effect.kind) {
      case 'command':
        return command(effect.line);
      case 'complete': {
        const { words, start } = complete(session, effect.line, options.files);
        const common = commonPrefix(words);
        const line = common === '' ? effect.line : effect.line.slice(0, start) + common + (words.length === 1 ? ' ' : '');
        return send({ kind: 'completed', line, words: words.length > 1 ? words : [] });
      }
      case 'interrupt':
        return session.interrupt();
      case 'suspend':
        stdout.write(ALTERNATE.leave);
        process.kill(process.pid, 'SIGTSTP');
        return;
      case 'quit':
        session.interrupt();
        return finish();
    }
  }

  async function command(line: string): Promise<void> {
    const started = performance.now();
    const from = session.process.t;
    const timer = setInterval(() => {
      const done = session.process.t - from;
      const rate = done / (performance.now() - started) / 1000;
      send({ kind: 'progress', text: `${line}   ${grouped(done)} instructions   ${rate.toFixed(0)} M/s` });
    }, PROGRESS_EVERY);
    const outcome = await run(session, line);
    clearInterval(timer);
    if (session.ended) return finish();
    if (outcome.output !== '') send({ kind: 'output', text: outcome.output });
    send({ kind: 'stopped', view: observe(session, options.title) });
  }

  function App() {
    const [shown, set] = useState(state);
    useEffect(() => {
      redraw = set;
      const resize = () => send({ kind: 'size', rows: stdout.rows ?? 24, columns: stdout.columns ?? 80 });
      stdout.on('resize', resize);
      return () => {
        stdout.off('resize', resize);
      };
    }, []);
    useInput((input, key) => {
      for (const message of keyMessages(input, key)) send(message);
    });
    return <Screen state={shown} coloured={process.env.NO_COLOR === undefined || process.env.NO_COLOR === ''} />;
  }

  stdout.write(ALTERNATE.enter);
  const restore = () => stdout.write(ALTERNATE.leave);
  process.once('exit', restore);
  const resumed = () => {
    stdout.write(ALTERNATE.enter);
    redraw({ ...state });
  };
  process.on('SIGCONT', resumed);
  // Ink 6.8's incremental rendering puts every changed row one row too low when the output ends in a newline.
  const app = render(<App />, { exitOnCtrlC: false, patchConsole: false, maxFps: 30 });
  await new Promise<void>(resolve => {
    finish = resolve;
  });
  app.unmount();
  process.off('SIGCONT', resumed);
  process.off('exit', restore);
  restore();
  options.saveHistory(state.history);
}

type InkKey = Parameters<Parameters<typeof useInput>[0]>[1];

/** Fast typing and pastes arrive as one piece of several keys. */
function keyMessages(input: string, key: InkKey): Message[] {
  const named = (name: string): Message[] => [{ kind: 'key', name, text: '' }];
  if (key.escape) return named('escape');
  if (key.upArrow) return named('up');
  if (key.downArrow) return named('down');
  if (key.pageUp) return named('pageup');
  if (key.pageDown) return named('pagedown');
  if (key.tab && key.shift) return named('shift-tab');
  if (key.return) return named('return');
  if (key.tab) return named('tab');
  if (key.backspace || key.delete) return named('backspace');
  if (key.ctrl) return named(`ctrl-${input}`);
  return [...input].map(character => {
    const name = CONTROLS[character] ?? (character < ' ' ? `ctrl-${String.fromCharCode(character.charCodeAt(0) + 96)}` : '');
    return { kind: 'key', name, text: name === '' ? character : '' };
  });
}

const CONTROLS: Readonly<Record<string, string>> = { '\r': 'return', '\n': 'return', '\t': 'tab', '\x7f': 'backspace', '\b': 'backspace' };

function commonPrefix(words: readonly string[]): string {
  let prefix = words[0] ?? '';
  for (const word of words) while (!word.startsWith(prefix)) prefix = prefix.slice(0, -1);
  return prefix;
}
