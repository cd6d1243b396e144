import type { ConsolePlace } from '../../core/consoleUrl';
import { isInsideUnread } from '../../core/resources/pairing';
import type { ServerHave } from '../../core/resources/server/server';
import { adoptedDetails, look, timeText, type Shown } from './shown';

/** How the server is shown. */
export function serverView(have: ServerHave): Shown {
  const web = have.inspection?.webServer;
  const isRunning = have.state === 'running';
  const isUnread = isRunning && have.inspectionProblem !== undefined;
  const isWaking = isRunning && !have.online && !isUnread;
  const isDue = isInsideUnread({ kind: 'known', have });
  const pending = have.state === 'pending' || have.state === 'stopping' || isWaking;
  const inside = isUnread ? ' · not looked into' : isDue ? ' · not looked into yet' : '';
  const state = isWaking ? 'running · agent starting…' : `${have.state}${inside}`;
  const next =
    isRunning && web?.active
      ? have.inspection?.release === undefined
        ? 'Next: Publish Site… sends the pages.'
        : undefined
      : isWaking
        ? 'The agent of a new server answers after a minute or two; publishing needs it.'
        : have.state === 'stopped'
          ? 'It was stopped, and stays so until it is started. Next: Start Server… starts it.'
          : undefined;
  const place: ConsolePlace = { kind: 'instance', id: have.instanceId };
  return {
    state,
    ...look(pending, isRunning && (web?.active ?? false), 'vm-running', 'vm-outline'),
    ...(isDue ? { icon: { id: 'vm-outline' } } : {}),
    ...(have.state === 'stopped' ? { condition: 'stopped' } : isWaking ? { condition: 'waking' } : {}),
    ...{ value: have.instanceId, place },
    tooltip: [
      ...(have.startedMs === undefined ? [] : [`Last started: ${timeText(have.startedMs)}.`]),
      ...(next === undefined ? [] : [next]),
      ...(have.inspectionProblem === undefined ? [] : [have.inspectionProblem]),
      ...have.problems,
    ],
    details: [
      { label: 'Instance', value: have.instanceId, place, about: 'Its id in EC2.' },
      ...adoptedDetails(have.isAdopted, place),
      {
        label: 'Type',
        value: have.instanceType,
        place,
        about: 'Its size in EC2; “server.instanceType” in sitelift.json. Change Instance Type… gives it another one.',
      },
      {
        label: 'Zone',
        value: have.zone,
        place,
        about: 'The availability zone. A volume can be attached within its zone only.',
      },
      {
        label: 'Address',
        value: have.host ?? 'none',
        place,
        about:
          have.address === 'elastic'
            ? 'Its public name. It stays when the server is stopped and started, as it is an Elastic IP address’s.'
            : 'Its public name. It changes when the server is stopped and started; Choose Server Address… gives it one that stays.',
      },
      {
        ...{ label: 'SSM agent', value: have.online ? 'online' : 'not online' },
        ...{
          place: { kind: 'agent', instanceId: have.instanceId },
          about: 'Pages reach the server through it; there is no SSH.',
        },
      },
      {
        ...{ label: 'Web server', value: web ? webServerText(web) : 'not known' },
        ...{ place, about: 'Apache httpd, which serves the document root.' },
      },
    ],
  };
}

function webServerText(web: { installed: boolean; enabled: boolean; active: boolean }): string {
  if (!web.installed) return 'not installed';
  return `${web.active ? 'running' : 'stopped'}, ${web.enabled ? 'enabled' : 'not enabled'} at boot`;
}
