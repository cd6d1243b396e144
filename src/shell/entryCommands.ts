// The commands' chunk: loaded when the first command is run, so that activation stays small.
export { createSite } from './commands/createSite';
export { openSite } from './commands/openSite';
export { provision } from './commands/provision';
export { publishSite } from './commands/publishSite';
export { selectProfile } from './commands/selectProfile';
export { uploadToCdn } from './commands/uploadToCdn';
