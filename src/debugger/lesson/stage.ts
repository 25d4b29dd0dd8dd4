/** Stages of lessons: sessions one after the other, and what is written in the present one. */
import type { Session } from '../session/session.js';
import { Settings } from '../session/settings.js';
import type { LessonStage } from './run.js';

/** Sessions that `open` makes, with the same settings. */
export function sessionsStage(
  open: (variant: string | undefined, race: boolean | undefined, settings: Settings) => Session,
): Pick<LessonStage, 'open' | 'printed'> {
  let written = '';
  const settings = new Settings();
  return {
    open: (variant, race) => {
      written = '';
      const decoder = new TextDecoder();
      const session = open(variant, race, settings);
      session.events.on('output', ({ bytes }) => (written += decoder.decode(bytes, { stream: true })));
      return session;
    },
    printed: () => written,
  };
}
