import { describe, expect, it } from 'vitest';
import { assemble } from '../asm/assemble.js';
import { elfBytes } from '../asm/elf.js';
import { decodePart, encodePart } from '../cpu/part.js';
import { ClientLog } from '../host/clients.js';
import { nodePorts } from '../host/node/ports.js';
import { AF, IPPROTO, SOCK } from './abi/sockets.js';
import { Epoll } from './fs/epoll.js';
import { EventFd, TimerFd } from './fs/event.js';
import { HostDirectory, HostFile, MemoryFile, SyntheticDirectory } from './fs/files.js';
import { MappedContent } from './fs/mapped-content.js';
import { PidFile } from './fs/pid-file.js';
import { Device, InputStream, OutputStream, Pipe } from './fs/streams.js';
import type { Kernel } from './kernel.js';
import { DatagramSocket } from './net/datagram-socket.js';
import { Gateway } from './net/gateway.js';
import { NetlinkSocket } from './net/netlink-socket.js';
import { StreamSocket } from './net/stream-socket.js';
import { startProcess } from './process.js';

function someKernel(): Kernel {
  const program = assemble({
    sources: [{ file: 'a.s', text: 'TEXT main·main(SB), 4, $0-0\n\tRET\n', package: 'main' }],
    declarations: [],
  });
  const process = startProcess({ host: nodePorts, path: 'a', program: elfBytes(program), output: () => {} });
  return (process as unknown as { kernel: Kernel }).kernel;
}

/** Fields of a part that its save has under no name of theirs: what connects it with others, and what is saved in another form. */
const WIRING: Readonly<Record<string, readonly string[]>> = {
  System: ['byPid', 'hasEnded', 'cpu', 'options', 'tables', 'sandbox', 'output', 'epolls', 'view', 'timerfds', 'spare', 'blank'],
  Space: ['memory', 'user', 'blank', 'wake', 'users'],
  Kernel: ['system', 'fs', 'memoryOf'],
  Task: [],
  Scheduler: ['machine', 'soonest'],
  Timers: ['clock', 'retired', 'fire'],
  FutexTable: ['wakeTask'],
  SignalTable: ['process'],
  OpenFiles: ['waitedFor'],
  FdTable: ['files', 'pid', 'soft'],
  FileLocks: [],
  Layout: ['memory'],
  PageFiles: ['files', 'pieces', 'table', 'read', 'most'],
  InputStream: ['input'],
  OutputStream: ['log'],
  PipeReader: ['inode'],
  PipeWriter: ['inode'],
  Pipe: ['reader', 'writer'],
  Device: ['random'],
  EventFd: [],
  TimerFd: ['timers', 'timer'],
  PidFile: ['ended'],
  Epoll: ['world', 'watchers', 'looked', 'hot'],
  FileNodes: ['last'],
  HostFile: ['files', 'pageFiles', 'held', 'view'],
  HostDirectory: ['files', 'held', 'view'],
  MemoryFile: ['pageFiles', 'content'],
  SyntheticDirectory: [],
  StreamSocket: ['net', 'coming'],
  DatagramSocket: ['net', 'coming'],
  NetlinkSocket: ['net', 'coming'],
  Network: ['files', 'queued', 'accepted'],
  Gateway: ['net', 'changed', 'now'],
  Wire: ['now'],
  OwnFiles: ['tree', 'host', 'grow'],
};

const TCP = { family: AF.INET, type: SOCK.STREAM, protocol: IPPROTO.TCP, inode: 1 };
const UDP = { family: AF.INET, type: SOCK.DGRAM, protocol: IPPROTO.UDP, inode: 2 };

describe('what is saved', () => {
  const kernel = someKernel();
  const { system } = kernel;
  const { pages, random, input, output } = system;
  const timers = system.timerfds;
  const files = nodePorts.files;
  const pipe = new Pipe(1, 0);
  const parts: { save(): object }[] = [
    ...[system, kernel, kernel.space!, kernel.tasks[0]!, kernel.scheduler, timers, kernel.futexes, kernel.signals],
    ...[
      system.files,
      system.files.locks,
      new Gateway(
        kernel.net,
        [],
        new ClientLog(),
        () => undefined,
        () => 0,
      ),
      kernel.fds,
      kernel.layout,
      pages,
    ],
    ...[new InputStream(input), new OutputStream(1, output), pipe, pipe.reader, pipe.writer, new Device('null', 0, random)],
    ...[new EventFd(3n, true, 0), new TimerFd(1, timers, 0), new Epoll(0, kernel.epolls), new PidFile(1000, 0, system.hasEnded)],
    ...[new HostFile(files, pages, '/a', '/a', 3, 0, kernel.view), new HostDirectory(files, '/b', '/b', 4, 0, kernel.view), kernel.nodes],
    ...[new MemoryFile('/c', new MappedContent(new Uint8Array(1)), 0, 0o644, pages), new SyntheticDirectory('/d', ['e'], 0)],
    ...[
      new StreamSocket(kernel.net, TCP, 0),
      new DatagramSocket(kernel.net, UDP, 0),
      new NetlinkSocket(kernel.net, UDP, 0),
      kernel.net,
      kernel.net.wire,
      kernel.own,
    ],
  ];

  it('has every field of its part, or the list says why not', () => {
    expect(parts.map(part => part.constructor.name).sort()).toEqual(Object.keys(WIRING).sort());
    for (const part of parts) {
      const { name } = part.constructor;
      const state: { aside?: object } = part.save();
      const saved = [...Object.keys(state), ...Object.keys(state.aside ?? {})];
      const wiring = WIRING[name]!;
      expect({ name, missing: Object.keys(part).filter(field => !saved.includes(field) && !wiring.includes(field)) }).toEqual({
        name,
        missing: [],
      });
      expect({ name, needless: wiring.filter(field => saved.includes(field) || !Object.keys(part).includes(field)) }).toEqual({
        name,
        needless: [],
      });
    }
  });

  it('is plain data that bytes give back', () => {
    for (const part of parts) expect(encodePart(decodePart(encodePart(part.save())))).toEqual(encodePart(part.save()));
    expect(() => encodePart({ at: () => 1 })).toThrow(TypeError);
    expect(() => encodePart({ at: new Map() })).toThrow(TypeError);
    expect(encodePart({ b: 1n, a: -5n })).toEqual(encodePart({ a: -5n, b: 1n }));
    expect(encodePart({ a: 1, aside: { b: 2 } }, { run: true })).toEqual(encodePart({ a: 1 }));
    expect(() => decodePart(encodePart({ a: 'text' }).subarray(0, 20))).toThrow(/cut short/);
  });
});
