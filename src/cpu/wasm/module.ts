import { ByteSink, Code, VALUE_TYPE, type ValueType } from './code.js';

interface Signature {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** A WebAssembly module under construction: one imported memory `m.memory`, imported functions, functions, exports. Imports come first. */
export class ModuleBuilder {
  private readonly types: Signature[] = [];
  private readonly imports: { name: string; type: number }[] = [];
  private readonly functions: { type: number; locals: readonly ValueType[]; body: Uint8Array; exportName?: string }[] = [];

  importFunction(name: string, params: readonly ValueType[], results: readonly ValueType[]): number {
    this.imports.push({ name, type: this.type({ params, results }) });
    return this.imports.length - 1;
  }

  /** Adds a function whose parameters and locals are named; returns its index. */
  function(
    params: Readonly<Record<string, ValueType>>,
    results: readonly ValueType[],
    locals: Readonly<Record<string, ValueType>>,
    write: (code: Code) => void,
    exportName?: string,
  ): number {
    const names = new Map([...Object.keys(params), ...Object.keys(locals)].map((name, index) => [name, index]));
    const code = new Code(names);
    write(code);
    const type = this.type({ params: Object.values(params), results });
    this.functions.push({ type, locals: Object.values(locals), body: code.done(), exportName });
    return this.imports.length + this.functions.length - 1;
  }

  private type(signature: Signature): number {
    const key = JSON.stringify(signature);
    const at = this.types.findIndex(known => JSON.stringify(known) === key);
    if (at >= 0) return at;
    this.types.push(signature);
    return this.types.length - 1;
  }

  build(): Uint8Array {
    const out = new ByteSink();
    out.bytes([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
    const section = (id: number, write: (sink: ByteSink) => void): void => {
      const content = new ByteSink();
      write(content);
      sized(out, id, content);
    };
    section(1, sink => {
      sink.uleb(this.types.length);
      for (const type of this.types) {
        sink.byte(0x60);
        for (const list of [type.params, type.results]) {
          sink.uleb(list.length);
          for (const kind of list) sink.byte(VALUE_TYPE[kind]);
        }
      }
    });
    section(2, sink => {
      sink.uleb(this.imports.length + 1);
      for (const { name, type } of this.imports) {
        text(sink, 'm');
        text(sink, name);
        sink.byte(0);
        sink.uleb(type);
      }
      text(sink, 'm');
      text(sink, 'memory');
      // Any memory of at most 4 GiB will do.
      sink.bytes([2, 1]);
      sink.uleb(1);
      sink.uleb(65536);
    });
    section(3, sink => {
      sink.uleb(this.functions.length);
      for (const { type } of this.functions) sink.uleb(type);
    });
    section(7, sink => {
      const exported = this.functions.flatMap((f, index) => (f.exportName === undefined ? [] : [{ name: f.exportName, index }]));
      sink.uleb(exported.length);
      for (const { name, index } of exported) {
        text(sink, name);
        sink.byte(0);
        sink.uleb(this.imports.length + index);
      }
    });
    section(10, sink => {
      sink.uleb(this.functions.length);
      for (const { locals, body } of this.functions) {
        const whole = new ByteSink();
        whole.uleb(locals.length);
        for (const kind of locals) whole.bytes([1, VALUE_TYPE[kind]]);
        whole.bytes(body);
        whole.byte(0x0b);
        sink.uleb(whole.length);
        sink.bytes(whole.done());
      }
    });
    return out.done().slice();
  }
}

function sized(out: ByteSink, id: number, content: ByteSink): void {
  out.byte(id);
  out.uleb(content.length);
  out.bytes(content.done());
}

function text(sink: ByteSink, value: string): void {
  const bytes = new TextEncoder().encode(value);
  sink.uleb(bytes.length);
  sink.bytes(bytes);
}
