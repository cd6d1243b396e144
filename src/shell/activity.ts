import * as vscode from 'vscode';
import { isAbort, isDeclined } from '../core/op';
import type { Site } from '../core/site';
import { soFarLines, soFarOf } from '../core/soFar';
import type { Log } from './log';
import type { Surface } from './tell';

/** Something that goes on for a site of the window. */
export interface Activity {
  /** Address of the site's folder. */
  readonly folder: string;
  readonly title: string;
  /** 0 to 100; undefined while nothing is known of it. */
  readonly percent: number | undefined;
  cancel(): void;
}

/** What goes on, and what keeps failing without being told again. */
export interface Activities {
  readonly going: Map<object, Activity>;
  /** Why publishing on save failed, by the address of the folder. */
  readonly troubles: Map<string, string>;
  readonly changed: vscode.EventEmitter<void>;
}

/** Where activities are kept, and how they are told. */
interface Books {
  readonly activities: Activities;
  readonly log: Log;
}

/** A surface on which work is seen by the whole window while it goes on, and which leaves a line in the log at its begin and at its end. */
export function followed({ activities, log }: Books, folder: vscode.Uri, site: Site, surface: Surface): Surface {
  const of = `site “${site.name}” (${site.id}), account ${site.account}, region ${site.region}`;
  return (title, work) =>
    surface(title, async (report, cancellation) => {
      const key = {};
      const cancelling = new vscode.CancellationTokenSource();
      const relay = cancellation.onCancellationRequested(() => cancelling.cancel());
      const cancel = () => cancelling.cancel();
      let reached = 0;
      const follow = (percent: number | undefined) => {
        activities.going.set(key, { folder: folder.toString(), title, percent, cancel });
        activities.changed.fire();
      };
      const startedMs = Date.now();
      const end = (how: string) => log.info(`End: ${title}, ${of}: ${how} after ${secondsSince(startedMs)} s`);
      log.info(`Begin: ${title}, ${of}`);
      follow(undefined);
      try {
        const result = await work((message, increment) => {
          reached += increment;
          if (increment > 0) follow(Math.min(100, Math.floor(reached)));
          report(message, increment);
        }, cancelling.token);
        end(outcomeOf(result));
        return result;
      } catch (error) {
        for (const line of soFarLines(soFarOf(error) ?? { done: [], begun: [], waiting: [] })) log.info(line);
        end(
          isAbort(error) || isDeclined(error)
            ? 'cancelled'
            : `failed (${error instanceof Error ? error.message : String(error)})`,
        );
        throw error;
      } finally {
        relay.dispose();
        activities.going.delete(key);
        activities.changed.fire();
      }
    });
}

/** Settles once nothing goes on for a folder. */
export function quiet({ going, changed }: Activities, folder: string): Promise<void> {
  const isQuiet = () => Array.from(going.values()).every((activity) => activity.folder !== folder);
  if (isQuiet()) return Promise.resolve();
  return new Promise((resolve) => {
    const subscription = changed.event(() => {
      if (!isQuiet()) return;
      subscription.dispose();
      resolve();
    });
  });
}

/** In words what came of it, as far as its result tells. */
function outcomeOf(result: unknown): string {
  if (result === undefined) return 'nothing done';
  if (typeof result !== 'object' || result === null) return 'done';
  const { release, steps } = result as { release?: unknown; steps?: unknown };
  const told = [
    ...(Array.isArray(steps) ? [`${steps.length} ${steps.length === 1 ? 'step' : 'steps'}`] : []),
    ...(typeof release === 'string' && release ? [`release ${release}`] : []),
  ];
  return ['done', ...told].join(', ');
}

function secondsSince(startedMs: number): string {
  return ((Date.now() - startedMs) / 1000).toFixed(1);
}
