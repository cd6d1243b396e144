import { setMaxListeners } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import type { Clients } from '../core/aws/clients';
import type { Context } from '../core/context';
import { ratesOf } from '../core/cost/charge';
import type { Prices } from '../core/cost/prices';
import { chargesOfSite } from '../core/cost/siteCharges';
import type { Releases } from '../core/release/releases';
import { heeding, isUserError, UserError, type Op } from '../core/op';
import type { Scope, SiteHave } from '../core/resources/stack';
import type { Site } from '../core/site';
import { loadAws } from './chunks';
import type { Connections } from './connections';
import type { Found } from './lookout';
import { newEntry, type SiteEntry } from './siteEntry';

/** So long a reading may take, which also the slowest server does not need; then it ends, so that another one can begin. */
const LIMIT_SECONDS = 300;
/** So soon is a price asked for again that could not be had; who looks by himself does not ask often. */
const PRICE_RETRY_SECONDS = 900;

/** Reads sites, and remembers for which clients the account was already compared. */
export class SiteReader {
  readonly #connections: Connections;
  readonly #cacheFolder: string;
  readonly #limitSeconds: number;
  readonly #note: (line: string) => void;
  readonly #compared = new WeakMap<Clients, string>();
  readonly #closing = new AbortController();

  constructor(
    connections: Connections,
    cacheFolder: string,
    limitSeconds = LIMIT_SECONDS,
    note: (line: string) => void = () => undefined,
  ) {
    this.#connections = connections;
    this.#cacheFolder = cacheFolder;
    this.#limitSeconds = limitSeconds;
    this.#note = note;
  }

  /** Reads the site file, the releases and so much of AWS; what cannot be read stays as it was before. `show` is called once the site file is read. */
  async read(before: SiteEntry, scope: Scope, show: (entry: SiteEntry) => void): Promise<SiteEntry> {
    const { folder } = before;
    let start: SiteEntry = { ...before, site: undefined };
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(this.#tooLate()), this.#limitSeconds * 1000);
    try {
      const aws = await loadAws();
      const site = await aws.readSite(folder.uri.fsPath);
      const isSame = isSameSite(before.site, site);
      start = isSame ? { ...before, site } : { ...newEntry(folder), site };
      show(start);
      const signal = AbortSignal.any([this.#closing.signal, limit.signal]);
      setMaxListeners(0, signal);
      const op: Op = { signal, report: () => undefined };
      const known = start.have;
      // The SDK does not heed a signal while it waits for credentials.
      const context = await heeding(signal, async () => {
        const found = await this.#connections.contextFor(folder, site);
        await this.#requireAccount(found, op);
        // Whose account was compared earlier may be signed out by now, which is told once and not by each resource.
        await found.clients.sts.config.credentials();
        return found;
      });
      const [have, releases] = await Promise.all([
        aws.readAgain(context, known, scope, op),
        this.#readReleases(context, start.releases, op),
      ]);
      const read = have && aws.namesRead(have, scope);
      const now = Object.fromEntries((read ?? []).map((name) => [name, Date.now()]));
      // Where nothing was read, what stands in the way still does.
      const problem = have ? undefined : start.problem;
      const entry = { ...start, have, releases, problem, readMs: { ...start.readMs, ...now } };
      if (!have) return entry;
      // Nobody waits for prices to see what is there.
      show(entry);
      return { ...entry, prices: await this.#readPrices(context, have, op) };
    } catch (error) {
      if (this.#closing.signal.aborted) return before;
      const { allOld, explain } = await loadAws();
      const problem = explain(limit.signal.reason ?? error);
      return { ...start, have: start.have && allOld(start.have, problem.message), problem };
    } finally {
      clearTimeout(timer);
    }
  }

  /** The entry with what its site file says, of which AWS may not have been read yet. */
  async withSite(entry: SiteEntry): Promise<SiteEntry> {
    const { readSite } = await loadAws();
    try {
      return { ...entry, site: await readSite(entry.folder.uri.fsPath) };
    } catch (error) {
      // A site file that is not right is told by whoever reads AWS.
      if (isUserError(error)) return entry;
      throw error;
    }
  }

  close(): void {
    this.#closing.abort();
  }

  #tooLate(): UserError {
    return new UserError(
      `AWS was not read within ${this.#limitSeconds} seconds. If signing in waits for you, in a question for an MFA code or in a program that gives the credentials (credential_process), answer or end it; then choose Refresh.`,
    );
  }

  /** What cannot be read stays as it was; that the bucket cannot be read is told in its own row. */
  async #readReleases(context: Context, before: Releases | undefined, op: Op): Promise<Releases | undefined> {
    const { folderCache, readReleases } = await loadAws();
    try {
      return await heeding(op.signal, () => readReleases(context, folderCache(this.#cacheFolder), op));
    } catch (error) {
      if (this.#closing.signal.aborted) throw error;
      return before;
    }
  }

  /** From memory but for once a week; a price that cannot be had is missing. */
  async #readPrices({ clients, site }: Context, have: SiteHave, op: Op): Promise<Prices> {
    const { folderCache, readPrices } = await loadAws();
    const source = { cache: folderCache(this.#cacheFolder), retrySeconds: PRICE_RETRY_SECONDS };
    const rates = ratesOf(chargesOfSite(have).charges);
    const { prices, problems } = await readPrices(clients, site.region, rates, source, op);
    problems.forEach(this.#note);
    return prices;
  }

  async #requireAccount({ clients, site }: Context, op: Op): Promise<void> {
    if (this.#compared.get(clients) === site.account) return;
    const { requireAccount } = await loadAws();
    await requireAccount(clients, site.account, op);
    this.#compared.set(clients, site.account);
  }
}

/** What a reading found, for deciding when the next one comes. */
export async function foundOf(before: SiteEntry | undefined, now: SiteEntry): Promise<Found> {
  const { isLacking, isPending, isSameSeen, unreadOf } = await loadAws();
  const failed = now.problem !== undefined || (now.have !== undefined && unreadOf(now.have).length > 0);
  const changed =
    before?.problem?.message !== now.problem?.message ||
    !isDeepStrictEqual(before?.releases, now.releases) ||
    (now.have !== undefined && !isSameSeen(before?.have, now.have));
  const { have } = now;
  const [pending, lacking] = have ? [isPending(have), isLacking(have)] : [false, false];
  return { pending, failed, changed, lacking };
}

function isSameSite(before: Site | undefined, now: Site): boolean {
  return before?.id === now.id && before.account === now.account && before.region === now.region;
}
