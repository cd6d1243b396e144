import { createS3Signer, pathOf, type HeaderList, type Keys } from './s3Signer';
import { createWires, type WireAnswer, type Wires } from './wires';

/** Where the bucket is and how it is reached. */
export interface Target {
  readonly origin: string;
  /** What stands before a key in a path: `/`, with the bucket's name where that is no part of the host's. */
  readonly prefix: string;
  readonly bucket: string;
  readonly region: string;
  readonly account: string;
  readonly proxyUrl: string | undefined;
}

/** What requests to a bucket are sent and signed with. */
export interface Reach {
  readonly target: Target;
  readonly keys: Keys;
  /** How far AWS's clock is ahead of this computer's. */
  readonly clockOffsetMs: number;
}

/** Every header that may be sent, in the order in which they are signed. */
const HEADERS = [
  ...['cache-control', 'content-type', 'host', 'x-amz-content-sha256', 'x-amz-copy-source'],
  ...['x-amz-copy-source-if-match', 'x-amz-date', 'x-amz-expected-bucket-owner', 'x-amz-meta-sha256'],
  ...['x-amz-metadata-directive', 'x-amz-security-token', 'x-amz-server-side-encryption'],
  ...['x-amz-source-expected-bucket-owner', 'x-amz-tagging-directive'],
] as const;
type Header = (typeof HEADERS)[number];

/** The headers of one PUT beside those that all have. */
export type OwnHeaders = Readonly<
  Partial<Record<Exclude<Header, 'host' | 'x-amz-date'>, string | undefined>> & Record<'x-amz-content-sha256', string>
>;

/** What an answer means: a value when it is the one that is hoped for, `again` when to send it once more may help. */
export type Meaning<Value> = { readonly value: Value } | 'again' | 'no';

/** Requests to one bucket. */
export interface Requests {
  /**
   * Sends a PUT for a key of the bucket, again some times where that may help, and gives the value of its answer; undefined for any other answer, which
   * is the SDK's to explain.
   */
  put<Value>(
    key: string,
    headers: OwnHeaders,
    body: Buffer,
    meaning: (answer: WireAnswer) => Meaning<Value>,
  ): Promise<Value | undefined>;
}

/** S3 answers after some tens of milliseconds: half as many would take nearly twice as long, and each costs a handshake. */
const CONNECTIONS = 128;
const BYTES_IN_FLIGHT = 64 * 1024 * 1024;
const ATTEMPTS = 4;
const FIRST_WAIT_MS = 100;

interface Job {
  readonly sizeBytes: number;
  run(): Promise<void>;
}

const waiting: Job[] = [];
let jobs = 0;
let bytes = 0;
let reached: { readonly name: string; readonly wires: Wires } | undefined;

/** Does work that holds so many bytes as soon as connections and memory allow, whoever else has work to do here. */
export function inTurn<Value>(sizeBytes: number, work: () => Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    waiting.push({ sizeBytes, run: () => work().then(resolve, reject) });
    startJobs();
  });
}

function startJobs(): void {
  for (;;) {
    const [next] = waiting;
    if (!next || jobs >= CONNECTIONS || (jobs > 0 && bytes + next.sizeBytes > BYTES_IN_FLIGHT)) return;
    waiting.shift();
    jobs += 1;
    bytes += next.sizeBytes;
    void next.run().finally(() => {
      jobs -= 1;
      bytes -= next.sizeBytes;
      startJobs();
    });
  }
}

/** Requests that this thread signs and sends by itself, over connections that are used again and again. */
export function newRequests({ target, keys, clockOffsetMs }: Reach): Requests {
  const wires = wiresTo(target);
  const signer = createS3Signer(keys, target.region);
  const { host } = new URL(target.origin);
  return {
    async put(key, own, body, meaning) {
      const path = target.prefix + pathOf(key);
      for (let attempt = 1; ; attempt += 1) {
        const headers = headerList({
          ...own,
          ...{ host, 'x-amz-date': dateText(Date.now() + clockOffsetMs) },
          ...{ 'x-amz-expected-bucket-owner': target.account, 'x-amz-security-token': keys.sessionToken },
          'x-amz-server-side-encryption': 'AES256',
        });
        const head = `PUT ${path} HTTP/1.1\r\n${lines(headers)}authorization: ${signer.sign(path, headers)}\r\ncontent-length: ${body.length}\r\n\r\n`;
        const wire = await wires.take();
        const answer = await wire.send(head, body).catch(() => undefined);
        wires.giveBack(wire);
        // What broke is sent again.
        const means = answer === undefined ? 'again' : meaning(answer);
        if (typeof means === 'object') return means.value;
        if (means === 'no' || attempt === ATTEMPTS) return undefined;
        await new Promise((resolve) => setTimeout(resolve, FIRST_WAIT_MS * 2 ** (attempt - 1) * (0.5 + Math.random())));
      }
    },
  };
}

/** What an answer means that is not the one that is hoped for: S3 asks to send again what it is too busy for. */
export function meaningOf({ status }: WireAnswer): 'again' | 'no' {
  return status >= 500 || status === 429 ? 'again' : 'no';
}

/** A value as it is signed: spaces count once. */
export function plainValue(value: string): string {
  return value.trim().replace(/\s+/g, ' ');
}

function headerList(values: Readonly<Partial<Record<Header, string | undefined>>>): HeaderList {
  const list: string[] = [];
  for (const name of HEADERS) {
    const value = values[name];
    if (value !== undefined) list.push(name, value);
  }
  return list;
}

function lines(headers: HeaderList): string {
  let text = '';
  for (let index = 0; index < headers.length; index += 2) text += `${headers[index]}: ${headers[index + 1]}\r\n`;
  return text;
}

let lastSecond = { seconds: 0, text: '' };

/** A time in the basic format of ISO 8601. */
function dateText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (lastSecond.seconds !== seconds) {
    lastSecond = { seconds, text: new Date(ms).toISOString().replace(/\.\d+|[-:]/g, '') };
  }
  return lastSecond.text;
}

function wiresTo({ origin, proxyUrl }: Target): Wires {
  const name = `${origin} ${proxyUrl}`;
  if (reached?.name !== name) reached = { name, wires: createWires(origin, proxyUrl) };
  return reached.wires;
}
