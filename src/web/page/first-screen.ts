/** What is on the page until its engine is there: see ../prepared.ts. */

import type { PaintedScreen, ScreenSize } from '../messages.js';
import { paint } from '../paint.js';
import { unpackPrepared } from '../prepared.js';

/** Made by the build. */
declare const PREPARED: string;

const { course, state } = unpackPrepared(PREPARED);

export { course };

export const firstScreen = (size: ScreenSize): PaintedScreen => paint({ ...state, ...size });
