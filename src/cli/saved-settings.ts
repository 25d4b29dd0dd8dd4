import { execute } from '../debugger/commands/execute.js';
import type { Session } from '../debugger/session.js';

/** Runs the settings that `config -save` kept. A line that fails is named, and the others still count. Returns the complaints. */
export async function savedSettings(session: Session): Promise<string> {
  let script: string;
  try {
    script = session.host.readScript(session.host.settingsFile);
  } catch {
    return '';
  }
  const complaints: string[] = [];
  for (const [index, line] of script.split('\n').entries()) {
    const outcome = await execute(session, line);
    if (!outcome.ok) complaints.push(`${session.host.settingsFile}:${index + 1}: ${outcome.output}`);
  }
  return complaints.join('\n');
}
