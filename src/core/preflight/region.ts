import { ec2In } from '../aws/clients';
import { SELECT_PROFILE } from '../aws/errors';
import { HOME_REGION, isSwitchedOn, mustBeSwitchedOn, switchedOffSentence } from '../aws/regions';
import type { Context } from '../context';
import type { Op } from '../op';
import type { PreflightFinding } from './finding';

/** Looks whether the account has switched the site’s region on, which only one that it has to can be without; asked elsewhere, as the region itself tells nobody. */
export async function lookAtRegion({ clients, site }: Context, op: Op): Promise<readonly PreflightFinding[]> {
  const { region } = site;
  if (!mustBeSwitchedOn(region)) return [];
  if ((await isSwitchedOn(ec2In(clients, HOME_REGION), region, op)) !== false) return [];
  return [{ what: 'region', severity: 'stops', sentence: switchedOffSentence(region), remedy: SELECT_PROFILE }];
}
