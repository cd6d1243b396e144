import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { pythonEnvironment } from '../setup/python';
import { startSandbox, type Sandbox } from './sandbox';
import { Viewer } from './viewer';

const run = promisify(execFile);
const AMAZON_LINUX = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64';
const LIMIT_MS = 900_000;

describe('the classic sequence, typed into the official command line', () => {
  let sandbox: Sandbox;
  let viewer: Viewer;
  let folder: string;
  let awsProgram: string;
  before(async function () {
    this.timeout(LIMIT_MS);
    awsProgram = (await pythonEnvironment()).aws;
    sandbox = await startSandbox({ machines: true, deploySeconds: 1, registrationSeconds: 1 });
    viewer = new Viewer(sandbox.proxyUrl, readFileSync(sandbox.caFile, 'utf8'));
    folder = await mkdtemp(join(tmpdir(), 'sitelift-classic-'));
  });
  after(async () => {
    await rm(folder, { recursive: true, force: true });
    await sandbox.stop();
  });

  /** Runs `aws` as in a terminal that is set up for the sandbox; what it prints, trimmed. */
  async function aws(...args: string[]): Promise<string> {
    const env = { PATH: process.env['PATH'], HOME: folder, ...sandbox.env, AWS_PAGER: '' };
    const { stdout } = await run(awsProgram, args, { env, cwd: folder });
    return stdout.trim();
  }
  const query = (expression: string) => ['--query', expression, '--output', 'text'];
  async function until(wanted: string, ask: () => Promise<string>): Promise<void> {
    for (let seen = await ask(); seen !== wanted; seen = await ask()) await pause(500);
  }
  async function file(name: string, content: object | string): Promise<string> {
    await writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
    return `file://${name}`;
  }

  async function makeProfile(): Promise<void> {
    const trust = { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' };
    const document = await file('trust.json', { Version: '2012-10-17', Statement: [trust] });
    const policy = 'arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore';
    await aws('iam', 'create-role', '--role-name', 'web', '--assume-role-policy-document', document);
    await aws('iam', 'attach-role-policy', '--role-name', 'web', '--policy-arn', policy);
    await aws('iam', 'create-instance-profile', '--instance-profile-name', 'web');
    await aws('iam', 'add-role-to-instance-profile', '--instance-profile-name', 'web', '--role-name', 'web');
  }
  async function launch(): Promise<string> {
    const image = await aws('ssm', 'get-parameter', '--name', AMAZON_LINUX, ...query('Parameter.Value'));
    const place = ['--placement', 'AvailabilityZone=us-east-1a', '--iam-instance-profile', 'Name=web'];
    const launched = [
      '--image-id',
      image,
      '--instance-type',
      't3.micro',
      ...place,
      ...query('Instances[0].InstanceId'),
    ];
    for (;;) {
      try {
        return await aws('ec2', 'run-instances', ...launched);
      } catch (error) {
        // A new profile takes a moment to be known to EC2.
        if (!String(error).includes('Invalid IAM Instance Profile')) throw error;
        await pause(500);
      }
    }
  }
  async function command(instance: string, ...lines: string[]): Promise<string> {
    const parameters = await file('command.json', { commands: lines });
    const send = ['--instance-ids', instance, '--document-name', 'AWS-RunShellScript', '--parameters', parameters];
    const id = await aws('ssm', 'send-command', ...send, ...query('Command.CommandId'));
    const list = ['ssm', 'list-command-invocations', '--command-id', id, '--instance-id', instance];
    const status = () => aws(...list, ...query('CommandInvocations[0].Status'));
    let seen = await status();
    for (; seen === 'Pending' || seen === 'InProgress'; seen = await status()) await pause(500);
    const text = await aws('ssm', 'get-command-invocation', '--command-id', id, '--instance-id', instance);
    const answer = JSON.parse(text) as { StandardOutputContent: string; StandardErrorContent: string };
    assert.equal(seen, 'Success', `${lines.join('\n')}\n${answer.StandardErrorContent}`);
    return answer.StandardOutputContent;
  }

  it('launches, attaches a volume, partitions, formats and mounts it, and serves a page from it', async function () {
    this.timeout(LIMIT_MS);
    await makeProfile();
    const instance = await launch();
    const created = ['--availability-zone', 'us-east-1a', '--size', '1', '--volume-type', 'gp3', '--encrypted'];
    const volume = await aws('ec2', 'create-volume', ...created, ...query('VolumeId'));
    const describeInstance = ['ec2', 'describe-instances', '--instance-ids', instance];
    await until('running', () => aws(...describeInstance, ...query('Reservations[0].Instances[0].State.Name')));
    await aws('ec2', 'attach-volume', '--volume-id', volume, '--instance-id', instance, '--device', '/dev/sdf');
    const describeVolume = ['ec2', 'describe-volumes', '--volume-ids', volume];
    await until('attached', () => aws(...describeVolume, ...query('Volumes[0].Attachments[0].State')));
    const information = ['ssm', 'describe-instance-information', '--filters', `Key=InstanceIds,Values=${instance}`];
    await until('Online', () => aws(...information, ...query('InstanceInformationList[0].PingStatus')));

    const serial = volume.replace('-', '');
    const disks = await command(instance, 'lsblk --noheadings --nodeps --output NAME,SERIAL');
    const disk = disks
      .split('\n')
      .find((line) => line.includes(serial))
      ?.split(' ')[0];
    assert.ok(disk, `no disk with serial ${serial} in:\n${disks}`);
    await command(instance, 'yum install -y httpd');
    await command(instance, `printf 'n\\np\\n1\\n\\n+250M\\nw\\n' | fdisk /dev/${disk}`, 'udevadm settle');
    await command(instance, `mkfs.ext4 /dev/${disk}p1`);
    await command(instance, `mount /dev/${disk}p1 /var/www/html`, 'systemctl enable --now httpd');
    await command(instance, "echo '<h1>Grüße</h1>' > /var/www/html/index.html");
    const mounted = await command(instance, 'findmnt --noheadings --output SOURCE,FSTYPE /var/www/html');
    assert.equal(mounted.trim().replace(/\s+/, ' '), `/dev/${disk}p1 ext4`);

    const name = await aws(...describeInstance, ...query('Reservations[0].Instances[0].PublicDnsName'));
    const page = await viewer.ask(`http://${name}/`);
    assert.equal(page.status, 200);
    assert.equal(page.body.toString(), '<h1>Grüße</h1>\n');
  });

  it('makes a bucket and a distribution that serves the picture in it', async function () {
    this.timeout(LIMIT_MS);
    await aws('s3', 'mb', 's3://classic-photos');
    await file('sun.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>');
    await aws('s3', 'cp', 'sun.svg', 's3://classic-photos/images/sun.svg');
    const control = await file('control.json', {
      Name: 'classic',
      SigningProtocol: 'sigv4',
      SigningBehavior: 'always',
      OriginAccessControlOriginType: 's3',
    });
    const controlId = await aws(
      ...['cloudfront', 'create-origin-access-control', '--origin-access-control-config', control],
      ...query('OriginAccessControl.Id'),
    );
    const origin = {
      Id: 'photos',
      DomainName: 'classic-photos.s3.us-east-1.amazonaws.com',
      OriginAccessControlId: controlId,
      S3OriginConfig: { OriginAccessIdentity: '' },
    };
    const config = await file('distribution.json', {
      CallerReference: 'classic',
      Comment: 'classic',
      Enabled: true,
      Origins: { Quantity: 1, Items: [origin] },
      DefaultCacheBehavior: {
        TargetOriginId: 'photos',
        ViewerProtocolPolicy: 'redirect-to-https',
        CachePolicyId: '658327ea-f89d-4fab-a63d-7e88639e58f6',
      },
    });
    const create = ['cloudfront', 'create-distribution', '--distribution-config', config];
    const [id = '', arn, domain] = (await aws(...create, ...query('Distribution.[Id,ARN,DomainName]'))).split('\t');
    const statement = {
      Effect: 'Allow',
      Principal: { Service: 'cloudfront.amazonaws.com' },
      Action: 's3:GetObject',
      Resource: 'arn:aws:s3:::classic-photos/*',
      Condition: { StringEquals: { 'AWS:SourceArn': arn } },
    };
    const policy = await file('policy.json', { Version: '2012-10-17', Statement: [statement] });
    await aws('s3api', 'put-bucket-policy', '--bucket', 'classic-photos', '--policy', policy);
    await until('Deployed', () => aws('cloudfront', 'get-distribution', '--id', id, ...query('Distribution.Status')));

    const picture = await viewer.ask(`https://${domain}/images/sun.svg`);
    assert.equal(picture.status, 200);
    assert.equal(picture.headers['content-type'], 'image/svg+xml');
    assert.equal(picture.headers['x-cache'], 'Miss from cloudfront');
    const direct = await viewer.ask('https://classic-photos.s3.us-east-1.amazonaws.com/images/sun.svg');
    assert.equal(direct.status, 403);
  });
});
