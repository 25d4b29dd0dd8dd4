import { abiCommands } from './abi.js';
import { breakpointChangeCommands } from './breakpoint-changes.js';
import { breakpointCommands } from './breakpoints.js';
import { codeCommands } from './code.js';
import type { Command } from './command.js';
import { dataCommands } from './data.js';
import { displayCommands } from './displays.js';
import { exploreCommands } from './explore.js';
import { goroutineCommands } from './goroutines.js';
import { informationCommands } from './information.js';
import { instrumentCommands } from './instrument.js';
import { CommandTable } from './lookup.js';
import { printingCommands } from './printf.js';
import { raceCommands } from './race.js';
import { runningCommands } from './running.js';
import { sessionCommands } from './session.js';
import { settingCommands } from './settings.js';
import { signalCommands } from './signals.js';
import { sourcePathCommands } from './source-path.js';
import { stackCommands } from './stack.js';
import { timeCommands } from './time.js';

/** All commands of r14. */
const commands: readonly Command[] = [
  ...runningCommands,
  ...timeCommands,
  ...exploreCommands,
  ...breakpointCommands,
  ...breakpointChangeCommands,
  ...signalCommands,
  ...stackCommands,
  ...dataCommands,
  ...abiCommands,
  ...displayCommands,
  ...codeCommands,
  ...instrumentCommands,
  ...goroutineCommands,
  ...raceCommands,
  ...informationCommands,
  ...settingCommands,
  ...sourcePathCommands,
  ...sessionCommands,
  ...printingCommands,
];

export const commandTable = new CommandTable(commands);
