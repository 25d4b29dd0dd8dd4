/** How far somebody has come in a lesson, kept for the next start: a file in the folder for state of the XDG base directory specification. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { changeFile } from '../host/node/kept.js';
import { isSystemError } from './host.js';

const progressFile = (): string => join(process.env.XDG_STATE_HOME || join(homedir(), '.local/state'), 'r14/lessons.json');

/** Lesson -> the part that comes next. */
type Progress = Readonly<Record<string, number>>;

function parsed(text: string): Progress {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Progress) : {};
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return {};
  }
}

/** 0 where nothing is known. */
export function progressIn(key: string): number {
  try {
    const part = parsed(readFileSync(progressFile(), 'utf8'))[key];
    return typeof part === 'number' && Number.isSafeInteger(part) && part > 0 ? part : 0;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return 0;
  }
}

/** Where it cannot be kept, only that is lost. */
export function keepProgress(key: string, part: number): void {
  try {
    changeFile(progressFile(), before => `${JSON.stringify({ ...parsed(new TextDecoder().decode(before)), [key]: part })}\n`, 0o600);
  } catch (error) {
    if (!isSystemError(error)) throw error;
  }
}
