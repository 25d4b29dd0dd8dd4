import { execute } from '../debugger/commands/execute.js';
import { saveOnly } from '../debugger/commands/settings.js';
import { CommandError } from '../debugger/errors.js';
import type { Session } from '../debugger/session/session.js';
import type { SettingName } from '../debugger/session/settings.js';

/** Runs the settings that `config -save` kept. A line that fails is named, and the others still count. Returns the complaints, and behind them how many. */
export async function savedSettings(session: Session): Promise<string> {
  const { host } = session;
  let script: string;
  try {
    script = host.readSettings();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return error.message;
  }
  const complaints: string[] = [];
  for (const [index, line] of script.split('\n').entries()) {
    if (line.trim().startsWith('#')) continue;
    const outcome = await execute(session, line);
    const wrong = session.ended ? 'quit has no place here' : outcome.ok ? undefined : outcome.output;
    session.ended = false;
    if (wrong !== undefined) complaints.push(`${host.settingsFile}:${index + 1}: ${wrong}`);
  }
  if (complaints.length === 0) return '';
  const lines = complaints.length === 1 ? '1 line' : `${complaints.length} lines`;
  return [...complaints, `${lines} of the settings file cannot be used; the rest is used`].join('\n');
}

/** Keeps settings that the user has changed by the way; a home that cannot be written to costs only that. */
export function saveLook(session: Session, changed: readonly SettingName[]): void {
  try {
    saveOnly(session, changed);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
  }
}
