/** time.Time as a date: {wall uint64, ext int64, loc *Location} (Go's time package, type Time). */
import { fieldOf } from './content.js';
import { readInt, readUint, Unreadable } from './source.js';
import { zoneOffset } from './time-zone.js';
import { findField, underlying } from './types.js';
import { deref, pointerOf, type Value, type World } from './value.js';

const HAS_MONOTONIC = 1n << 63n;
const DAY = 86_400n;
/** Seconds from year 1 to 1885 and to 1970. */
const TO_1885 = (1884n * 365n + 1884n / 4n - 1884n / 100n + 1884n / 400n) * DAY;
const TO_1970 = (1969n * 365n + 1969n / 4n - 1969n / 100n + 1969n / 400n) * DAY;

/** In its own zone, RFC 3339; undefined when the fields are not there or the year has more than four digits. Throws Unreadable. */
export function timeText(world: World, value: Value): string | undefined {
  const wallField = findField(value.type, 'wall');
  const extField = findField(value.type, 'ext');
  if (!wallField || !extField) return undefined;
  const wall = readUint(value.source, wallField.field.offset, 8);
  const ext = readInt(value.source, extField.field.offset, 8);
  const nanoseconds = wall & ((1n << 30n) - 1n);
  const monotonic = (wall & HAS_MONOTONIC) !== 0n;
  const seconds = (monotonic ? TO_1885 + ((wall & ~HAS_MONOTONIC) >> 30n) : ext) - TO_1970;
  const offset = offsetIn(world, value, Number(seconds));
  const date = new Date((Number(seconds) + offset) * 1000);
  const text = Number.isNaN(date.getTime()) ? '' : date.toISOString();
  if (!/^\d{4}-/.test(text)) return undefined;
  const fraction = nanoseconds === 0n ? '' : `.${nanoseconds.toString().padStart(9, '0').replace(/0+$/, '')}`;
  return `${text.slice(0, 19)}${fraction}${offsetText(offset)}`;
}

/** Seconds east of UTC; 0 where the location is nil, which is UTC, or cannot be read: that is the same moment. */
function offsetIn(world: World, value: Value, seconds: number): number {
  const found = findField(value.type, 'loc');
  const type = found && underlying(found.field.type);
  if (type?.kind !== 'pointer') return 0;
  try {
    const address = pointerOf(fieldOf(value, found!.field));
    return address === 0n ? 0 : zoneOffset(world, deref(world, type.elem, address), seconds);
  } catch (error) {
    if (error instanceof Unreadable) return 0;
    throw error;
  }
}

/** `-06:00`; `Z` for none. RFC 3339 has no seconds there. */
function offsetText(offset: number): string {
  const minutes = Math.trunc(Math.abs(offset) / 60);
  if (minutes === 0) return 'Z';
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${offset < 0 ? '-' : '+'}${two(Math.trunc(minutes / 60))}:${two(minutes % 60)}`;
}
