/** What r14 itself takes beside the program's memory: each table's bound. docs/security.md says the same, which a test holds. */

export const BOUNDS: readonly (readonly [table: string, bound: string])[] = [
  ['instruction forms, and the tree to find them', '65,536 each; those that are met later are made each time'],
  ['threads, queued signals, timers, descriptors', '4096, 4096, 4096, 1024, as their limits say (`getrlimit`)'],
  ['sockets and files that no descriptor refers to: connections that nobody has accepted, files on their way in messages', '4096'],
  ['bytes that wait in a socket; in all', '425,984 (`SO_RCVBUF`); 256 MiB'],
  ['connections that wait to be accepted at one listener', '4097 (`somaxconn`)'],
  ['locks on files (ENOLCK); addresses of connections that were closed first', '65,536; 16,384, for 60 s'],
  ['mappings', '65,530 (`vm.max_map_count`)'],
  ['files watched by epolls; epolls in epolls', '65,536; 5 levels, in no circle'],
  ['descriptors and pieces of memory that all waits look through', '262,144'],
  ['frames of handlers that a jump has left', '1024 a thread'],
  ['files of the host that were mapped', '256'],
  ['libraries that debuggers are told of', '1000, of 1 GiB at most'],
  ['entries of a folder that is listed', '262,144'],
  ["answers of the host's files that are kept to go back, and what clients have sent (`--forward`)", '256 MiB each'],
  ['clients from outside; bytes that wait for one', '1024 a port; 320 KiB, and what its socket in the guest holds'],
  ['demangled names that are kept', '16 Mi characters; a name becomes 16 times as long at most'],
  ['compressed debug sections', '64 times their size, or 16 MiB'],
  ['what one answer prints', '131,072 values, 4 Mi characters'],
  ['a line that is typed or in a script', '4096 characters'],
  ['a source that is shown', '16 MiB'],
  ["what the screen keeps of the console and of the program's output", '5000 lines, 4 Mi characters each'],
  ['commands that are kept to be typed again', '1000'],
];

/** What `--memory help` prints. */
export function boundsText(): string {
  return [
    '--memory SIZE (default 2G) is what the pages of the program may take, and once more what its files in memory have.',
    '--history-memory SIZE (default 1G) is what going back may take. Beside these r14 keeps at most:',
    '',
    ...BOUNDS.map(([table, bound]) => `  ${table}\n      ${bound}`.replaceAll('`', '')),
    '',
    'docs/security.md says what else is promised.',
  ].join('\n');
}
