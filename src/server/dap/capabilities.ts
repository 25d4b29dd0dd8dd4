/** What this server can do, as `initialize` tells it, and what the client has said there that it can. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { ClientAbilities } from './adapter.js';
import { filtersOut } from './exception-filters.js';
import type { Fields } from './fields.js';

export const capabilities = (): DebugProtocol.Capabilities => ({
  supportsConfigurationDoneRequest: true,
  supportsFunctionBreakpoints: true,
  supportsConditionalBreakpoints: true,
  supportsHitConditionalBreakpoints: true,
  supportsLogPoints: true,
  supportsInstructionBreakpoints: true,
  supportsDataBreakpoints: true,
  supportsBreakpointLocationsRequest: true,
  supportsExceptionInfoRequest: true,
  supportsExceptionFilterOptions: true,
  exceptionBreakpointFilters: [...filtersOut()],
  supportsEvaluateForHovers: true,
  supportsSetVariable: true,
  supportsSetExpression: true,
  supportsClipboardContext: true,
  supportsValueFormattingOptions: true,
  supportsCompletionsRequest: true,
  completionTriggerCharacters: ['.', '$'],
  supportsReadMemoryRequest: true,
  supportsWriteMemoryRequest: true,
  supportsDisassembleRequest: true,
  supportsSteppingGranularity: true,
  supportsStepBack: true,
  supportsStepInTargetsRequest: true,
  supportsGotoTargetsRequest: true,
  supportsModulesRequest: true,
  supportsLoadedSourcesRequest: true,
  supportsDelayedStackTraceLoading: true,
  supportsRestartRequest: true,
  supportsTerminateRequest: true,
  supportTerminateDebuggee: true,
  supportsCancelRequest: true,
});

/** Throws RequestError. */
export function abilitiesOf(fields: Fields): ClientAbilities {
  const standard = (name: string): boolean => !fields.has(name) || fields.flag(name);
  return {
    linesStartAt1: standard('linesStartAt1'),
    columnsStartAt1: standard('columnsStartAt1'),
    invalidated: fields.flag('supportsInvalidatedEvent'),
    progress: fields.flag('supportsProgressReporting'),
  };
}
