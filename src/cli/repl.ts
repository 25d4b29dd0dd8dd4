/** The prompt: a line editor with completion and history over the debugger's commands. */
import { createInterface } from 'node:readline';
import { run } from '../debugger/commands/execute.js';
import { complete } from '../debugger/complete/completion.js';
import type { Session } from '../debugger/session/session.js';
import { Changes } from '../debugger/show/changes.js';
import { completeFile } from './complete-file.js';
import { historyFile, loadHistory, saveHistory } from './history.js';
import { writeOut } from './output.js';
import { savedSettings } from './saved-settings.js';

/**
 * Reads and runs commands until the user leaves. Ctrl-C stops a running program, or clears the line; Ctrl-D leaves. `heard`: what a command has
 * changed is told in words behind its answer.
 */
export async function converse(session: Session, heard: boolean): Promise<void> {
  const changes = heard ? new Changes(session) : undefined;
  const file = historyFile();
  const history = loadHistory(file);
  const editor = createInterface({
    input: process.stdin,
    output: process.stdout,
    history,
    historySize: 1000,
    removeHistoryDuplicates: true,
    completer: (line: string) => {
      const { words, start } = complete(session, line, completeFile);
      return [[...words], line.slice(start)];
    },
  });
  let newest: readonly string[] = history;
  editor.on('history', lines => {
    newest = lines;
  });
  let busy = false;
  editor.on('SIGINT', () => {
    if (busy) session.interrupt();
    else {
      writeOut(1, '^C\n');
      // Clears what is typed so far.
      editor.write(null, { ctrl: true, name: 'e' });
      editor.write(null, { ctrl: true, name: 'u' });
      editor.prompt();
    }
  });
  const ask = () => {
    editor.setPrompt(session.settings.text('prompt'));
    editor.prompt();
  };
  const saved = await savedSettings(session);
  if (saved !== '') writeOut(1, `${saved}\n`);
  ask();
  const queue: string[] = [];
  await new Promise<void>(resolve => {
    const next = async () => {
      if (busy) return;
      busy = true;
      while (queue.length > 0 && !session.ended) {
        const outcome = await run(session, queue.shift()!);
        const told = session.ended ? undefined : changes?.tell(session);
        for (const text of [outcome.output, told ?? '']) if (text !== '') writeOut(1, `${text}\n`);
      }
      busy = false;
      if (session.ended) editor.close();
      else ask();
    };
    editor.on('line', line => {
      queue.push(line);
      void next();
    });
    editor.on('close', () => {
      session.interrupt();
      resolve();
    });
  });
  saveHistory(file, newest);
}
