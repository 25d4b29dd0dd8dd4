/** Numbers that stand for things of a stop. One is never used again, so that an old one is known as such. */

import type { LogicalFrame } from '../../debugger/stack/frame.js';
import type { CallStack, Target, Whose } from '../../debugger/target.js';
import type { Value } from '../../debugger/values/value.js';
import { RequestError } from './fields.js';

export class Handles<T> {
  readonly #values = new Map<number, T>();
  #next = 1;

  /** `what`: what they are of, for whom one is unknown. */
  constructor(private readonly what: string) {}

  add(value: T): number {
    this.#values.set(this.#next, value);
    return this.#next++;
  }

  /** Throws RequestError. */
  get(handle: number): T {
    const value = this.#values.get(handle);
    if (value === undefined) throw new RequestError(`no ${this.what} ${handle}: it was of another stop`);
    return value;
  }

  clear(): void {
    this.#values.clear();
  }
}

/** A frame that the client knows of, as it is now: registers may have been set since. */
export class FrameHandle {
  constructor(
    readonly whose: Whose,
    private readonly target: Target,
    private readonly index: number,
  ) {}

  get stack(): CallStack {
    return this.target.stack(this.whose);
  }

  /** Throws RequestError. */
  get frame(): LogicalFrame {
    const frame = this.stack.frames(this.index + 1)[this.index];
    if (frame === undefined) throw new RequestError(`there is no frame ${this.index} any more`);
    return frame;
  }
}

/** What has variables in it: a scope of a frame, or a value. */
export type VariableHandle =
  | { readonly of: 'args' | 'locals' | 'package' | 'registers' | 'vectors' | 'edge'; readonly frame: FrameHandle }
  /** `path`: the expression that it is; undefined: there is none. */
  | { readonly of: 'value'; readonly frame: FrameHandle; readonly value: Value; readonly path: string | undefined };
