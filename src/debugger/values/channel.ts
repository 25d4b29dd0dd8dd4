/** Fields of channels: those of the runtime's struct behind them, with a buffer that knows what is in it. */
import type { Type } from '../../image/api.js';
import { partOf } from './source.js';
import { arrayOf, findField, pointerTo, underlying } from './types.js';
import { channelOf, deref, pointerOf, type Value, type World } from './value.js';

/** `qcount`, `dataqsiz`, `buf`, `recvq`, ...; undefined: a nil channel, or it has no such field. Throws Unreadable. */
export function chanField(world: World, value: Value, name: string): Value | undefined {
  const type = underlying(value.type);
  const found = type.kind === 'chan' ? findField(type.hchan, name) : undefined;
  const channel = found && channelOf(world, value);
  if (type.kind !== 'chan' || channel === undefined || found === undefined) return undefined;
  const source = partOf(deref(world, type.hchan, pointerOf(value)).source, found.field.offset);
  return { type: name === 'buf' ? bufferType(type.elem, channel.capacity) : found.field.type, source };
}

/** The runtime has a pointer to bytes there. */
const bufferType = (elem: Type, capacity: bigint): Type => pointerTo(arrayOf(elem, Number(capacity)));
