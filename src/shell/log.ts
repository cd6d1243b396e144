import type { LogOutputChannel } from 'vscode';
import { oneLine } from '../core/plainText';
import { requestTrail } from '../core/requestTrail';

/** The log of the extension. Text from elsewhere cannot add entries to it: each entry is one line, but for an error’s requests to AWS and its stack. */
export interface Log {
  debug(text: string): void;
  info(text: string): void;
  warn(text: string): void;
  /** Tells a failure in a sentence that the error's message ends, with the ids of its requests to AWS and where it came from. */
  error(sentence: string, error: Error): void;
  show(): void;
  dispose(): void;
}

/** Writes to a channel of VS Code. */
export function logTo(channel: Pick<LogOutputChannel, 'debug' | 'info' | 'warn' | 'error' | 'show' | 'dispose'>): Log {
  return {
    debug: (text) => channel.debug(oneLine(text)),
    info: (text) => channel.info(oneLine(text)),
    warn: (text) => channel.warn(oneLine(text)),
    error: (sentence, error) => {
      const { message, stack = '' } = error;
      const trail = requestTrail(error).map((line) => `    ${oneLine(line)}`);
      channel.error([oneLine(`${sentence}: ${message}`), ...trail, ...framesOf(stack, message)].join('\n'));
    },
    show: () => channel.show(),
    dispose: () => channel.dispose(),
  };
}

/** The lines of a stack behind its message, which may have lines that look the same. */
function framesOf(stack: string, message: string): string[] {
  const start = stack.indexOf(message);
  if (start === -1) return [];
  const behind = stack.slice(start + message.length).split('\n');
  return behind.slice(1).map((line) => `    ${oneLine(line).trim()}`);
}
