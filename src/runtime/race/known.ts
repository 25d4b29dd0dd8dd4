/** Reports in public trackers of the same death: a function of the race runtime is called with a thread that is nil, since it runs on a g without a context. */
export const NIL_CONTEXT_REPORTS: readonly string[] = [
  'golang/go#77597',
  'golang/go#77791',
  'golang/go#60439',
  'golang/go#45768',
  'go-delve/delve#4267',
  'apache/skywalking#12384',
  'encoredev/encore#1943',
  'alibaba/loongsuite-go#252',
];
