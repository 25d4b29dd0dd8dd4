/** gdb's convenience variables: `$name`, where no register is called so. */
import type { EvaluationContext } from '../evaluate/context.js';
import type { Result } from '../evaluate/operand.js';
import { findRegister } from '../evaluate/registers.js';
import { bytesSource, memorySource } from '../values/source.js';
import { basicType, pointerTo } from '../values/types.js';
import { bytesOf, pointerValue } from '../values/value.js';

export class Convenience {
  private readonly values = new Map<string, Result>();

  /** `newest`: number of the breakpoint that was set last. */
  constructor(private readonly newest: () => number | undefined) {}

  /** Undefined: nothing was set. */
  get(name: string): Result | undefined {
    const newest = name === 'bpnum' ? this.newest() : undefined;
    return newest === undefined ? this.values.get(name) : whole(newest);
  }

  /** Keeps what an expression has given as it is now, whatever becomes of the place it came from. Throws Unreadable. */
  set(name: string, result: Result): void {
    const { values } = this;
    if (result.kind !== 'value') values.set(name, result);
    else values.set(name, { kind: 'value', value: { ...result.value, source: bytesSource(bytesOf(result.value)) } });
  }

  unset(name: string): void {
    this.values.delete(name);
  }

  /** The program has ended: with a status, or by a signal. */
  exited(status: number, signal: number | undefined): void {
    this.unset('_exitcode');
    this.unset('_exitsignal');
    this.values.set(signal === undefined ? '_exitcode' : '_exitsignal', whole(signal ?? status));
  }

  /** Memory was shown, the last of it there: `$_` is where, `$__` what. */
  examined({ memory }: EvaluationContext, address: bigint, size: number): void {
    const type = basicType(`uint${8 * size}`) ?? basicType('uint8')!;
    this.values.set('_', { kind: 'value', value: { ...pointerValue(pointerTo(type, true), address), bare: true } });
    this.values.set('__', { kind: 'value', value: { type, source: memorySource(memory, address) } });
  }
}

const whole = (value: number): Result => ({ kind: 'constant', constant: { class: 'int', value: BigInt(value) } });

/** `$name = value`, where the name is no register's: the name and what is behind the sign, and where that stands. */
export function convenienceAssignment(source: string): { readonly name: string; readonly value: string; readonly at: number } | undefined {
  const [head, name, value] = /^\$([A-Za-z_]\w*)\s*=(?!=)\s*(.*)$/s.exec(source) ?? [];
  if (name === undefined || findRegister(name, true) !== undefined) return undefined;
  return { name, value: value!, at: head!.length - value!.length };
}
