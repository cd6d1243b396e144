import type { Clients } from './aws/clients';
import type { Site } from './site';

/** A site together with the clients that reach its account and region. */
export interface Context {
  readonly site: Site;
  readonly clients: Clients;
}
