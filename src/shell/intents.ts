import type { App } from './app';

/** Runs a command. The arguments are those that VS Code's menus pass, or one options object. */
export type Run = (app: App, ...args: readonly unknown[]) => Promise<unknown>;

/** Every command of the extension by its id without `sitelift.`, and how the sentence “Could not …” ends that tells its failure. */
export const INTENTS = {
  createSite: 'create the site',
  provisionServer: 'provision the server',
  provisionVolume: 'provision the volume',
  provisionBucket: 'provision the bucket',
  provisionDistribution: 'provision the distribution',
  provisionAll: 'provision the site',
  showPlan: 'show the plan',
  chooseAddress: 'choose the server’s address',
  chooseSubnet: 'choose the server’s subnet',
  attachVolume: 'attach the volume',
  detachVolume: 'detach the volume',
  adoptResource: 'adopt the resource',
  destroySite: 'destroy the site',
  destroyServer: 'destroy the server',
  destroyVolume: 'destroy the volume',
  destroyBucket: 'destroy the bucket',
  destroyDistribution: 'destroy the distribution',
  findLeftovers: 'look for what is left of sites',
  exportInfrastructure: 'export the site',
  startServer: 'start the server',
  stopServer: 'stop the server',
  rebootServer: 'reboot the server',
  changeInstanceType: 'change the instance type',
  resizeVolume: 'resize the volume',
  snapshotVolume: 'take a snapshot of the volume',
  restoreSnapshot: 'restore the snapshot',
  replaceServer: 'replace the server',
  disableDistribution: 'disable the distribution',
  enableDistribution: 'enable the distribution',
  setGeoRestriction: 'set the geo restriction',
  publishSite: 'publish the site',
  publishEverything: 'publish the site',
  askAgain: 'ask again before publishing',
  verifySite: 'verify the site',
  diffWithLive: 'compare with the live site',
  rollback: 'roll the site back',
  uploadToCdn: 'upload to the CDN',
  invalidate: 'invalidate in the CDN',
  openSite: 'open the site',
  copyValue: 'copy the value',
  openInConsole: 'open the AWS console',
  refresh: 'read the site',
  showLog: 'show the log',
  showActions: 'show what can be done',
  copyPolicy: 'copy the policy',
  selectProfile: 'select the profile',
  signIn: 'sign in to AWS',
};

/** A command's id without `sitelift.`. */
export type CommandName = keyof typeof INTENTS;

/** Commands that need none of the code that is loaded when the first of the others is run. */
export type AtHand = 'refresh' | 'showLog';

/** How the other commands are run, by their names. */
export type Runs = Readonly<Record<Exclude<CommandName, AtHand>, Run>>;
