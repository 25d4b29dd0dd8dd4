/** Opens the full screen, where there is one. What it is made of is loaded only then. */
import type { Opened, ScreenOptions } from '../tui/screen.js';
import { completeFile } from './complete-file.js';
import { historyFile, loadHistory, saveHistory } from './history.js';
import type { Outlet } from './output.js';
import { savedSettings, saveLook } from './saved-settings.js';

/** Shows what is open until the user quits. */
export async function openScreen(
  opened: Opened,
  begin: Pick<ScreenOptions, 'title' | 'ascii' | 'script' | 'written'> & { readonly notice?: string },
  outlet: Outlet,
): Promise<void> {
  // Read when React is loaded: its development build is slow and leaks.
  process.env.NODE_ENV ??= 'production';
  const { show } = await import('../tui/screen.js');
  const file = historyFile();
  const complaints = await savedSettings(opened.session);
  const told = complaints.includes('\n') ? `${complaints}: 9 z shows which` : complaints;
  await show(
    opened,
    {
      ...begin,
      notice: `${begin.notice ?? ''}${told}`,
      history: loadHistory(file),
      files: completeFile,
      saveHistory: lines => saveHistory(file, lines),
      saveLook,
    },
    outlet,
  );
}
