/** What Go asks of handlers of signals, whoever has installed them (package os/signal). */
import { hex } from '../../host/hex.js';
import type { Func } from '../../image/api.js';
import { signalName } from '../../linux/abi/signals.js';
import type { EdgeCheck, Scrutiny } from './scrutiny.js';

/** At the first instruction of what is installed as a handler: that the kernel has not put it on a goroutine's stack. */
export function handlerEntry(at: Scrutiny, func: Func | undefined, pc: bigint): EdgeCheck | undefined {
  const { process } = at.target;
  if (at.target.go === undefined || !process.isSignalHandler(pc)) return undefined;
  const name = at.codeName(func, pc);
  return () => {
    const { sp, target } = at;
    const frame = process.current.signalFrames[0];
    // It is called like any other function as well.
    if (frame?.frame !== sp) return undefined;
    const stack = target.go?.stackOf(sp, target.go.currentG(at.registers.fsBase));
    if (stack?.kind !== 'goroutine') return undefined;
    return {
      rule: 'signal-stack',
      what: `${name}, the handler of ${signalName(frame.signal)}, is entered with RSP = ${hex(sp)}, on the stack of ${stack.name}, which has ${sp - stack.lo} bytes left: it was installed without SA_ONSTACK`,
    };
  };
}
