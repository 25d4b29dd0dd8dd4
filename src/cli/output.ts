/** Writing to standard output and error so that nothing is lost and a dead pipe is a quiet end. */
import { writeSync } from 'node:fs';
import type { Session } from '../debugger/session/session.js';
import { terminalText } from '../host/terminal-text.js';
import type { Shown } from '../tui/presenter.js';

/** Where a session's events go: to the terminal, until the screen takes them. */
export class Outlet {
  screen: Shown | undefined;

  /** `stdout`: the descriptor that standard output goes to. */
  constructor(private readonly stdout: 1 | 2) {}

  readonly #decoders = { 1: new TextDecoder(), 2: new TextDecoder() };

  /** Listens to a session; a session that was listened to before is over. */
  attend({ events }: Session): void {
    this.screen?.renewed();
    events.on('started', () => this.screen?.renewed());
    events.on('output', ({ descriptor, bytes }) => {
      if (this.screen === undefined) writeOut(descriptor === 1 ? this.stdout : 2, bytes);
      else this.screen.written(this.#decoders[descriptor].decode(bytes, { stream: true }));
    });
    events.on('starved', () => this.screen?.starved());
    events.on('progress', ({ text }) => {
      // The screen asks by itself.
      if (this.screen === undefined) writeOut(2, `${text}\n`);
    });
    events.on('message', ({ text }) => {
      if (this.screen === undefined) writeOut(this.stdout, `${text}\n`);
      else this.screen.said(text);
    });
  }
}

/** Each line further in. */
export const indented = (text: string, by: string): string => text.replace(/^/gm, by);

/** Writes all of it, now: text is r14's own, bytes are whose they are. Ends the process when nobody reads any more: as SIGPIPE would, with 141. */
export function writeOut(descriptor: 1 | 2, data: string | Uint8Array): void {
  let bytes: Uint8Array = typeof data === 'string' ? Buffer.from(terminalText(data)) : data;
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(descriptor, bytes));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // A full pipe that was made non-blocking by another process that shares it.
      if (code === 'EAGAIN') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      else if (code === 'EPIPE') process.exit(141);
      else throw error;
    }
  }
}
