import { execute } from '../debugger/commands/execute.js';
import { saveOnly } from '../debugger/commands/settings.js';
import { CommandError } from '../debugger/errors.js';
import type { Session } from '../debugger/session.js';
import type { SettingName } from '../debugger/settings.js';

/** Runs the settings that `config -save` kept. A line that fails is named, and the others still count. Returns the complaints, and behind them how many. */
export async function savedSettings(session: Session): Promise<string> {
  const { host, settings } = session;
  let script: string;
  try {
    script = host.readScript(host.settingsFile);
  } catch {
    return '';
  }
  const complaints: string[] = [];
  settings.foreign = [];
  for (const [index, line] of script.split('\n').entries()) {
    const comment = line.trim().startsWith('#');
    const outcome = comment ? undefined : await execute(session, line);
    if (outcome?.ok) continue;
    settings.foreign.push(line);
    if (outcome !== undefined) complaints.push(`${host.settingsFile}:${index + 1}: ${outcome.output}`);
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
