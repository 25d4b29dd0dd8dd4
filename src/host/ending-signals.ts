/** Signals that end r14: what it has of its user's is kept first, and the terminal given back. */
export const ENDING_SIGNALS = ['SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;
