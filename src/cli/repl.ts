/** The prompt: a line editor with completion and history over the debugger's commands. */
import { constants } from 'node:os';
import { createInterface, type Interface } from 'node:readline';
import { printedAnswer } from '../debugger/answer.js';
import { inBlock, leaveBlock, run } from '../debugger/commands/execute.js';
import { complete } from '../debugger/complete/completion.js';
import type { Session } from '../debugger/session/session.js';
import { Changes } from '../debugger/show/changes.js';
import { utf8 } from '../host/bytes.js';
import { ENDING_SIGNALS } from '../host/ending-signals.js';
import { completeFile } from './complete-file.js';
import { writeOut } from './output.js';
import { savedSettings } from './saved-settings.js';
import { TypedLines } from './typed-lines.js';

/**
 * Reads and runs commands until the user leaves, after `begin`. Ctrl-C stops a running program, or clears the line; Ctrl-D leaves. While the
 * program waits for input, lines are its, and Ctrl-D is their end. `heard`: what a command has changed is told in words behind its answer.
 */
export async function converse(session: Session, heard: boolean, begin: () => Promise<void>): Promise<void> {
  const changes = heard ? new Changes(session) : undefined;
  const history = new TypedLines();
  let newest: readonly string[] = history.newestFirst;
  const keep = () => {
    const unkept = history.save(newest);
    if (unkept !== undefined) writeOut(2, `r14: ${unkept}\n`);
  };
  const ended = (signal: NodeJS.Signals) => {
    keep();
    process.exit(128 + constants.signals[signal]);
  };
  for (const signal of ENDING_SIGNALS) process.on(signal, ended);
  /** Lines to come; undefined: Ctrl-D. */
  const queue: (string | undefined)[] = [];
  let busy = true;
  let editor: Interface;
  const ask = () => {
    editor.setPrompt(inBlock(session) ? '>' : session.settings.text('prompt'));
    editor.prompt();
  };
  const leave = () => {
    busy = false;
    editor.close();
  };
  const carryOut = async () => {
    while (queue.length > 0 && !session.ended) {
      const line = queue.shift();
      if (line === undefined) return leave();
      const outcome = await run(session, line);
      const told = session.ended ? undefined : changes?.tell(session);
      writeOut(1, Buffer.from(printedAnswer(outcome) + printedAnswer({ output: told ?? '' })));
    }
    busy = false;
    if (session.ended) leave();
    else ask();
  };
  // What was typed ahead is read by whoever reads first, as from any terminal.
  const feed = () => {
    if (!session.starved || queue.length === 0) return;
    const line = queue.shift();
    if (line === undefined) session.endInput();
    else session.type(utf8(`${line}\n`));
  };
  session.events.on('starved', feed);
  await new Promise<void>(resolve => {
    const open = () => {
      editor = createInterface({
        input: process.stdin,
        output: process.stdout,
        history: [...newest],
        historySize: 1000,
        removeHistoryDuplicates: true,
        completer: (line: string) => {
          const { words, start } = complete(session, line, completeFile);
          return [[...words], line.slice(start)];
        },
        prompt: '',
      });
      editor.on('history', lines => {
        if (!session.starved) newest = lines;
      });
      editor.on('SIGINT', () => {
        if (busy) session.interrupt();
        else {
          writeOut(1, '^C\n');
          leaveBlock(session);
          editor.setPrompt(session.settings.text('prompt'));
          // Clears what is typed so far.
          editor.write(null, { ctrl: true, name: 'e' });
          editor.write(null, { ctrl: true, name: 'u' });
          editor.prompt();
        }
      });
      editor.on('line', line => {
        queue.push(line);
        if (busy) return feed();
        busy = true;
        editor.setPrompt('');
        void carryOut();
      });
      editor.on('close', () => {
        if (busy && process.stdin.readable) {
          queue.push(undefined);
          open();
          return feed();
        }
        session.interrupt();
        resolve();
      });
    };
    open();
    void begin().then(async () => {
      if (session.ended) return leave();
      const saved = await savedSettings(session);
      if (saved !== '') writeOut(1, `${saved}\n`);
      await carryOut();
    });
  });
  for (const signal of ENDING_SIGNALS) process.off(signal, ended);
  keep();
}
