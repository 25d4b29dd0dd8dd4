/** Opens the full screen, where there is one. What it is made of is loaded only then. */
import type { Opened } from '../tui/presenter.js';
import type { ScreenOptions } from '../tui/screen.js';
import { completeFile } from './complete-file.js';
import { type Outlet, writeOut } from './output.js';
import { savedSettings, saveLook } from './saved-settings.js';
import { TypedLines } from './typed-lines.js';

/** Shows what is open until the user quits. */
export async function openScreen(
  opened: Opened,
  begin: Pick<ScreenOptions, 'title' | 'ascii' | 'script' | 'written' | 'shared'> & { readonly notice?: string },
  outlet: Outlet,
): Promise<void> {
  // Read when React is loaded: its development build is slow and leaks.
  process.env.NODE_ENV ??= 'production';
  const { show } = await import('../tui/screen.js');
  const history = new TypedLines();
  let unkept: string | undefined;
  const complaints = await savedSettings(opened.session);
  const told = complaints.includes('\n') ? `${complaints}: 9 z shows which` : complaints;
  await show(
    opened,
    {
      ...begin,
      notice: `${begin.notice ?? ''}${told}`,
      history: history.newestFirst,
      files: completeFile,
      saveHistory: lines => {
        unkept = history.save(lines);
      },
      saveLook,
    },
    outlet,
  );
  if (unkept !== undefined) writeOut(2, `r14: ${unkept}\n`);
}
