import * as vscode from 'vscode';
import type { App } from './app';
import type * as Commands from './entryCommands';
import { isOptions } from './options';
import { tellingErrors } from './operation';
import { showReading, tellWarning } from './tell';

/** A command of the extension. */
export interface Command {
  /** Completes the sentence “Could not …” that tells a failure. */
  readonly intent: string;
  /** The arguments are those that VS Code's menus pass, or one options object. */
  run(app: App, ...args: readonly unknown[]): Promise<unknown>;
}

/** Every command of the extension by its id. */
export const COMMANDS = {
  'sitelift.createSite': chunked('create the site', ({ createSite }) => createSite),
  'sitelift.provisionServer': chunked('provision the server', ({ provision }) => provision('server')),
  'sitelift.provisionVolume': chunked('provision the volume', ({ provision }) => provision('volume')),
  'sitelift.provisionBucket': chunked('provision the bucket', ({ provision }) => provision('bucket')),
  'sitelift.provisionDistribution': chunked('provision the distribution', ({ provision }) => provision('distribution')),
  'sitelift.provisionAll': chunked('provision the site', ({ provision }) => provision('all')),
  'sitelift.showPlan': chunked('show the plan', ({ showPlan }) => showPlan),
  'sitelift.chooseAddress': chunked('choose the server’s address', ({ chooseAddress }) => chooseAddress),
  'sitelift.attachVolume': chunked('attach the volume', ({ provision }) => provision('volume')),
  'sitelift.detachVolume': chunked('detach the volume', ({ detachVolume }) => detachVolume),
  'sitelift.destroySite': chunked('destroy the site', ({ destroy }) => destroy('all')),
  'sitelift.destroyServer': chunked('destroy the server', ({ destroy }) => destroy('server')),
  'sitelift.destroyVolume': chunked('destroy the volume', ({ destroy }) => destroy('volume')),
  'sitelift.destroyBucket': chunked('destroy the bucket', ({ destroy }) => destroy('bucket')),
  'sitelift.destroyDistribution': chunked('destroy the distribution', ({ destroy }) => destroy('distribution')),
  'sitelift.findLeftovers': chunked('look for what is left of sites', ({ findLeftovers }) => findLeftovers),
  'sitelift.exportInfrastructure': chunked('export the site', (chunk) => chunk.exportInfrastructure),
  'sitelift.startServer': chunked('start the server', ({ powerServer }) => powerServer('start')),
  'sitelift.stopServer': chunked('stop the server', ({ powerServer }) => powerServer('stop')),
  'sitelift.rebootServer': chunked('reboot the server', ({ powerServer }) => powerServer('reboot')),
  'sitelift.changeInstanceType': chunked('change the instance type', ({ changeInstanceType }) => changeInstanceType),
  'sitelift.resizeVolume': chunked('resize the volume', ({ resizeVolume }) => resizeVolume),
  'sitelift.disableDistribution': chunked('disable the distribution', ({ switchDistribution }) =>
    switchDistribution(false),
  ),
  'sitelift.enableDistribution': chunked('enable the distribution', ({ switchDistribution }) =>
    switchDistribution(true),
  ),
  'sitelift.setGeoRestriction': chunked('set the geo restriction', ({ setGeoRestriction }) => setGeoRestriction),
  'sitelift.publishSite': chunked('publish the site', ({ publishSite }) => publishSite),
  'sitelift.publishEverything': chunked('publish the site', ({ publishEverything }) => publishEverything),
  'sitelift.askAgain': chunked('ask again before publishing', ({ askAgain }) => askAgain),
  'sitelift.verifySite': chunked('verify the site', ({ verifySite }) => verifySite),
  'sitelift.diffWithLive': chunked('compare with the live site', ({ diffWithLive }) => diffWithLive),
  'sitelift.rollback': chunked('roll the site back', ({ rollback }) => rollback),
  'sitelift.uploadToCdn': chunked('upload to the CDN', ({ uploadToCdn }) => uploadToCdn),
  'sitelift.invalidate': chunked('invalidate in the CDN', ({ invalidate }) => invalidate),
  'sitelift.openSite': chunked('open the site', ({ openSite }) => openSite),
  'sitelift.copyValue': chunked('copy the value', ({ copyValue }) => copyValue),
  'sitelift.openInConsole': chunked('open the AWS console', ({ openInConsole }) => openInConsole),
  'sitelift.refresh': {
    intent: 'read the site',
    run: async ({ sites }) => showReading('sitelift.site', () => sites.refresh()),
  },
  'sitelift.showLog': { intent: 'show the log', run: ({ log }) => Promise.resolve(log.show()) },
  'sitelift.showActions': chunked('show what can be done', ({ showActions }) => showActions),
  'sitelift.copyPolicy': chunked('copy the policy', ({ copyPolicy }) => copyPolicy),
  'sitelift.selectProfile': chunked('select the profile', ({ selectProfile }) => selectProfile),
} satisfies Record<string, Command>;

/** Commands that work in a workspace that is not trusted, since they neither read nor change anything of it. */
const HARMLESS: ReadonlySet<string> = new Set(['sitelift.showLog']);

/** Registers all commands; in a workspace that is not trusted they say so and do nothing. */
export function registerCommands(app: App): vscode.Disposable {
  const registrations = Object.entries<Command>(COMMANDS).map(([id, command]) =>
    vscode.commands.registerCommand(id, (...args: unknown[]) => {
      if (vscode.workspace.isTrusted || HARMLESS.has(id)) {
        const unattended = isOptions(args[0]);
        const run = () => command.run(app, ...args);
        const attended = () => (unattended ? run() : app.connections.attended(run));
        return tellingErrors(app.log, command.intent, unattended, attended);
      }
      void tellWarning(
        'Sitelift does nothing in a workspace that is not trusted. Trust the workspace, then run the command again.',
      );
      return undefined;
    }),
  );
  return vscode.Disposable.from(...registrations);
}

/** A command whose code is loaded when it is first run. */
function chunked(intent: string, choose: (chunk: typeof Commands) => Command['run']): Command {
  return { intent, run: async (app, ...args) => choose(await import('./entryCommands'))(app, ...args) };
}
