export { createClients, identify, requireAccount, type Clients, type Identity } from './aws/clients';
export { ClientCache } from './aws/clientCache';
export { explain } from './aws/errors';
export { listProfiles } from './aws/profiles';
export { localAssets } from './publish/localAssets';
export { planPublish, type Publication } from './publish/planPublish';
export { planAssets } from './publish/planUpload';
export { describeAddress, describeSite, glanceAtSite, isPending, planProvision } from './resources/stack';
export { parseSite, readSite } from './site';
