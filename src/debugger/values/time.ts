/** time.Time as a date: {wall uint64, ext int64, loc *Location} (Go's time package, type Time). */
import { readInt, readUint } from './source.js';
import { findField } from './types.js';
import type { Value } from './value.js';

const HAS_MONOTONIC = 1n << 63n;
const DAY = 86_400n;
/** Seconds from year 1 to 1885 and to 1970. */
const TO_1885 = (1884n * 365n + 1884n / 4n - 1884n / 100n + 1884n / 400n) * DAY;
const TO_1970 = (1969n * 365n + 1969n / 4n - 1969n / 100n + 1969n / 400n) * DAY;

/** In UTC, RFC 3339; undefined when the fields are not there or the year has more than four digits. Throws Unreadable. */
export function timeText(value: Value): string | undefined {
  const wallField = findField(value.type, 'wall');
  const extField = findField(value.type, 'ext');
  if (!wallField || !extField) return undefined;
  const wall = readUint(value.source, wallField.field.offset, 8);
  const ext = readInt(value.source, extField.field.offset, 8);
  const nanoseconds = wall & ((1n << 30n) - 1n);
  const monotonic = (wall & HAS_MONOTONIC) !== 0n;
  const seconds = (monotonic ? TO_1885 + ((wall & ~HAS_MONOTONIC) >> 30n) : ext) - TO_1970;
  const date = new Date(Number(seconds) * 1000);
  const text = Number.isNaN(date.getTime()) ? '' : date.toISOString();
  if (!/^\d{4}-/.test(text)) return undefined;
  const fraction = nanoseconds === 0n ? '' : `.${nanoseconds.toString().padStart(9, '0').replace(/0+$/, '')}`;
  return `${text.slice(0, 19)}${fraction}Z`;
}
