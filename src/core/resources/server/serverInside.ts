import type { Context } from '../../context';
import type { Op } from '../../op';
import type { Step } from '../../plan';
import { inspect, type Inspection } from '../../remote/inspect';
import webServerScript from '../../remote/scripts/webServer.sh';
import { describeAgent, runScript, waitUntilOnline } from '../../remote/ssm';
import { runningInstance } from '../lookup';
import { readDetail } from '../resource';

/** What a running server’s agent tells. */
export interface Inside {
  readonly online: boolean;
  /** Which of the systems of site files it runs on, if one of them. */
  readonly system: string | undefined;
  readonly inspection: Inspection | undefined;
  /** Why there is no inspection. */
  readonly inspectionProblem?: string;
}

/** What is known of the inside of a server that does not run. */
export const OFF: Inside = { online: false, system: undefined, inspection: undefined };

/** Asks the agent of a running server whether it answers, and then looks inside. */
export async function lookInside(context: Context, instanceId: string, op: Op): Promise<Inside> {
  const agent = await readDetail(
    'whether the server’s agent answers',
    () => describeAgent(context, instanceId, op),
    op,
  );
  if (agent.problem !== undefined) return { ...OFF, inspectionProblem: agent.problem };
  const { online, system } = agent.value;
  if (!online) return { ...OFF, system };
  const look = await readDetail('what is inside the server', () => inspect(context, instanceId, op), op);
  return look.problem === undefined
    ? { online, system, inspection: look.value }
    : { online, system, inspection: undefined, inspectionProblem: look.problem };
}

/** The step that makes the web server run; none where a look found that it does. A running server whose agent does not answer is looked at again by the step itself. */
export function webServerSteps(context: Context, inspection: Inspection | undefined): Step[] {
  const found = inspection?.webServer;
  if (found?.enabled && found.active) return [];
  return [{ key: 'webServer', title: webServerTitle(found), run: (op) => installWebServer(context, op) }];
}

function webServerTitle(found: Inspection['webServer'] | undefined): string {
  if (!found?.installed) return 'install, enable and start the web server (httpd)';
  const wrong = found.active ? 'is not started at boot, wanted started' : 'is stopped, wanted running';
  return `enable and start the web server (httpd), which ${wrong}`;
}

async function installWebServer(context: Context, op: Op): Promise<void> {
  const { InstanceId } = await runningInstance(context, op);
  await installWebServerOn(context, InstanceId, op);
}

/** Waits until the agent of a running instance answers, and installs, enables and starts its web server. */
export async function installWebServerOn(context: Context, InstanceId: string, op: Op): Promise<void> {
  await waitUntilOnline(context, InstanceId, op);
  await runScript(context, InstanceId, { name: 'web server', script: webServerScript, timeoutSeconds: 900 }, op);
}
