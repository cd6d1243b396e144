import { isAbort, isDeclined } from '../../core/op';
import { askPick, type Position, type Question } from '../steps';
import { tellFailure } from '../tell';
import type { Site } from '../../core/site';
import { withWants, type Answers, type Desk } from './answers';
import { askAllowed, askPartition, askSize, pickGroup, pickProfile } from './otherPickers';
import { pickSubnet, pickSystem, pickType, type Picker } from './serverPickers';

const CREATE = { label: 'Create Site', pick: undefined };

interface Setting {
  readonly label: string;
  readonly pick: Picker;
  value(site: Site): string;
}

const SETTINGS: readonly Setting[] = [
  { label: 'Server type', pick: pickType, value: ({ server }) => server.instanceType },
  { label: 'System', pick: pickSystem, value: ({ server }) => server.image },
  { label: 'Volume size', pick: askSize, value: ({ volume }) => `${volume.sizeGib} GiB` },
  {
    ...{ label: 'Partition size', pick: askPartition },
    value: ({ volume: { partitionMib } }) => (partitionMib === undefined ? 'all of the volume' : `${partitionMib} MiB`),
  },
  { label: 'Subnet', pick: pickSubnet, value: ({ server }) => server.subnet ?? 'default network' },
  { label: 'Instance profile', pick: pickProfile, value: ({ server }) => server.instanceProfile ?? 'of its own' },
  { label: 'Security group', pick: pickGroup, value: ({ server }) => server.securityGroup ?? 'of its own' },
  {
    ...{ label: 'Files published besides', pick: askAllowed },
    value: ({ publish }) => (publish.allow.length > 0 ? publish.allow.join(', ') : 'none'),
  },
];

/** The last question of *Create Site…*: to create it, or to change what few change, one setting at a time. What was changed outlives a step back. */
export function advancedQuestion(desk: Desk): Question<Answers> {
  let left: Answers | undefined;
  return (answers, position) => {
    const wants = left && { wants: wantsElsewhere(left, answers.region) };
    return askAdvanced(desk, { ...answers, ...wants }, position, (current) => {
      left = current;
    });
  };
}

/** Of what was chosen in one region what also holds in another: networks are of one alone. */
function wantsElsewhere(chosen: Answers, region: string): Answers['wants'] {
  const nowhere = { subnet: undefined, securityGroup: undefined };
  return (region === chosen.region ? chosen : withWants(chosen, 'server', nowhere)).wants;
}

async function askAdvanced(
  desk: Desk,
  answers: Answers,
  position: Position,
  leave: (current: Answers) => void,
): Promise<Partial<Answers> | 'back' | undefined> {
  const items = [
    { ...CREATE, detail: 'Writes sitelift.json. Nothing is made in AWS yet.' },
    { label: 'Advanced…', detail: 'Server type, system, sizes, network, rights and what is published.' },
  ];
  let current = answers;
  for (;;) {
    const picked = await askPick(position, 'All that is needed is known', items, items[0]);
    if (picked === 'back') leave(current);
    if (picked === 'back' || !picked) return picked;
    if (picked === items[0]) return current;
    const chosen = await askSettings(desk, current, position);
    if (!chosen) return undefined;
    if (chosen.isDone) return chosen.answers;
    current = chosen.answers;
  }
}

async function askSettings(
  desk: Desk,
  answers: Answers,
  { title }: Position,
): Promise<{ readonly answers: Answers; readonly isDone: boolean } | undefined> {
  let current = answers;
  let last: string | undefined;
  for (;;) {
    const site = desk.siteOf(current);
    const items = [
      { ...CREATE, description: '', detail: await desk.cost(current) },
      ...SETTINGS.map(({ label, pick, value }) => ({ label, pick, description: value(site) })),
    ];
    const active = items.find(({ label }) => label === last);
    const picked = await askPick(unnumbered(`${title}: advanced`), 'What to change', items, active);
    if (!picked) return undefined;
    if (picked === 'back') return { answers: current, isDone: false };
    if (!picked.pick) return { answers: current, isDone: true };
    last = picked.label;
    const changed = await attempt(desk, () => picked.pick(desk, current, unnumbered(`${title}: ${picked.label}`)));
    if (!changed) return undefined;
    if (changed !== 'back') current = changed;
  }
}

/** What AWS does not let one see is told, and all that was answered stays. */
async function attempt(desk: Desk, pick: () => ReturnType<Picker>): ReturnType<Picker> {
  try {
    return await pick();
  } catch (error) {
    if (!isAbort(error) && !isDeclined(error)) void tellFailure(desk.aws.explain(error).message);
    return 'back';
  }
}

/** A question that has a step back and no number. */
function unnumbered(title: string): Position {
  return { title, step: 2, totalSteps: 1 };
}
