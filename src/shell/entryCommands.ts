// The commands' chunk: loaded when the first command is run or a site was found, so that activation stays small.
import { adoptResource } from './commands/adoptResource';
import { askAgain } from './commands/askAgain';
import { changeInstanceType } from './commands/changeInstanceType';
import { chooseAddress } from './commands/chooseAddress';
import { chooseSubnet } from './commands/chooseSubnet';
import { copyPolicy } from './commands/copyPolicy';
import { copyValue } from './commands/copyValue';
import { createSite } from './commands/createSite';
import { destroy } from './commands/destroy';
import { detachVolume } from './commands/detachVolume';
import { diffWithLive } from './commands/diffWithLive';
import { exportInfrastructure } from './commands/exportInfrastructure';
import { findLeftovers } from './commands/findLeftovers';
import { invalidate } from './commands/invalidate';
import { openInConsole } from './commands/openInConsole';
import { openSite } from './commands/openSite';
import { powerServer } from './commands/powerServer';
import { provision } from './commands/provision';
import { publishEverything, publishSite } from './commands/publishSite';
import { replaceServer } from './commands/replaceServer';
import { resizeVolume } from './commands/resizeVolume';
import { restoreSnapshot } from './commands/restoreSnapshot';
import { rollback } from './commands/rollback';
import { selectProfile } from './commands/selectProfile';
import { setGeoRestriction } from './commands/setGeoRestriction';
import { showActions } from './commands/showActions';
import { showPlan } from './commands/showPlan';
import { signIn } from './commands/signIn';
import { snapshotVolume } from './commands/snapshotVolume';
import { switchDistribution } from './commands/switchDistribution';
import { uploadToCdn } from './commands/uploadToCdn';
import { verifySite } from './commands/verifySite';
import type { Runs } from './intents';

export { publishOnSave } from './publishOnSave';
export { askToSignIn } from './signingIn';
export { statusBar } from './statusBar';
export { taskOf, tasksOf } from './tasks';

/** What runs the commands, by their names. */
export const RUNS: Runs = {
  createSite,
  provisionServer: provision('server'),
  provisionVolume: provision('volume'),
  provisionBucket: provision('bucket'),
  provisionDistribution: provision('distribution'),
  provisionAll: provision('all'),
  showPlan,
  chooseAddress,
  chooseSubnet,
  attachVolume: provision('volume'),
  detachVolume,
  adoptResource,
  destroySite: destroy('all'),
  destroyServer: destroy('server'),
  destroyVolume: destroy('volume'),
  destroyBucket: destroy('bucket'),
  destroyDistribution: destroy('distribution'),
  findLeftovers,
  exportInfrastructure,
  startServer: powerServer('start'),
  stopServer: powerServer('stop'),
  rebootServer: powerServer('reboot'),
  changeInstanceType,
  resizeVolume,
  snapshotVolume,
  restoreSnapshot,
  replaceServer,
  disableDistribution: switchDistribution(false),
  enableDistribution: switchDistribution(true),
  setGeoRestriction,
  publishSite,
  publishEverything,
  askAgain,
  verifySite,
  diffWithLive,
  rollback,
  uploadToCdn,
  invalidate,
  openSite,
  copyValue,
  openInConsole,
  showActions,
  copyPolicy,
  selectProfile,
  signIn,
};
