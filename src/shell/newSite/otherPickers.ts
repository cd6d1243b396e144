import { withOp } from '../operation';
import { askPick, askText } from '../steps';
import { contextFor, withWants, type Answers, type Desk } from './answers';
import type { Picker } from './serverPickers';

/** Asks how large the volume is. */
export const askSize: Picker = async (desk, answers, position) => {
  const { sizeGib } = desk.siteOf(answers).volume;
  // A partition that would not fit any more is as large as the volume again.
  const given = (text: string) => withWants(answers, 'volume', { sizeGib: numberOf(text), partitionMib: undefined });
  const text = await askText(
    position,
    'Size of the volume in GiB; it can grow later, but never shrink',
    String(sizeGib),
    problemOf(desk, given),
  );
  return text === 'back' || text === undefined ? text : given(text);
};

/** Asks how large the partition on the volume is. */
export const askPartition: Picker = async (desk, answers, position) => {
  const { partitionMib } = desk.siteOf(answers).volume;
  const given = (text: string) =>
    withWants(answers, 'volume', { partitionMib: text.trim() === '' ? undefined : numberOf(text) });
  const text = await askText(
    position,
    'Size of the partition in MiB; nothing for all of the volume',
    partitionMib === undefined ? '' : String(partitionMib),
    problemOf(desk, given),
  );
  return text === 'back' || text === undefined ? text : given(text);
};

/** Asks what is published although its name is refused by default. */
export const askAllowed: Picker = async (desk, answers, position) => {
  const { allow } = desk.siteOf(answers).publish;
  const given = (text: string) => {
    const patterns = text
      .split(',')
      .map((pattern) => pattern.trim())
      .filter((pattern) => pattern !== '');
    return withWants(answers, 'publish', { allow: patterns.length > 0 ? patterns : undefined });
  };
  const text = await askText(
    position,
    'Files that are published although their names are refused by default, such as downloads/*.zip; commas between',
    allow.join(', '),
    problemOf(desk, given),
  );
  return text === 'back' || text === undefined ? text : given(text);
};

/** Asks for an existing instance profile instead of a role of the site’s own. */
export const pickProfile: Picker = async (desk, answers, position) => {
  const context = await contextFor(desk, answers);
  const { app, aws } = desk;
  const profiles = await withOp(app.log, 'Reading the instance profiles', (op) =>
    aws.listProfilesForServer(context, op),
  );
  const own = {
    label: 'A role of its own',
    description: '',
    detail: 'Made for this site, with what AWS’s agent needs.',
  };
  const items = [
    { ...own, name: undefined, isUnfit: false },
    ...profiles.map(({ name, role }) => ({
      ...{ label: name, name, description: role === undefined ? 'no role' : `role ${role}` },
      isUnfit: role === undefined,
      detail:
        role === undefined
          ? 'Unfit: without a role AWS’s agent does not register'
          : 'Used as it is and never changed; its role must let AWS’s agent (SSM) work.',
    })),
  ];
  const active = items.find(({ name }) => name === context.site.server.instanceProfile);
  let question = 'Instance profile of the server';
  for (;;) {
    const picked = await askPick(position, question, items, active);
    if (picked === 'back' || !picked) return picked;
    if (!picked.isUnfit) return withWants(answers, 'server', { instanceProfile: picked.name });
    question = `${picked.label} does not do: it has no role. Choose another one`;
  }
};

/** Asks for an existing security group instead of one of the site’s own. */
export const pickGroup: Picker = async (desk, answers, position) => {
  const context = await contextFor(desk, answers);
  const { app, aws } = desk;
  const groups = await withOp(app.log, 'Reading the security groups', async (op) => {
    const subnets = await aws.listSubnets(context, undefined, op);
    const { subnet } = context.site.server;
    const vpc = subnets.find(({ subnetId, vpc: one }) => (subnet ? subnetId === subnet : one.isDefault))?.vpc;
    return vpc ? aws.listGroupsForServer(context, vpc.id, op) : [];
  });
  const own = {
    label: 'A group of its own',
    description: '',
    detail: 'Made for this site; lets port 80 in and no other.',
  };
  const items = [
    { ...own, groupId: undefined },
    ...groups.map(({ description, groupId, name, opensHttp }) => ({
      ...{ label: `${name} (${groupId})`, description, groupId },
      detail: `Used as it is and never changed; ${opensHttp ? 'opens port 80' : 'does not open port 80'}.`,
    })),
  ];
  const active = items.find(({ groupId }) => groupId === context.site.server.securityGroup);
  const picked = await askPick(position, 'Security group of the server, in its network', items, active);
  return picked === 'back' || !picked ? picked : withWants(answers, 'server', { securityGroup: picked.groupId });
};

function numberOf(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}

/** What would be wrong with the site file that a text leads to. */
function problemOf(desk: Desk, given: (text: string) => Answers) {
  return (text: string): string | undefined => {
    try {
      desk.siteOf(given(text));
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
}
