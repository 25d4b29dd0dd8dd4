/** What Go's runtime does that can be waited for: the functions where it does it, by the names they have had; the first of a row that there is. */
export const RUNTIME_EVENTS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  /** A thread goes on with a goroutine: everything of the kind comes by there, with the new gobuf. */
  'g-switch': [['runtime.gogo']],
  /** Code asks for another stack; on g0 already, systemstack stays there. */
  'stack-switch': [['runtime.systemstack'], ['runtime.mcall'], ['runtime.morestack'], ['runtime.asmcgocall']],
  newproc: [['runtime.newproc1', 'runtime.newproc']],
  goexit: [['runtime.goexit1', 'runtime.goexit0']],
  gc: [['runtime.gcStart']],
};
