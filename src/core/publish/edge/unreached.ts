import type { IncomingHttpHeaders } from 'node:http';
import { proxyFor, type Answer, type ProxySettings } from '../../aws/http';

/** Why readers, or this computer, do not get what lies at an address: sentences for the user. */
export interface Unreached {
  readonly sentence: string;
  /** It says more of this computer's way to the outside than of the site. */
  readonly isMild: boolean;
}

const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)/;

/** Why an address did not answer. */
export function reasonOfError(url: URL, error: unknown, settings: ProxySettings): Unreached {
  const { code, message = '', name = '' } = error as NodeJS.ErrnoException;
  const { hostname } = url;
  const proxy = proxyFor(hostname, settings, url.protocol as 'http:' | 'https:');
  const told = name === 'TimeoutError' ? 'no answer in time' : (code ?? message);
  const isPage = url.protocol === 'http:';
  if (proxy !== undefined) {
    const or = isPage ? ', or the server’s security group lets port 80 in from nowhere' : '';
    return mild(
      `${hostname} could not be asked through the proxy ${new URL(proxy).host} (${told}): the proxy may not let it through${or}. See in a browser whether the site opens.`,
    );
  }
  if (CERTIFICATE.test(code ?? '')) {
    return mild(
      `The certificate that answered for ${hostname} is not trusted (${told}). If a proxy inspects traffic here, set NODE_EXTRA_CA_CERTS to its certificate.`,
    );
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return mild(
      `The name ${hostname} is not known here yet (${told}). A new name takes some minutes to be known everywhere; if it stays so, this computer’s DNS does not know names of the outside.`,
    );
  }
  if (!isPage) return mild(`${hostname} could not be reached from this computer (${told}). Check the network.`);
  if (code === 'ECONNREFUSED') {
    return grave(
      `${hostname} refuses connections on port 80 (${told}): its web server does not run. “Provision Server…” starts it.`,
    );
  }
  return grave(
    `${hostname} does not answer on port 80 (${told}). Either the server’s security group does not let port 80 in, or this network lets nothing out to it. See in a browser whether the site opens; if not, let the group admit TCP port 80 (“Provision Server…” makes one that does).`,
  );
}

/** Why an answer other than 200 was given. */
export function reasonOfStatus(url: URL, { body, headers, status }: Answer, settings: ProxySettings): Unreached {
  const { hostname, pathname } = url;
  const what = `${hostname} answered ${status} for ${pathname}`;
  if (status === 407) return mild(`The proxy wants a name and a password (407), so ${hostname} was not asked.`);
  if (status >= 300 && status < 400) {
    return mild(
      `${what}, which sends readers on to ${headers.location ?? 'elsewhere'}, so that it could not be compared. The server has a rule of its own for that.`,
    );
  }
  if (url.protocol === 'https:') {
    if (!isFromEdge(headers)) return mild(`${what}, and that is not CloudFront’s: something on the way out answered.`);
    if (/block access from your country/i.test(body.toString('latin1'))) {
      return mild(`The distribution’s geographic restrictions keep ${hostname} from this computer’s country.`);
    }
    return status === 403 || status === 404
      ? grave(
          `${what}: the edges do not have it, and do not get it from the bucket. “Provision Distribution…” puts their way to it in order; “Verify Site” tells whether it is there.`,
        )
      : grave(`${what}: CloudFront could not get it from the bucket. Open it again in a minute.`);
  }
  if (status === 404) return grave(`${what}: the server has no such file. “Verify Site” compares all that is there.`);
  if (proxyFor(hostname, settings, 'http:') !== undefined && [403, 502, 503, 504].includes(status)) {
    return mild(`${what}, which may be the proxy’s answer. See in a browser whether the site opens.`);
  }
  if (status === 401 || status === 403) {
    return grave(`${what}: the web server has a rule of its own, or no right to read the file.`);
  }
  return grave(`${what}. The web server’s log on the server tells more.`);
}

/** True for an answer of CloudFront's. */
function isFromEdge(headers: IncomingHttpHeaders): boolean {
  return headers['x-amz-cf-id'] !== undefined || /\(CloudFront\)/.test(headers.via ?? '');
}

function mild(sentence: string): Unreached {
  return { sentence, isMild: true };
}

function grave(sentence: string): Unreached {
  return { sentence, isMild: false };
}
