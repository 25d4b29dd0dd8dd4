import { ByteSink, Code, VALUE_TYPE, type ValueType } from './code.js';

interface Signature {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** A WebAssembly module under construction: one imported memory `m.memory`, perhaps a table, imported functions, functions, exports. Imports come first. */
export class ModuleBuilder {
  private readonly types: Signature[] = [];
  private readonly imports: { name: string; type: number }[] = [];
  private readonly names = new Map<number, string>();
  private table: string | undefined;
  private readonly data: { address: number; bytes: Uint8Array }[] = [];
  private readonly functions: {
    readonly type: number;
    readonly locals: readonly ValueType[];
    readonly body: Uint8Array;
    readonly hints: Code['hints'];
    readonly exportName?: string;
  }[] = [];

  importFunction(name: string, params: readonly ValueType[], results: readonly ValueType[]): number {
    this.imports.push({ name, type: this.type({ params, results }) });
    return this.imports.length - 1;
  }

  /** Imports the table of functions `m.NAME`. */
  importTable(name: string): void {
    this.table = name;
  }

  /** Adds a function whose parameters and locals are named; returns its index. With `used` it has only the locals that are used. */
  function(
    params: Readonly<Record<string, ValueType>>,
    results: readonly ValueType[],
    locals: Readonly<Record<string, ValueType>>,
    write: (code: Code) => void,
    exportName?: string,
    used = false,
  ): number {
    const names = new Map(Object.keys(params).map((name, index) => [name, index]));
    const own: ValueType[] = [];
    const declare = (name: string): number | undefined => {
      const kind = locals[name];
      if (kind === undefined) return undefined;
      names.set(name, names.size);
      own.push(kind);
      return names.size - 1;
    };
    if (!used) for (const name of Object.keys(locals)) declare(name);
    const code = new Code(names, declare);
    write(code);
    const type = this.type({ params: Object.values(params), results });
    this.functions.push({ type, locals: own, body: code.done(), hints: code.hints, exportName });
    return this.imports.length + this.functions.length - 1;
  }

  /** Has bytes put in the memory when the module is instantiated. */
  put(address: number, bytes: Uint8Array): void {
    this.data.push({ address, bytes });
  }

  /** Gives a function of the module a name for people. */
  name(index: number, name: string): void {
    this.names.set(index, name);
  }

  /** Number of a function's type. */
  type(signature: Signature): number {
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
      sink.uleb(this.imports.length + 1 + (this.table === undefined ? 0 : 1));
      for (const { name, type } of this.imports) {
        text(sink, 'm');
        text(sink, name);
        sink.byte(0);
        sink.uleb(type);
      }
      if (this.table !== undefined) {
        text(sink, 'm');
        text(sink, this.table);
        sink.bytes([1, 0x70, 0, 0]);
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
    const localsOf = (locals: readonly ValueType[]): ByteSink => {
      const sink = new ByteSink();
      sink.uleb(locals.length);
      for (const kind of locals) sink.bytes([1, VALUE_TYPE[kind]]);
      return sink;
    };
    // Of WebAssembly's proposal "Branch Hinting": by function, offsets from where its locals are declared. Who does not know it passes over it.
    const hinted = this.functions.flatMap(({ locals, hints }, index) => (hints.length === 0 ? [] : [{ locals, hints, index }]));
    if (hinted.length > 0) {
      section(0, sink => {
        text(sink, 'metadata.code.branch_hint');
        sink.uleb(hinted.length);
        for (const { locals, hints, index } of hinted) {
          const before = localsOf(locals).length;
          sink.uleb(this.imports.length + index);
          sink.uleb(hints.length);
          for (const { offset, taken } of hints) {
            sink.uleb(before + offset);
            sink.bytes([1, taken ? 1 : 0]);
          }
        }
      });
    }
    section(10, sink => {
      sink.uleb(this.functions.length);
      for (const { locals, body } of this.functions) {
        const whole = localsOf(locals);
        whole.bytes(body);
        whole.byte(0x0b);
        sink.uleb(whole.length);
        sink.bytes(whole.done());
      }
    });
    if (this.data.length > 0) {
      section(11, sink => {
        sink.uleb(this.data.length);
        for (const { address, bytes } of this.data) {
          sink.bytes([0, 0x41]);
          sink.sleb(address);
          sink.byte(0x0b);
          sink.uleb(bytes.length);
          sink.bytes(bytes);
        }
      });
    }
    // Profilers show functions by the names of this section.
    if (this.names.size > 0) {
      section(0, sink => {
        text(sink, 'name');
        const names = new ByteSink();
        names.uleb(this.names.size);
        for (const [index, name] of this.names) {
          names.uleb(index);
          text(names, name);
        }
        sized(sink, 1, names);
      });
    }
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
