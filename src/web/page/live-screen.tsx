/** The live screen with what a finger or a screen reader needs of it: buttons for its keys, a line for commands, and what happened last in words. */
import { useState } from 'react';
import type { PaintedScreen } from '../messages.js';
import type { PageEngine } from './engine.js';
import { Screen } from './screen.js';

/** Buttons, the keys that they are, and what they do. */
const BUTTONS = [
  { label: 'Run', key: 'c', does: 'continue to the next stop' },
  { label: 'Step', key: 's', does: 'one instruction, into calls' },
  { label: 'Over', key: 'n', does: 'one instruction, over calls' },
  { label: 'Out', key: 'f', does: 'until the function returns' },
  { label: 'Back', key: 'p', does: 'back one instruction' },
  { label: 'Restart', key: 'R', does: 'the program, from its start' },
] as const;

interface LiveScreenProps {
  readonly engine: PageEngine;
  readonly screen: PaintedScreen | undefined;
  readonly live: boolean;
  readonly stopping: boolean;
}

export function LiveScreen({ engine, screen, live, stopping }: LiveScreenProps) {
  const [line, setLine] = useState('');
  const running = screen?.running === true;
  return (
    <div className="machine" data-running={running} aria-busy={!live}>
      <Screen engine={engine} screen={screen} />
      <div className="controls" role="toolbar" aria-label="run the program">
        {BUTTONS.map(({ label, key, does }) => (
          <button
            key={label}
            type="button"
            title={`${does} (${key})`}
            disabled={screen === undefined || running}
            onClick={() => engine.press(key)}
          >
            {label}
          </button>
        ))}
        <button
          type="button"
          className="stop"
          disabled={!running || stopping}
          title="stop the program (ctrl-c)"
          onClick={() => engine.send({ kind: 'stop' })}
        >
          {stopping ? 'Stopping' : 'Stop'}
        </button>
        <form
          className="command"
          onSubmit={event => {
            event.preventDefault();
            engine.send({ kind: 'line', line });
            setLine('');
          }}
        >
          <input
            value={line}
            onChange={({ target }) => setLine(target.value)}
            aria-label={screen?.reading ? 'input for the program' : "the debugger's command"}
            placeholder={screen?.reading ? 'input for the program' : 'command: help, bt, info race, break main.main ...'}
            autoCapitalize="off"
            autoComplete="off"
            autoCorrect="off"
            spellCheck={false}
            enterKeyHint="go"
            maxLength={4096}
          />
        </form>
      </div>
      <p className="told" aria-live="polite" role="status">
        {stopping ? 'stopping' : (screen?.told ?? '')}
      </p>
    </div>
  );
}
