import { SYSTEM_V } from '../abi/convention.js';
import { raceParameters } from '../runtime/race/signatures.js';
import { describeAddress } from './describe.js';
import type { Session } from './session.js';
import type { LogicalFrame } from './stack/frame.js';

export interface FrameArgument {
  readonly name: string;
  /** As printed; `<lost>` and the like when it is not known. */
  readonly value: string;
  readonly how: string;
}

/** Arguments of a frame, each with how it is known. */
export function frameArguments(session: Session, frame: LogicalFrame): readonly FrameArgument[] {
  const { func } = frame.physical;
  if (func?.language === 'c' && frame.scope === undefined) return raceArguments(session, frame);
  return [];
}

/** Arguments of the race runtime's functions: in registers on their first instruction, and no longer to be found after it. */
function raceArguments(session: Session, frame: LogicalFrame): readonly FrameArgument[] {
  const { func, pc, exact, registers } = frame.physical;
  const names = raceParameters(func!.name) ?? [];
  const atEntry = exact && pc === func!.entry;
  return names.map((name, index) => {
    const known = atEntry ? registers.get(SYSTEM_V.integerArguments[index]!) : undefined;
    if (known === undefined) return { name, value: '<lost>', how: 'lost' };
    const symbol = known.value < 0x1000n ? undefined : describeAddress(session.images, known.value);
    return { name, value: `0x${known.value.toString(16)}${symbol === undefined ? '' : ` <${symbol}>`}`, how: known.how };
  });
}
