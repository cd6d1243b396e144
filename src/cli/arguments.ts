import { parseArgs } from 'node:util';

/** What can be asked for. */
export const COMMANDS = ['plan', 'publish', 'rollback', 'status', 'verify'] as const;
export type CommandName = (typeof COMMANDS)[number];

/** What the arguments say. */
export interface Arguments {
  readonly command: CommandName;
  /** 12 digits; credentials of any other account are refused. */
  readonly account: string;
  /** The folder that holds the site file. */
  readonly folder: string;
  /** Profile of the AWS configuration files; undefined for the default credential chain. */
  readonly profile: string | undefined;
  /** The result is told as one JSON object on standard output. */
  readonly json: boolean;
  /** `plan` and `verify` end with 3 when there is something to do, or to put right. */
  readonly check: boolean;
  /** Nothing is taken to be as the ledger tells it. */
  readonly everything: boolean;
  /** More than ten files and more than a tenth of the site may be removed. */
  readonly allowRemovals: boolean;
  /** Which release `rollback` brings back: when it was published, the start of its id, or how many releases back. */
  readonly to: string | undefined;
}

export const USAGE = `Usage: sitelift <command> --account <12 digits> [options]

Commands
  plan      tell what publishing would do
  publish   publish the folder's pages and assets
  rollback  make an earlier release the current one (--to)
  status    tell the releases and what goes on
  verify    compare all that is published with the current release

Options
  --account <12 digits>  the AWS account of the site; any other one is refused
  --folder <path>        the folder that holds sitelift.json (default: this one)
  --profile <name>       a profile of the AWS configuration files
  --to <release>         for rollback: its time or the start of its id, as status tells them, or a number of releases back
  --allow-removals       let more than ten files and more than a tenth of the site be removed
  --everything           for plan and publish: compare and send all, to put right what others have changed
  --check                for plan and verify: end with 3 when there is something to do, or to put right
  --json                 tell the result as one JSON object on standard output
  -h, --help             tell this
  --version              tell which version this is

It ends with 0 when all is done, 1 when something failed, 2 when it was not asked rightly, 3 with --check.`;

/** What is wrong with the arguments, to stand before the usage. */
export class UsageError extends Error {}

/** Reads the arguments; or that nothing but help or the version is asked for. Throws `UsageError`. */
export function readArguments(given: readonly string[]): Arguments | 'help' | 'version' {
  const { values, positionals } = parsed(given);
  if (values.help) return 'help';
  if (values.version) return 'version';
  const [name, ...others] = positionals;
  const command = COMMANDS.find((known) => known === name);
  if (!command) throw new UsageError(name === undefined ? 'Which command?' : `There is no command “${name}”.`);
  if (others.length > 0) throw new UsageError(`“${others.join(' ')}” is not understood.`);
  const { account = '', to } = values;
  if (!/^\d{12}$/.test(account)) throw new UsageError('--account must name the AWS account of the site: 12 digits.');
  if (command === 'rollback' && to === undefined) throw new UsageError('--to must name the release to bring back.');
  if (command !== 'rollback' && to !== undefined) throw new UsageError('--to goes with rollback alone.');
  const { check = false, everything = false } = values;
  if (check && !['plan', 'verify'].includes(command)) throw new UsageError('--check goes with plan and verify.');
  if (everything && !['plan', 'publish'].includes(command)) {
    throw new UsageError('--everything goes with plan and publish.');
  }
  return {
    ...{ command, account, to, folder: values.folder ?? '.', profile: values.profile },
    ...{ json: values.json ?? false, check, everything, allowRemovals: values['allow-removals'] ?? false },
  };
}

function parsed(given: readonly string[]) {
  try {
    return parseArgs({
      args: [...given],
      allowPositionals: true,
      options: {
        ...{ account: { type: 'string' }, folder: { type: 'string' }, profile: { type: 'string' } },
        ...{ to: { type: 'string' }, json: { type: 'boolean' }, check: { type: 'boolean' } },
        ...{ 'allow-removals': { type: 'boolean' }, everything: { type: 'boolean' } },
        ...{ help: { type: 'boolean', short: 'h' }, version: { type: 'boolean' } },
      },
    });
  } catch (error) {
    throw new UsageError(problemOf(error as NodeJS.ErrnoException));
  }
}

/** What `parseArgs` did not like, which tells the option in quotes. */
function problemOf({ code, message }: NodeJS.ErrnoException): string {
  const [, option = ''] = /'(-.*?)[ ',]/.exec(message) ?? [];
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return `There is no option “${option}”.`;
  const lacks = message.includes('argument missing') || message.includes('ambiguous');
  return lacks ? `The option “${option}” lacks its value.` : `The option “${option}” takes no value.`;
}
