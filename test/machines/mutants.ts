import type { ScriptName } from './scriptBench';

/** A fault that somebody could write into a script, and the check of `guest/<script>.sh` that must notice it. */
export interface Mutant {
  readonly fault: string;
  readonly script: Extract<ScriptName, 'deploy' | 'mount'>;
  readonly find: string;
  readonly put: string;
  readonly noticedBy: string;
}

/** Faults of deploy.sh. */
const DEPLOY: readonly Omit<Mutant, 'script'>[] = [
  {
    fault: 'the release is not compared',
    find: ' || stop published-meanwhile',
    put: ' || true',
    noticedBy: 'release',
  },
  { fault: 'the space is not compared', find: '|| stop disk-full', put: '|| : stop', noticedBy: 'space' },
  { fault: 'the inodes are not compared', find: '|| stop inodes-full', put: '|| : stop', noticedBy: 'inodes' },
  { fault: 'the sum is not compared', find: '|| stop wrong-bytes', put: '|| true', noticedBy: 'sum' },
  {
    fault: 'what tar says is ignored',
    find: '[ "$unpacked" = 0 ] || stop',
    put: '[ "$unpacked" = 0 ] || : stop',
    noticedBy: 'cut_bundle',
  },
  {
    fault: 'a full volume is told as something else',
    find: 'then stop full-meanwhile',
    put: 'then true',
    noticedBy: 'full_meanwhile',
  },
  {
    fault: 'the bundle is kept beside its pages',
    find: 'tee -p /dev/fd/3 |',
    put: 'tee -p /dev/fd/3 "$work/stage.tar.gz" |',
    noticedBy: 'one_copy',
  },
  {
    fault: 'the URL is an argument of curl',
    find: '--config - 2>',
    put: '"$URL" 2>',
    noticedBy: 'secret',
  },
  {
    fault: 'pages go before style sheets',
    find: "place ! -iname '*.html' ! -iname '*.htm' && place;",
    put: "place -iname '*.html' && place;",
    noticedBy: 'order',
  },
  {
    fault: 'the note of placing is written afterwards',
    find: 'note placing\n',
    put: '',
    noticedBy: 'order',
  },
  {
    fault: 'the note of placing stays',
    find: 'rm -f "$work/placing"\n',
    put: '',
    noticedBy: 'publishes',
  },
  {
    fault: 'the note of placing goes before the release is written',
    find: 'note release\nrm -f "$work/placing"\n',
    put: 'rm -f "$work/placing"\nnote release\n',
    noticedBy: 'order',
  },
  {
    fault: 'nothing is safe on the disk before a note is seen',
    find: '>"$work/$1.new"\n  sync -f "$root"\n',
    put: '>"$work/$1.new"\n',
    noticedBy: 'order',
  },
  {
    fault: 'a note is not safe on the disk before what follows it',
    find: '"$work/$1"\n  sync -f "$root"\n',
    put: '"$work/$1"\n',
    noticedBy: 'order',
  },
  { fault: 'folders are made later', find: 'xargs -0 -r mkdir -p --', put: 'xargs -0 -r true', noticedBy: 'order' },
  { fault: 'pages are copied', find: 'mv -f -t', put: 'cp -f -t', noticedBy: 'rename' },
  { fault: 'links are followed', find: 'if [ -L "$at" ]; then', put: 'if false; then', noticedBy: 'links' },
  {
    fault: 'a link as its own folder is followed',
    find: '[ ! -L "$work" ] || stop',
    put: '[ ! -L "$work" ] || : stop',
    noticedBy: 'links',
  },
  {
    fault: 'another kind of file is replaced',
    find: '[ ${#others[@]} = 0 ] || stop',
    put: '[ ${#others[@]} = 0 ] || : stop',
    noticedBy: 'other_kind',
  },
  {
    fault: 'a move that failed is ignored',
    find: '"$root/$folder" -- || exit 1',
    put: '"$root/$folder" -- || true',
    noticedBy: 'not_placed',
  },
  {
    fault: 'a refused URL is told as a lost connection',
    find: '22/*) stop fetch-refused "$http" ;;',
    put: '22/*) stop fetch-failed 7 x ;;',
    noticedBy: 'fetch',
  },
  { fault: 'nothing is tried again', find: 'for try in 1 2 3', put: 'for try in 1', noticedBy: 'fetch' },
  { fault: 'the server names an encoding', find: '  AddDefaultCharset Off\n', put: '', noticedBy: 'charset' },
  { fault: 'its own folder is served', find: 'Require all denied', put: 'Require all granted', noticedBy: 'private' },
  {
    fault: 'settings are not tried first',
    find: 'if ! apachectl configtest',
    put: 'if false && ! apachectl configtest',
    noticedBy: 'settings',
  },
  {
    fault: 'a root without its volume is filled',
    find: 'mountpoint -q "$root" || stop',
    put: 'mountpoint -q "$root" || : stop',
    noticedBy: 'not_mounted',
  },
  { fault: 'another run is not waited for', find: 'flock -w 300 9 || stop busy', put: 'true', noticedBy: 'busy' },
];

/** Faults of mount.sh. */
const MOUNT: readonly Omit<Mutant, 'script'>[] = [
  {
    fault: 'every disk counts as blank',
    find: 'is_blank() {\n',
    put: 'is_blank() {\n  return 0\n',
    noticedBy: 'ambivalent_disk',
  },
  {
    fault: 'every partition counts as blank',
    find: 'is_blank() {\n',
    put: 'is_blank() {\n  return 0\n',
    noticedBy: 'ambivalent_partition',
  },
  {
    fault: 'an empty partition table counts as nothing',
    find: 'is_blank() {\n',
    put: 'is_blank() {\n  return 0\n',
    noticedBy: 'empty_table',
  },
  {
    fault: "a stranger's blank disk is formatted",
    find: '[ "$CREATED_BLANK" = yes ] || stop',
    put: '[ "$CREATED_BLANK" = yes ] || : stop',
    noticedBy: 'not_ours',
  },
  {
    fault: 'the first disk is taken',
    find: "'$2 == serial { print $1 }'",
    put: "'$2 { print $1; exit }'",
    noticedBy: 'serial',
  },
  {
    fault: 'it is mounted by its name',
    find: 'entry="UUID=$uuid ',
    put: 'entry="$target ',
    noticedBy: 'mounts',
  },
  { fault: 'the server does not boot without it', find: 'defaults,nofail,', put: 'defaults,', noticedBy: 'mounts' },
  { fault: 'its line is not marked', find: ',x-sitelift 0 2', put: ' 0 2', noticedBy: 'mounts' },
  {
    fault: 'no line is written',
    find: '{ fstab for; echo "$entry"; } | write_fstab',
    put: 'true',
    noticedBy: 'mounts',
  },
  {
    fault: 'the web server does not wait for it',
    find: 'RequiresMountsFor=',
    put: 'Documentation=',
    noticedBy: 'mounts',
  },
  {
    fault: 'what others mounted is taken for nothing',
    find: '-nro SOURCE --mountpoint',
    put: '-nro UUID --mountpoint',
    noticedBy: 'other_mount',
  },
  {
    fault: 'lines of others are dropped',
    find: '[ -z "$foreign" ] || stop',
    put: '[ -z "$foreign" ] || : stop',
    noticedBy: 'other_fstab_line',
  },
  {
    fault: 'lines of other mount points are dropped',
    find: 'here = !/^[[:space:]]*#/ && point == at',
    put: 'here = index($0, at)',
    noticedBy: 'own_fstab_line',
  },
  {
    fault: 'sizes are not compared',
    find: '[ "$bytes" -lt "$free" ] || stop',
    put: '[ "$bytes" -lt "$free" ] || : stop',
    noticedBy: 'too_big',
  },
  {
    fault: 'inodes are not compared',
    find: '[ "$inodes" -lt "$free_inodes" ] || stop',
    put: '[ "$inodes" -lt "$free_inodes" ] || : stop',
    noticedBy: 'too_big',
  },
  { fault: 'old pages vanish', find: 'cp -a "$MOUNT_POINT/." "$aside/"', put: 'true', noticedBy: 'mounts' },
  {
    fault: 'a copy that was cut short counts as whole',
    find: 'content "$aside" -exec rm -rf {} +',
    put: 'true',
    noticedBy: 'copies_again',
  },
  {
    fault: "another server's pages are removed",
    find: ' && [ "$(cat "$copying")" = "$(cat /etc/machine-id)" ]',
    put: '',
    noticedBy: 'copy_from_elsewhere',
  },
  {
    fault: 'old pages go over those of the volume',
    find: 'if [ -z "$(content "$aside")" ] && ',
    put: 'if ',
    noticedBy: 'keeps_volume',
  },
  {
    fault: 'the copy is noted afterwards',
    find: '>"$copying"\n    sync -f "$aside"\n    cp -a "$MOUNT_POINT/." "$aside/"\n',
    put: '>"$copying.new"\n    cp -a "$MOUNT_POINT/." "$aside/"\n    sync -f "$aside"\n    mv "$copying.new" "$copying"\n',
    noticedBy: 'copy_order',
  },
  {
    fault: 'the line in fstab comes before the mount',
    find: '  mount "$target" "$MOUNT_POINT"\n',
    put: '  { fstab for; echo "UUID=$uuid $MOUNT_POINT ext4 defaults 0 2"; } | write_fstab\n  mount "$target" "$MOUNT_POINT"\n',
    noticedBy: 'copy_order',
  },
  {
    fault: 'the volume stays mounted aside',
    find: 'trap put_away EXIT\n',
    put: '',
    noticedBy: 'too_big',
  },
  {
    fault: 'other contents are mounted',
    find: '  *) stop other-file-system',
    put: '  *) : stop other-file-system',
    noticedBy: 'other_contents',
  },
];

/** All faults, each in one place of its script. */
export const MUTANTS: readonly Mutant[] = [
  ...DEPLOY.map((mutant) => ({ ...mutant, script: 'deploy' as const })),
  ...MOUNT.map((mutant) => ({ ...mutant, script: 'mount' as const })),
];

/** A script with the fault in it; throws when the place is not there, or not the only one. */
export function mutated(script: string, { fault, find, put }: Pick<Mutant, 'fault' | 'find' | 'put'>): string {
  const parts = script.split(find);
  if (parts.length !== 2) throw new Error(`“${fault}”: its place is ${parts.length - 1} times in the script.`);
  return parts.join(put);
}
