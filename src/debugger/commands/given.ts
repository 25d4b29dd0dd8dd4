import { CommandError } from '../errors.js';
import { type Arguments, unquote } from './arguments.js';

/** Arguments and standard input of a program, as a shell would be told. */
export function givenTo(args: Arguments): { args: string[]; stdin: string | undefined } {
  const given: { args: string[]; stdin: string | undefined } = { args: [], stdin: undefined };
  const words = args.words();
  for (let index = words[0]?.text === '-noargs' ? 1 : 0; index < words.length; index++) {
    const { text, column } = words[index]!;
    const [, redirection, attached] = /^(\d?>+|[<|]+)(.*)$/s.exec(text) ?? [];
    if (redirection === undefined) given.args.push(unquote(text));
    else if (redirection === '<') {
      const file = attached === '' ? words[++index]?.text : attached;
      if (file === undefined) throw new CommandError('< wants a file: what the program is to read', column);
      given.stdin = unquote(file);
    } else throw new CommandError(`only standard input can be a file (< FILE): "${redirection}" is for a shell around r14`, column);
  }
  return given;
}
