import type { Clients } from '../../core/aws/clients';
import type { Context } from '../../core/context';
import type { Site, Wants } from '../../core/site';
import type { App } from '../app';
import type { AwsChunk } from '../chunks';

/** What *Create Site…* asks for. */
export interface Answers {
  readonly name: string;
  readonly root: string;
  readonly region: string;
  readonly serves: Site['distribution']['serves'];
  readonly wants: Wants;
}

/** What the questions work with. */
export interface Desk {
  readonly app: App;
  readonly aws: AwsChunk;
  /** The site that answers describe; throws `UserError` where they are not right. */
  siteOf(answers: Answers): Site;
  /** Clients for the region of the answers. */
  clientsFor(answers: Answers): Promise<Clients>;
  /** What a month of such a site costs, as a sentence. */
  cost(answers: Answers): Promise<string>;
}

/** The site that answers describe with clients of its region, to look at what is there. */
export async function contextFor(desk: Desk, answers: Answers): Promise<Context> {
  return { site: desk.siteOf(answers), clients: await desk.clientsFor(answers) };
}

/** Answers with other wants in one part; what becomes undefined is left out. */
export function withWants<Part extends keyof Wants>(answers: Answers, part: Part, change: object): Answers {
  const merged = Object.entries({ ...answers.wants[part], ...change }).filter(([, value]) => value !== undefined);
  const others = Object.entries(answers.wants).filter(([name]) => name !== part);
  const changed = merged.length > 0 ? [[part, Object.fromEntries(merged)] as const] : [];
  const wants = Object.fromEntries([...others, ...changed]) as Wants;
  return { ...answers, wants };
}
