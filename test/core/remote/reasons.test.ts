import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { REASON_CODES, reasonOf } from '../../../src/core/remote/reasons';
import deployScript from '../../../src/core/remote/scripts/deploy.sh';
import growScript from '../../../src/core/remote/scripts/grow.sh';
import importScript from '../../../src/core/remote/scripts/import.sh';
import inspectScript from '../../../src/core/remote/scripts/inspect.sh';
import keepScript from '../../../src/core/remote/scripts/keep.sh';
import mountScript from '../../../src/core/remote/scripts/mount.sh';
import surveyScript from '../../../src/core/remote/scripts/survey.sh';
import unmountScript from '../../../src/core/remote/scripts/unmount.sh';
import verifyScript from '../../../src/core/remote/scripts/verify.sh';
import webServerScript from '../../../src/core/remote/scripts/webServer.sh';
import { scriptText } from '../../../src/core/remote/ssm';

const SCRIPTS = {
  deploy: deployScript,
  grow: growScript,
  import: importScript,
  inspect: inspectScript,
  keep: keepScript,
  mount: mountScript,
  survey: surveyScript,
  unmount: unmountScript,
  verify: verifyScript,
  webServer: webServerScript,
};

describe('the reasons of the scripts', () => {
  it('have a sentence each, and no sentence is without its reason', () => {
    const used = Object.values(SCRIPTS).flatMap((script) =>
      Array.from(script.matchAll(/\bstop ([a-z][a-z-]*)/g), ([, code]) => code),
    );
    assert.deepEqual([...new Set(used)].sort(), [...REASON_CODES].sort());
  });

  for (const [name, script] of Object.entries(SCRIPTS)) {
    it(`come from scripts that SSM takes: ${name}.sh is sent in less than 8 KB`, () => {
      assert.ok(Buffer.byteLength(scriptText({ script })) < 8192);
    });
  }

  it('come from scripts that are the same without their comments and indentation', () => {
    for (const script of Object.values(SCRIPTS)) {
      const commands = (text: string) => {
        const told = execFileSync('bash', ['-c', `f() {\n${text}\n}\ndeclare -f f`]).toString();
        return told.replaceAll(/^ +/gm, '');
      };
      assert.equal(commands(scriptText({ script })), commands(script));
    }
  });

  for (const code of REASON_CODES) {
    it(`cannot bring links, codes or lines into the sentence of ${code}`, () => {
      const hostile = '[x](command:y)\u202e\u0007`z`<a href=w>';
      const told = reasonOf(`noise\nsitelift: ${code}${`\t${hostile}`.repeat(8)}\n`)?.message ?? assert.fail(code);
      assert.match(told, /^[^\p{Cc}\u202e`]{20,}$/u);
      assert.doesNotMatch(told, /\]\(|<a/);
      assert.match(reasonOf(`sitelift: ${code}`)?.message ?? '', /^[^]{20,}\.\)?$|\(curl ended with \)$/);
    });
  }

  it('carry their code, for callers that know a way on', () => {
    for (const code of REASON_CODES) assert.equal(reasonOf(`sitelift: ${code}`)?.code, code);
  });

  it('tell sizes in MiB, what is needed rounded up and what is free rounded down', () => {
    assert.match(reasonOf('sitelift: disk-full\t1048577\t2097151')?.message ?? '', /need 2 MiB .* and 1 MiB are free/);
    assert.match(reasonOf('sitelift: disk-full\tx\t')?.message ?? '', /need \? MiB/);
  });

  it('tell a few names and how many there are', () => {
    const told = reasonOf('sitelift: link-in-the-way\t7\ta.html\tb c/d.html')?.message ?? '';
    assert.match(told, /goes: “a\.html”, “b c\/d\.html” and 5 more\./);
    assert.match(reasonOf('sitelift: link-in-the-way\t1\ta.html')?.message ?? '', /goes: “a\.html”\. /);
  });

  it('tell a URL that was refused from a connection that did not come about', () => {
    assert.match(
      reasonOf('sitelift: fetch-refused\t403')?.message ?? '',
      /refused .* \(HTTP 403\): the link had expired/,
    );
    assert.match(reasonOf('sitelift: fetch-refused\t404')?.message ?? '', /not in the bucket any more/);
    assert.match(reasonOf('sitelift: fetch-refused\t503')?.message ?? '', /answered .* with HTTP 503/);
    assert.match(reasonOf('sitelift: fetch-failed\t6\tcurl: (6) x')?.message ?? '', /cannot resolve.*curl: \(6\) x/);
    assert.match(reasonOf('sitelift: fetch-failed\t7\tx')?.message ?? '', /needs a way out/);
    assert.match(reasonOf('sitelift: fetch-failed\t28\tx')?.message ?? '', /needs a way out/);
    assert.match(reasonOf('sitelift: fetch-failed\t60\tx')?.message ?? '', /certificate/);
    assert.match(reasonOf('sitelift: fetch-failed\t56\tx')?.message ?? '', /connection broke off/);
  });

  it('are the last one that was written, and none where there is none', () => {
    assert.match(reasonOf('sitelift: busy\nsitelift: wrong-bytes\n')?.message ?? '', /SHA-256/);
    for (const stderr of ['', 'sitelift: no-such-code', 'sitelift: constructor', 'x sitelift: busy', 'sitelift:busy']) {
      assert.equal(reasonOf(stderr), undefined, stderr);
    }
  });

  it('offer the way on where running a command again is one', () => {
    const ways: Record<string, string> = {};
    for (const code of REASON_CODES) {
      const remedy = reasonOf(`sitelift: ${code}`)?.remedy;
      if (remedy) ways[code] = `${remedy.title} ${remedy.command}`;
    }
    const publish = 'Publish Site… sitelift.publishSite';
    assert.deepEqual(ways, {
      'not-mounted': 'Provision Volume… sitelift.provisionVolume',
      'published-meanwhile': publish,
      'other-base': publish,
      'wrong-result': publish,
      'fetch-refused': publish,
      'wrong-bytes': publish,
      'not-placed': publish,
      'not-sent': publish,
      'nothing-kept': publish,
      'still-changing': publish,
      'other-volume': 'Provision Volume… sitelift.provisionVolume',
      'disk-not-grown': 'Reboot Server… sitelift.rebootServer',
      'packages-busy': 'Provision Server… sitelift.provisionServer',
    });
  });

  it('tell every exit code of curl that names its cause', () => {
    for (const [codes, sentence] of [
      ['5 6', /cannot resolve the bucket’s name\. Check the DNS settings/],
      ['7 28', /gets no connection to S3\. It needs a way out/],
      ['35 60', /does not trust the certificate that answers for S3/],
      ['18 56', /the connection broke off\. No page was changed\. \(curl ended with/],
    ] as const) {
      for (const code of codes.split(' '))
        assert.match(reasonOf(`sitelift: fetch-failed\t${code}`)?.message ?? '', sentence);
    }
  });
});
