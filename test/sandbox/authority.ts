import 'reflect-metadata';
import { createHash, KeyObject, randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import * as x509 from '@peculiar/x509';

/** A certificate authority that lives as long as one sandbox; its private key never leaves the process. */
export interface Authority {
  /** The authority's certificate, for clients to trust. */
  readonly pem: string;
  /** Base64 SHA-256 of the authority's public key, as Chromium's `--ignore-certificate-errors-spki-list` takes it. */
  readonly keyHash: string;
  /** The TLS identity of one host, made on first use. */
  identity(host: string): Promise<SecureContext>;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const LIFE_DAYS = 90;

/** Makes a new authority. */
export async function createAuthority(): Promise<Authority> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity(),
    serialNumber: serialNumber(),
    name: 'CN=Sitelift sandbox (throw-away)',
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const pem = `${root.toString('pem')}\n`;
  const hostKeys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const hostKeyPem = KeyObject.from(hostKeys.privateKey).export({ type: 'pkcs8', format: 'pem' });
  const identities = new Map<string, Promise<SecureContext>>();

  async function issue(host: string): Promise<SecureContext> {
    const certificate = await x509.X509CertificateGenerator.create({
      ...validity(),
      serialNumber: serialNumber(),
      subject: `CN=${host.slice(0, 64)}`,
      issuer: root.subject,
      signingAlgorithm: ALGORITHM,
      publicKey: hostKeys.publicKey,
      signingKey: keys.privateKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension([{ type: isIP(host) ? 'ip' : 'dns', value: host }]),
        await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    return createSecureContext({ key: hostKeyPem, cert: `${certificate.toString('pem')}\n${pem}` });
  }

  return {
    pem,
    keyHash: createHash('sha256').update(Buffer.from(root.publicKey.rawData)).digest('base64'),
    identity(host) {
      const known = identities.get(host);
      if (known) return known;
      const identity = issue(host);
      identities.set(host, identity);
      return identity;
    },
  };
}

function validity(): { notBefore: Date; notAfter: Date } {
  const dayMs = 24 * 3600 * 1000;
  return { notBefore: new Date(Date.now() - dayMs), notAfter: new Date(Date.now() + LIFE_DAYS * dayMs) };
}

function serialNumber(): string {
  return `01${randomBytes(15).toString('hex')}`;
}
