/**
 * The race detector as a part of the machine that a bundled program runs on: what the program's `__tsan_*` functions ask for. All of its state is in
 * the guest's memory, so that a detector is made anew whenever the machine has gone elsewhere.
 */
import { type AddressSpace, MemoryFault, PROT } from '../../cpu/api.js';
import { utf8, utf8Text } from '../../host/bytes.js';
import type { Image } from '../../image/api.js';
import { PID } from '../../linux/abi/constants.js';
import type { KernelExtension } from '../../linux/api.js';
import { FIRST_RACE_CALL, MODEL_CALLS, RACE_CALLS, type RaceCall, REPLY } from './calls.js';
import type { RaceTap } from './comparison.js';
import { parseGorace, type RaceOptions } from './gorace.js';
import { GuestRaceMemory } from './guest-memory.js';
import { metaAddress, shadowAddress } from './layout.js';
import type { RaceCells } from './model.js';
import { goraceReader } from './replay.js';
import { type RaceReport, raceReportText, reportedFrames, type SymbolizePc } from './report.js';
import { metSuppressionsText, parseSuppressions, type Suppression, suppressionOf } from './suppressions.js';
import { CONTEXT_RANGES } from './v3/context.js';
import { TsanV3 } from './v3/detector.js';
import { type RaceRelease, raceRelease } from './v3/layout.js';

const TOOL = 'ThreadSanitizer';
const STDOUT = 1;
const STDERR = 2;
/** Sizes that shadow and meta memory are mapped in. */
const UNIT = 0x1_0000n;
const EINVAL = 22;
/** Suppressions whose uses are counted. */
const MOST_COUNTED = 0x4000;
const metAt = (suppression: number): number => REPLY.address + REPLY.met + 4 * suppression;

/** `image` names what is in reports; `release` is the Go release whose race runtime this is, as `1.24`. `tap` is told of all calls. */
export function raceExtension(image: Image, release: string, tap?: RaceTap): KernelExtension {
  return new RaceExtension(raceSymbolizer(image), raceRelease(release), tap);
}

/** What there is of a detector while one space's memory is worked on. */
interface Running {
  readonly space: AddressSpace;
  readonly memory: GuestRaceMemory;
  readonly options: RaceOptions;
  readonly model: TsanV3;
  readonly suppressions: readonly Suppression[] | undefined;
}

class RaceExtension implements KernelExtension {
  #running: Running | undefined;
  /** What is to be told when the call is over, and whether the process ends then. */
  #said = '';
  #status: number | undefined;
  #sleep = 0;
  #found: RaceCells | undefined;

  constructor(
    private readonly symbolize: SymbolizePc,
    private readonly release: RaceRelease,
    private readonly tap: RaceTap | undefined,
  ) {}

  name(number: number): string | undefined {
    const name = RACE_CALLS[number - FIRST_RACE_CALL];
    return name && `__tsan_${name}`;
  }

  call(number: number, args: readonly bigint[], space: AddressSpace): number {
    const call = RACE_CALLS[number - FIRST_RACE_CALL]!;
    const [a = 0, b = 0, c = 0, d = 0, e = 0] = args.map(Number);
    this.#said = '';
    this.#status = undefined;
    this.#sleep = 0;
    this.#found = undefined;
    if (call === 'init') this.#init(space, a, b, c);
    const running = this.#detector(space);
    if (running === undefined) return -EINVAL;
    if (this.#status === undefined) {
      this.#perform(running, call, [a, b, c, d, e]);
      const made = call === 'init' ? running.model.main : call === 'go_start' ? running.memory.get64(b) : 0;
      this.tap?.called(call, [a, b, c, d, e], made, running.model);
    }
    if (this.#said === '' && this.#status === undefined && this.#found === undefined) return 0;
    this.#reply(running);
    return 1;
  }

  #perform({ model, space, memory }: Running, call: RaceCall, [a, b, c, d, e]: readonly [number, number, number, number, number]): void {
    memory.begin();
    switch (call) {
      case 'init':
        return;
      case 'fini':
        this.#fini();
        return;
      case 'map_shadow':
        mapMissing(space, BigInt(shadowAddress(a)), BigInt(shadowAddress(a + b)));
        mapMissing(space, BigInt(metaAddress(a)), BigInt(metaAddress(a + b)));
        memory.begin();
        model.mapShadow(a, b);
        return;
      case 'go_start':
        memory.set64(b, model.start(a, c));
        return;
      case 'proc_create':
        memory.set64(a, model.createProcessor());
        return;
      case 'report_count':
        memory.set64(a, model.reportCount);
        return;
      case 'suppressions':
        // A negative number, in 64 bits.
        this.#suppress(a < 2 ** 63 ? a : -1);
        return;
      default:
        MODEL_CALLS[call]?.(model, a, b, c, d, e);
    }
  }

  /** Maps what a detector keeps, and makes one. Its thread and processor are the results; of argv the environment stands behind. */
  #init(space: AddressSpace, thread: number, processor: number, argv: number): void {
    for (const [address, bytes, name] of [...CONTEXT_RANGES, [REPLY.address, REPLY.bytes, '[anon:tsan report]'] as const]) {
      space.map(BigInt(address), BigInt(bytes), PROT.read | PROT.write, { name });
    }
    const memory = new GuestRaceMemory(space);
    memory.set64(REPLY.address + REPLY.gorace, goraceAddress(space, argv));
    this.#running = undefined;
    const running = this.#detector(space)!;
    const { options, model } = running;
    memory.begin();
    memory.set64(thread, model.main);
    memory.set64(processor, model.processor);
    const { flags, said, status } = options;
    this.#said = said;
    this.#status = status;
    if (status !== undefined) return;
    if (flags.suppressions !== '') {
      const room = REPLY.address + REPLY.suppressionsText;
      const path = utf8(`${flags.suppressions}\0`);
      space.write(BigInt(room), path);
      memory.set64(REPLY.address + REPLY.suppressions, room);
      memory.set64(REPLY.address + REPLY.suppressionsRoom, room + path.length);
    }
    if (flags.verbosity > 0) this.#said += `***** Running under ${TOOL} v3 (pid ${PID}) *****\n`;
  }

  /** What the guest has read of the file that GORACE names; negative: that it could not. */
  #suppress(length: number): void {
    const { memory, options } = this.#running!;
    if (length < 0) {
      this.#said = `${TOOL}: failed to read suppressions file '${options.flags.suppressions}'\n`;
      this.#status = options.flags.exitcode & 0xff;
      return;
    }
    memory.set64(REPLY.address + REPLY.suppressionsLength, length);
    this.#running = { ...this.#running!, suppressions: this.#suppressionsOf(this.#running!.space) };
    if (this.#running.suppressions !== undefined) return;
    this.#said = `${TOOL}: failed to parse suppressions\n`;
    this.#status = options.flags.exitcode & 0xff;
  }

  #suppressionsOf(space: AddressSpace): readonly Suppression[] | undefined {
    const length = Number(space.readU64(BigInt(REPLY.address + REPLY.suppressionsLength)));
    const room = space.readU64(BigInt(REPLY.address + REPLY.suppressionsRoom));
    return length === 0 ? [] : parseSuppressions(utf8Text(space.read(room, length)));
  }

  /** Finalize (tsan_rtl.cpp): a moment for those that still run, then the sum, and the end. */
  #fini(): void {
    const { model, memory, options, suppressions = [] } = this.#running!;
    const { flags } = options;
    const count = model.reportCount;
    if (flags.atexit_sleep_ms > 0 && model.alive > 1) this.#sleep = flags.atexit_sleep_ms;
    if (count > 0) this.#said += `Found ${count} data race(s)\n`;
    if (flags.print_suppressions) {
      const times = (at: number): number => (at < MOST_COUNTED ? memory.get32(metAt(at)) : 0);
      this.#said += metSuppressionsText(suppressions, times, PID);
    }
    this.#status = count > 0 ? flags.exitcode & 0xff : 0;
  }

  #tell(options: RaceOptions, report: RaceReport): boolean {
    const { flags } = options;
    const stacks = report.mops.map(mop => reportedFrames(mop.stack, this.symbolize));
    const { memory, suppressions = [] } = this.#running!;
    const met = suppressionOf(suppressions, stacks);
    if (met >= 0) {
      if (met < MOST_COUNTED) memory.set32(metAt(met), memory.get32(metAt(met)) + 1);
      return false;
    }
    this.#said += raceReportText(report, this.symbolize, flags.strip_path_prefix);
    if (flags.halt_on_error) this.#status = flags.exitcode & 0xff;
    return true;
  }

  /** The detector of a space's memory; undefined before there is one. */
  #detector(space: AddressSpace): Running | undefined {
    if (this.#running?.space === space) return this.#running;
    if (!space.allows(BigInt(REPLY.address), REPLY.bytes, 'write')) return undefined;
    const at = space.readU64(BigInt(REPLY.address + REPLY.gorace));
    const options = parseGorace(at === 0n ? '' : space.readCString(at, 1 << 16), goraceReader(this.release));
    const memory = new GuestRaceMemory(space);
    const model = new TsanV3(
      memory,
      options.flags,
      report => this.#tell(options, report),
      this.release,
      (word, found) => {
        this.#found = found;
        this.tap?.found(word);
      },
    );
    this.#running = { space, memory, options, model, suppressions: this.#suppressionsOf(space) };
    return this.#running;
  }

  #reply({ memory, space, options }: Running): void {
    const { flags } = options;
    const named = flags.log_path !== 'stderr' && flags.log_path !== 'stdout' && options.status === undefined;
    const path = named ? utf8(`${flags.log_path}.${PID}\0`) : new Uint8Array();
    const room = REPLY.address + REPLY.room;
    const text = utf8(this.#said).subarray(0, REPLY.suppressionsText - REPLY.room - path.length);
    memory.begin();
    memory.set64(REPLY.address + REPLY.text, room + path.length);
    memory.set64(REPLY.address + REPLY.length, text.length);
    memory.set64(REPLY.address + REPLY.path, named ? room : 0);
    memory.set32(REPLY.address + REPLY.descriptor, flags.log_path === 'stdout' ? STDOUT : STDERR);
    memory.set32(REPLY.address + REPLY.ends, this.#status === undefined ? 0 : 1);
    memory.set32(REPLY.address + REPLY.status, this.#status ?? 0);
    memory.set64(REPLY.address + REPLY.seconds, Math.floor(this.#sleep / 1000));
    memory.set64(REPLY.address + REPLY.nanoseconds, (this.#sleep % 1000) * 1_000_000);
    memory.set64(REPLY.address + REPLY.thread, this.#found?.thread ?? 0);
    memory.set64(REPLY.address + REPLY.cells, this.#found?.cells ?? 0);
    memory.set32(REPLY.address + REPLY.current, this.#found?.current ?? 0);
    memory.set32(REPLY.address + REPLY.old, this.#found?.old ?? 0);
    space.write(BigInt(room), path);
    space.write(BigInt(room + path.length), text);
  }
}

/** What stands behind `GORACE=` in the environment behind an argv; 0: it is not there. */
function goraceAddress(space: AddressSpace, argv: number): number {
  const NAME = 'GORACE=';
  try {
    let at = BigInt(argv);
    const next = (): bigint => {
      const word = space.readU64(at);
      at += 8n;
      return word;
    };
    if (argv === 0) return 0;
    while (next() !== 0n);
    for (let entry = next(); entry !== 0n; entry = next()) {
      if (space.readCString(entry, NAME.length) === NAME) return Number(entry) + NAME.length;
    }
  } catch (error) {
    if (!(error instanceof MemoryFault)) throw error;
  }
  return 0;
}

/** Maps what is not mapped yet of a range, in units. */
function mapMissing(space: AddressSpace, start: bigint, end: bigint): void {
  const last = ((end + UNIT - 1n) / UNIT) * UNIT;
  for (let at = (start / UNIT) * UNIT; at < last; ) {
    const there = space.mappingAt(at);
    if (there !== undefined) {
      at = there.end;
      continue;
    }
    const next = space.mappings().find(mapping => mapping.start > at)?.start ?? last;
    const until = next < last ? next : last;
    space.map(at, until - at, PROT.read | PROT.write);
    at = until;
  }
}

/** As Go's runtime answers the race runtime: functions that are inlined are frames of their own, and what nobody knows is `??`. */
export function raceSymbolizer(image: Image): SymbolizePc {
  return pc => {
    const at = BigInt(pc);
    const func = image.functionAt(at);
    if (func === undefined) return [{ function: '??', file: '-', line: 0, offset: pc }];
    const offset = pc - Number(func.entry);
    return image.inlineFrames(at).map(({ name, file = '-', line = 0 }) => ({ function: name, file, line, offset }));
  };
}
