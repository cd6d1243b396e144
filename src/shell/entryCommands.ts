// The commands' chunk: loaded when the first command is run or a site was found, so that activation stays small.
export { askAgain } from './commands/askAgain';
export { chooseAddress } from './commands/chooseAddress';
export { copyValue } from './commands/copyValue';
export { createSite } from './commands/createSite';
export { diffWithLive } from './commands/diffWithLive';
export { invalidate } from './commands/invalidate';
export { openInConsole } from './commands/openInConsole';
export { openSite } from './commands/openSite';
export { provision } from './commands/provision';
export { publishEverything, publishSite } from './commands/publishSite';
export { rollback } from './commands/rollback';
export { selectProfile } from './commands/selectProfile';
export { showActions } from './commands/showActions';
export { uploadToCdn } from './commands/uploadToCdn';
export { verifySite } from './commands/verifySite';
export { publishOnSave } from './publishOnSave';
export { statusBar } from './statusBar';
export { taskOf, tasksOf } from './tasks';
