import * as vscode from 'vscode';

/** The settings that decide which credentials are used and how AWS is reached, for one folder. */
export interface ConnectionSettings {
  /** Profile of the AWS configuration files; undefined for the default credential chain. */
  readonly profile: string | undefined;
  /** Region of new sites. */
  readonly region: string | undefined;
  readonly proxyUrl: string | undefined;
  readonly noProxy: readonly string[];
}

/** Reads the settings as they are now for a folder. */
export function connectionSettings(folder: vscode.WorkspaceFolder | undefined): ConnectionSettings {
  const own = vscode.workspace.getConfiguration('sitelift', folder?.uri ?? null);
  const http = vscode.workspace.getConfiguration('http');
  return {
    profile: own.get<string>('profile') || undefined,
    region: own.get<string>('region') || undefined,
    proxyUrl: http.get<string>('proxy') || undefined,
    noProxy: http.get<string[]>('noProxy') ?? [],
  };
}

/** The profiles of the window's folders, undefined for the default credential chain. */
export function profilesInUse(): readonly (string | undefined)[] {
  return (vscode.workspace.workspaceFolders ?? []).map((folder) => connectionSettings(folder).profile);
}

/** Writes profile and default region into the folder's settings. */
export async function saveConnection(
  folder: vscode.WorkspaceFolder,
  profile: string | undefined,
  region: string | undefined,
): Promise<void> {
  const settings = vscode.workspace.getConfiguration('sitelift', folder.uri);
  const target = vscode.ConfigurationTarget.WorkspaceFolder;
  await settings.update('profile', profile, target);
  if (region) await settings.update('region', region, target);
}

/** True where the files of a folder are to be published as they are saved. */
export function publishesOnSave({ uri }: vscode.WorkspaceFolder): boolean {
  return vscode.workspace.getConfiguration('sitelift', uri).get<boolean>('publishOnSave') === true;
}
