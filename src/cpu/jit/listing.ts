/** A region for people: the guest's code, its micro-ops, and the WebAssembly that they have become. */
import { Decoder, DecoderOptions, Formatter, FormatterSyntax } from 'iced-x86';
import { opTraits } from '../ir/ops.js';
import { RECORD } from '../layout.js';
import { Code } from '../wasm/code.js';
import { FUNCTION_NAMES, nameOf, writeRegion } from './compile.js';
import type { CodeRegion } from './region.js';
import type { MicroOp } from './uops.js';
import { varAt } from './vars.js';

export function listingOf(region: CodeRegion, code: (pc: number, length: number) => Uint8Array): string {
  const lines = [nameOf(region), ''];
  for (const [number, { block, uops, ways }] of region.nodes.entries()) {
    if (block === undefined) continue;
    const [taken, otherwise] = [ways.taken, ways.otherwise].map(node => (node === undefined ? '' : ` ${node}`));
    lines.push(`block ${number}:${taken && ` taken${taken}`}${otherwise && ` otherwise${otherwise}`}`);
    lines.push(...guestCode(block.pc, code(block.pc, block.length)), ...uops.map(microOp), '');
  }
  const wat = new ListedCode();
  writeRegion(region, wat);
  return [...lines, ...wat.lines, ''].join('\n');
}

function guestCode(pc: number, bytes: Uint8Array): string[] {
  const decoder = new Decoder(64, bytes, DecoderOptions.None);
  decoder.ip = BigInt(pc);
  const formatter = new Formatter(FormatterSyntax.Gas);
  const lines: string[] = [];
  while (decoder.canDecode) {
    const instruction = decoder.decode();
    lines.push(`  ${instruction.ip.toString(16)}  ${formatter.format(instruction)}`);
    instruction.free();
  }
  formatter.free();
  decoder.free();
  return lines;
}

function microOp(uop: MicroOp): string {
  const operand = (value: number): string => {
    if (value === uop.record + RECORD.imm) return 'imm';
    const what = varAt(value);
    return what === undefined ? `${value}` : `${what.name}${value === what.slot ? '' : `+${value - what.slot}`}`;
  };
  const { name, flow } = opTraits[uop.op]!;
  // Where a jump's records lie depends on what else was translated.
  const fields = flow === 'end' ? '' : ` ${operand(uop.d)} ${operand(uop.a)} ${operand(uop.b)}`;
  return `    ${name}${fields}${uop.imm === 0n ? '' : ` #${BigInt.asIntN(64, uop.imm)}`}`;
}

/** Also writes what it writes as text, a line for each instruction. */
class ListedCode extends Code {
  readonly lines: string[] = [];
  private indent = 0;

  constructor() {
    const names = new Map<string, number>();
    super(names, name => {
      names.set(name, names.size);
      return names.size - 1;
    });
  }

  private line(text: string): this {
    this.lines.push(`${'  '.repeat(this.indent)}${text}`);
    return this;
  }

  override op(name: string): this {
    return this.line(name);
  }
  override memory(name: string, offset = 0): this {
    return this.line(offset === 0 ? name : `${name} offset=${offset}`);
  }
  override lane(name: string, lane: number): this {
    return this.line(`${name} ${lane}`);
  }
  override fill(): this {
    return this.line('memory.fill');
  }
  override shuffle(lanes: readonly number[]): this {
    return this.line(`i8x16.shuffle ${lanes.join(' ')}`);
  }
  override i32(value: number): this {
    return this.line(`i32.const ${value}`);
  }
  override i64(value: bigint): this {
    return this.line(`i64.const ${BigInt.asIntN(64, value)}`);
  }
  override v128(bytes: readonly number[]): this {
    return this.line(`v128.const i8x16 ${bytes.join(' ')}`);
  }
  override get(local: string): this {
    return this.line(`local.get $${local}`);
  }
  override set(local: string): this {
    return this.line(`local.set $${local}`);
  }
  override tee(local: string): this {
    return this.line(`local.tee $${local}`);
  }
  private open(text: string): this {
    this.line(text);
    this.indent++;
    return this;
  }
  override block(label: string): this {
    return this.open(`block $${label}`);
  }
  override loop(label: string): this {
    return this.open(`loop $${label}`);
  }
  override if(result?: Parameters<Code['if']>[0]): this {
    return this.open(result === undefined ? 'if' : `if (result ${result})`);
  }
  override else(): this {
    this.indent--;
    return this.open('else');
  }
  override end(): this {
    this.indent--;
    return this.line('end');
  }
  override mostly(taken: boolean): this {
    return this.line(`(@metadata.code.branch_hint "\\0${Number(taken)}")`);
  }
  override br(label: string): this {
    return this.line(`br $${label}`);
  }
  override brIf(label: string): this {
    return this.line(`br_if $${label}`);
  }
  override brTable(labels: readonly string[], fallback: string): this {
    return this.line(`br_table ${[...labels, fallback].map(label => `$${label}`).join(' ')}`);
  }
  override call(index: number): this {
    return this.line(`call $${FUNCTION_NAMES[index]}`);
  }
  override callIndirect(): this {
    return this.line('call_indirect');
  }
  override returnCallIndirect(): this {
    return this.line('return_call_indirect');
  }
}
