import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { isAbort, isUserError } from '../../../src/core/op';
import { inspect, parseInspection } from '../../../src/core/remote/inspect';
import { isOnline, quote, redact, runScript, scriptText, waitForAgent } from '../../../src/core/remote/ssm';
import { newOp } from '../sandbox';
import { atTestSpeed, onTestClock } from '../testClock';
import { newAgent, type Ending } from './agent';

const INSTANCE = 'i-0123456789abcdef0';
const REMOTE = { name: 'deploy', script: 'true', timeoutSeconds: 900 };

describe('remote scripts', () => {
  for (const text of ["it's", '$(touch /tmp/x)', '`id`', 'a\nb', '"', '\\', 'ä 🙂', '', "'; exit 9; '", '-n', '!!']) {
    it(`carry a value as it is: ${JSON.stringify(text)}`, () => {
      const script = scriptText({ script: 'printf %s "$VALUE"', values: { VALUE: text } });
      assert.equal(execFileSync('bash', ['-c', script], { encoding: 'utf8' }), text);
    });
  }

  it('leave out the lines that are comments, but nothing of a value', () => {
    const script = scriptText({ script: '# x\n  # y\necho "$V" # z\n', values: { V: 'a\n# b' } });
    assert.equal(script, `#!/bin/bash\nV='a\n# b'\necho "$V" # z\n`);
  });

  it('cannot carry a NUL character', () => assert.throws(() => quote('a\0b'), /NUL/));

  const secret = 'SeCr3t';
  for (const text of [
    `curl: https://b.s3/x?X-Amz-Credential=${secret}%2F1&X-Amz-Signature=${secret}&x=1 failed`,
    `https://b.s3/x?x=1&X-Amz-Security-Token=${secret}%2F%2B`,
    `https%3A%2F%2Fb.s3%2Fx%3FX-Amz-Signature%3D${secret}`,
    `X-Amz-Signature%253D${secret}`,
    `{"X-Amz-Security-Token": "${secret}"}`,
    String.raw`{\"x-amz-signature\":\"${secret}\"}`,
    `> x-amz-security-token: ${secret}`,
    `https://b.s3/x?AWSAccessKeyId=${secret}&Signature=${secret}`,
    `x-amz-credential='${secret}'`,
  ]) {
    it(`tell nothing secret of a presigned URL: ${text}`, async () => {
      assert.ok(!redact(text).includes(secret), redact(text));
      const told = (StandardErrorContent: string) =>
        failureOf({ Status: 'Failed', StatusDetails: 'Failed', ResponseCode: 1, StandardErrorContent });
      assert.ok(!(await told(`bash: ${text}\n`)).includes(secret));
      assert.ok(!(await told(`sitelift: fetch-failed\t6\t${text}\n`)).includes(secret));
    });
  }

  it('are searched for secrets in one go, whatever a server writes', () => {
    const text = 'X-Amz-'.repeat(200_000);
    assert.equal(redact(text), text);
  });

  it('tell the rest of a text as it is', () =>
    assert.equal(redact('x-amz: a=b, signature=c'), 'x-amz: a=b, signature=c'));
});

describe('a command that takes its time', () => {
  onTestClock();

  for (const [seconds, usualSeconds, looks] of [
    [2, 2, 1],
    [2.4, 2, 2],
    [4, 2, 4],
    [2, undefined, 4],
  ] as const) {
    it(`of ${seconds} s is asked for ${looks} times where it usually takes ${usualSeconds ?? 'who knows how many'} s`, async () => {
      const agent = newAgent({ Status: 'Success' }, { seconds });
      const remote = { ...REMOTE, ...(usualSeconds === undefined ? {} : { usualSeconds }) };
      await atTestSpeed(runScript(agent.context, INSTANCE, remote, newOp()));
      assert.equal(agent.asked, looks);
    });
  }
});

describe('a command on the server', () => {
  it('gives what its script printed', async () => {
    const agent = newAgent(
      { Status: 'Success', StandardOutputContent: 'release=abc\nplacing=def\n' },
      { isLate: true },
    );
    assert.equal(await runScript(agent.context, INSTANCE, REMOTE, newOp()), 'release=abc\nplacing=def\n');
    assert.equal((await inspect(agent.context, INSTANCE, newOp())).placing, 'def');
  });

  it('has ten minutes to reach the server for what changes it, one for a look', async () => {
    const agent = newAgent({ Status: 'Success' });
    await runScript(agent.context, INSTANCE, REMOTE, newOp());
    await inspect(agent.context, INSTANCE, newOp());
    assert.deepEqual(
      agent.sent.map(({ TimeoutSeconds }) => TimeoutSeconds),
      [600, 60],
    );
    assert.deepEqual(agent.sent[0]?.Parameters?.['executionTimeout'], ['900']);
    assert.deepEqual(agent.sent[1]?.Parameters?.['executionTimeout'], ['60']);
    assert.deepEqual(agent.sent[0]?.InstanceIds, [INSTANCE]);
    assert.equal(agent.sent[0]?.DocumentName, 'AWS-RunShellScript');
    assert.match(agent.sent[0]?.Comment ?? '', /^sitelift-[\da-z]+: deploy$/);
    await runScript(agent.context, INSTANCE, { ...REMOTE, name: 'x'.repeat(200) }, newOp());
    assert.equal(agent.sent[2]?.Comment?.length, 100);
  });

  it('is cancelled on the server too when the user cancels', async () => {
    const agent = newAgent(undefined);
    const controller = new AbortController();
    const running = runScript(agent.context, INSTANCE, REMOTE, newOp(controller.signal));
    while (agent.asked < 2) await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    await assert.rejects(running, isAbort);
    assert.deepEqual(agent.cancelled, ['command-1']);
  });

  it('is not cancelled when it fails by itself', async () => {
    const agent = newAgent({ Status: 'Failed', ResponseCode: 1 });
    await assert.rejects(runScript(agent.context, INSTANCE, REMOTE, newOp()), isUserError);
    assert.deepEqual(agent.cancelled, []);
  });

  for (const [details, sentence] of [
    ['DeliveryTimedOut', /did not take up “deploy” within 10 min, so nothing was changed.*reboot it/],
    ['ExecutionTimedOut', /took more than 15 min.*goes on where it stopped/],
    ['Undeliverable', /could not be delivered.*Nothing was changed/],
    ['Terminated', /was not run.*Nothing was changed/],
    ['Cancelled', /was cancelled in AWS by somebody else/],
    ['AccessDenied', /did not let “deploy” run/],
  ] as const) {
    it(`ends with a sentence of its own when AWS says ${details}`, async () => {
      assert.match(await failureOf({ Status: 'Failed', StatusDetails: details, ResponseCode: -1 }), sentence);
    });
  }

  it('tells the last lines of a script without a reason as plain text', async () => {
    const StandardErrorContent = 'one\ntwo\nthree\n[four](command:x)\n\u202efive\u001b[0m `six`\n';
    const told = await failureOf({
      Status: 'Failed',
      StatusDetails: 'Failed',
      ResponseCode: 127,
      StandardErrorContent,
    });
    const silent = await failureOf({ Status: 'Failed', ResponseCode: 3 });
    assert.equal(silent, '“deploy” ended on the server with an error (exit code 3): it said nothing.');
    const unknown = await failureOf({ Status: 'Failed', StatusDetails: 'constructor', ResponseCode: 1 });
    assert.equal(unknown, '“deploy” ended on the server with constructor (exit code 1): it said nothing.');
    assert.match(told, /\(exit code 127\): two · three · \[four\] \(command:x\) · five \[0m 'six'\.$/);
  });

  it('tells a server without an answering agent, and what that may come from', async () => {
    assert.ok(await isOnline(newAgent(undefined).context, INSTANCE, newOp()));
    const { context } = newAgent(undefined, { ping: 'ConnectionLost' });
    const waiting = waitForAgent(context, INSTANCE, { firstSeconds: 0.01, limitSeconds: 0.02 }, newOp());
    await assert.rejects(waiting, (error: Error) => {
      assert.ok(isUserError(error));
      assert.match(error.message, /no public address.*security group without outgoing HTTPS/);
      assert.match(error.message, /instance profile was added after.*reboot/);
      assert.match(error.message, /image has no SSM agent/);
      return true;
    });
  });
});

async function failureOf(ending: Ending): Promise<string> {
  const failed = runScript(newAgent(ending).context, INSTANCE, REMOTE, newOp());
  const error = await failed.then(
    () => assert.fail('it succeeded'),
    (reason: unknown) => reason,
  );
  assert.ok(isUserError(error), String(error));
  return error.message;
}

describe('parseInspection', () => {
  it('reads what the look inside prints', () => {
    const seen = parseInspection(
      'installed=yes\nenabled=enabled\nactive=active\npartition=/dev/nvme1n1p1\nserial=vol0abc\nfile_system=ext4\nsize_bytes=262144000\ndisk_bytes=1073741824\nroom_bytes=1071644672\nfile_system_bytes=262144000\nfree_bytes=1\nin_fstab=yes\nrelease=abc\nlist=def\nsettings=s1\n',
    );
    assert.deepEqual(seen, {
      webServer: { installed: true, enabled: true, active: true },
      mount: {
        partition: '/dev/nvme1n1p1',
        serial: 'vol0abc',
        fileSystem: 'ext4',
        sizeBytes: 262144000,
        freeBytes: 1,
        diskBytes: 1073741824,
        roomBytes: 1071644672,
        fileSystemBytes: 262144000,
        inFstab: true,
      },
      release: 'abc',
      placing: undefined,
      list: 'def',
      settings: 's1',
    });
  });

  it('reads what is kept of before the site, and for whom, where that is told in full', () => {
    const told = ({ before, keptFor }: ReturnType<typeof parseInspection>) => [before, keptFor];
    assert.deepEqual(told(parseInspection('before=1764328000\nkept_for=ab12cd34\n')), ['1764328000', 'ab12cd34']);
    assert.deepEqual(told(parseInspection('before=x\nkept_for=\n')), [undefined, undefined]);
  });

  it('sees no mount where there is none', () => {
    const seen = parseInspection('installed=no\nenabled=\nactive=inactive\n\n=x\nnothing\n');
    assert.deepEqual(seen, {
      webServer: { installed: false, enabled: false, active: false },
      ...{ mount: undefined, release: undefined, placing: undefined, list: undefined, settings: undefined },
    });
    const mount = parseInspection('partition=/dev/sdb1\nin_fstab=no\n').mount;
    assert.deepEqual([mount?.serial, mount?.fileSystem, mount?.inFstab], ['', '', false]);
    assert.deepEqual([mount?.roomBytes, mount?.fileSystemBytes], [0, 0]);
  });

  it('sees that a publication was cut short, also by a note without a name', () => {
    assert.equal(parseInspection('placing=abc\n').placing, 'abc');
    assert.equal(parseInspection('placing=\n').placing, '?');
  });
});
