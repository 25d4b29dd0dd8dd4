/** Offsets from UTC of Go's time.Location: {name, zone []zone, tx []zoneTrans, extend string, ...} (Go's time package, zoneinfo.go). */
import { utf8Text } from '../../host/bytes.js';
import { fieldOf } from './content.js';
import { readInt, Unreadable } from './source.js';
import { findField } from './types.js';
import { element, sliceRun, stringBytes, type Value, type World } from './value.js';

/** More than any zone of the world has. */
const MOST_ZONES = 1000;
const MOST_TRANSITIONS = 100_000;
const MOST_RULE_BYTES = 200;

function field(value: Value, name: string): Value {
  const found = findField(value.type, name);
  if (found === undefined) throw new Unreadable(`${value.type.name} has no ${name}`);
  return fieldOf(value, found.field);
}

const number = (value: Value): number => Number(readInt(value.source, 0, value.type.size));

/** Seconds east of UTC at a moment, in seconds from 1970. Throws Unreadable. */
export function zoneOffset(world: World, location: Value, seconds: number): number {
  const zones = field(location, 'zone');
  const transitions = field(location, 'tx');
  const count = sliceRun(transitions).length;
  const zoneCount = sliceRun(zones).length;
  if (zoneCount === 0) return 0;
  if (zoneCount > MOST_ZONES || count > MOST_TRANSITIONS) throw new Unreadable('the location has an impossible number of zones');
  const when = (index: number): number => number(field(element(world, transitions, index), 'when'));
  const zoneOf = (index: number): number => number(field(element(world, transitions, index), 'index')) & 0xff;
  const offsetOf = (zone: number): number => number(field(element(world, zones, zone), 'offset'));
  const isDst = (zone: number): boolean => number(field(element(world, zones, zone), 'isDST')) !== 0;
  if (count === 0 || seconds < when(0)) {
    // In front of all transitions: the first zone that is no summer time.
    const used = count > 0 && Array.from({ length: count }, (_, at) => zoneOf(at)).includes(0);
    const standard = used ? Array.from({ length: zoneCount }, (_, zone) => zone).find(zone => !isDst(zone)) : 0;
    return offsetOf(standard ?? 0);
  }
  let low = 0;
  for (let high = count; high - low > 1; ) {
    const middle = (low + high) >> 1;
    if (seconds < when(middle)) high = middle;
    else low = middle;
  }
  const rule = low === count - 1 ? utf8Text(stringBytes(world, field(location, 'extend'), MOST_RULE_BYTES)) : '';
  return ruleOffset(rule, seconds) ?? offsetOf(zoneOf(low));
}

const NAME = `(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]+>)`;
const TIME = String.raw`[+-]?\d{1,3}(?::\d{2}(?::\d{2})?)?`;
const DAY_RULE = String.raw`(?:J?\d{1,3}|M\d{1,2}\.\d\.\d)(?:/${TIME})?`;
const RULE = new RegExp(`^${NAME}(${TIME})(?:(${NAME})(${TIME})?(?:,(${DAY_RULE}),(${DAY_RULE}))?)?$`);

const HOUR = 3600;
const DAY = 24 * HOUR;

/** What the zone of a TZ variable is at a moment (POSIX.1-2017, 8.3): `EST5EDT,M3.2.0,M11.1.0`; undefined: it is none. */
function ruleOffset(rule: string, seconds: number): number | undefined {
  const match = RULE.exec(rule);
  if (!match) return undefined;
  const [, standardText, summerName, summerText, startRule = 'M3.2.0', endRule = 'M11.1.0'] = match;
  const standard = -timeOf(standardText!);
  if (summerName === undefined) return standard;
  const summer = summerText === undefined ? standard + HOUR : -timeOf(summerText);
  const year = new Date(seconds * 1000).getUTCFullYear();
  const start = dayOf(startRule, year) - standard;
  const end = dayOf(endRule, year) - summer;
  const inside = start < end ? seconds >= start && seconds < end : seconds >= start || seconds < end;
  return inside ? summer : standard;
}

/** `-3:30` in seconds. */
function timeOf(clock: string): number {
  const [hours, minutes = 0, rest = 0] = clock.replace(/^[+-]/, '').split(':').map(Number) as [number, number?, number?];
  return (clock.startsWith('-') ? -1 : 1) * (hours * HOUR + minutes * 60 + rest);
}

/** The moment that a rule names in a year, by the clock that is in force then. */
function dayOf(rule: string, year: number): number {
  const [date, time = '2'] = rule.split('/') as [string, string?];
  const start = Date.UTC(year, 0, 1) / 1000;
  const leap = new Date(Date.UTC(year, 1, 29)).getUTCMonth() === 1;
  const at = timeOf(time);
  if (date.startsWith('J')) {
    const day = Number(date.slice(1));
    return start + (day - 1 + (leap && day >= 60 ? 1 : 0)) * DAY + at;
  }
  if (!date.startsWith('M')) return start + Number(date) * DAY + at;
  const [month, week, weekday] = date.slice(1).split('.').map(Number) as [number, number, number];
  const first = new Date(Date.UTC(year, month - 1, 1));
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate();
  let day = 1 + ((weekday - first.getUTCDay() + 7) % 7) + 7 * (week - 1);
  while (day > days) day -= 7;
  return Date.UTC(year, month - 1, day) / 1000 + at;
}
