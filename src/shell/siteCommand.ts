import type * as vscode from 'vscode';
import type { Context } from '../core/context';
import type { Op } from '../core/op';
import type { Site } from '../core/site';
import { followed } from './activity';
import type { App } from './app';
import { loadAws, type AwsChunk } from './chunks';
import { chooseSite } from './choose';
import { confirmAndRun, type Desk, type Proposal } from './confirm';
import { withOp } from './operation';
import { unattended, type Unattended } from './options';
import { personOf } from './person';
import { pricesOf } from './prices';
import { showProgress, type Surface } from './tell';

/** What a command about one site works with. */
export interface Bench<Options extends Unattended = Unattended> {
  readonly app: App;
  /** Undefined when a person runs the command. */
  readonly options: Options | undefined;
  readonly folder: vscode.WorkspaceFolder;
  readonly site: Site;
  readonly context: Context;
  readonly aws: AwsChunk;
  /** Shows progress with *Cancel* under a title. */
  working<Result>(title: string, work: (op: Op) => Promise<Result>): Thenable<Result>;
  /** Runs what is proposed once it is agreed to; gives the keys of the steps, undefined when it was refused. */
  confirm(proposal: Proposal, op: Op): Promise<readonly string[] | undefined>;
}

/** How a command shows itself where that is not a notification. */
export interface Manner {
  readonly surface: Surface;
  /** Shows a line of the plan that is about to run. */
  note?(line: string): void;
}

/** Runs a command for the site that its argument or the user names; undefined when the user names none. */
export async function siteCommand<Result, Options extends Unattended = Unattended>(
  app: App,
  argument: unknown,
  work: (bench: Bench<Options>) => Promise<Result>,
): Promise<Result | undefined> {
  const options = unattended<Options>(argument);
  const folder = await chooseSite(argument, options);
  return folder && atSite(app, folder, options, work);
}

/** Runs a command for the site of a folder. */
export async function atSite<Result, Options extends Unattended>(
  app: App,
  folder: vscode.WorkspaceFolder,
  options: Options | undefined,
  work: (bench: Bench<Options>) => Promise<Result>,
  manner: Manner = { surface: showProgress },
): Promise<Result> {
  const aws = await loadAws();
  const site = await aws.readSite(folder.uri.fsPath);
  const context = await app.connections.contextFor(folder, site);
  const { requireAccount } = aws;
  const note = (line: string) => {
    app.log.info(line);
    manner.note?.(line);
  };
  const during: Desk['during'] = (run, effect) => app.sites.during(folder, run, effect);
  const prices: Desk['prices'] = (charges, op) => pricesOf(app, context.clients, site.region, charges, op);
  const desk = { person: personOf(app), requireAccount, during, prices, note };
  const surface = followed(app, folder.uri, site, manner.surface);
  return work({
    ...{ app, options, folder, site, context, aws },
    working: (title, run) => withOp(app.log, title, run, surface),
    confirm: (proposal, op) => confirmAndRun(desk, context, proposal, options, op),
  });
}
