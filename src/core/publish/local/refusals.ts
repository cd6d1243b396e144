import ignore from 'ignore';
import { isAsset } from './assetTypes';

/** A kind of name that is not simply published. */
export interface Refusal {
  /** Matched against one part of a path; case never matters. */
  readonly pattern: RegExp;
  readonly reason: string;
  /** `never`: nothing can allow it. `left`: left out without leave (“publish.allow” of the site file). `stops`: so is the whole publication. */
  readonly rule: 'never' | 'left' | 'stops';
  /** Holds for folders as well. */
  readonly folders?: true;
}

const KEY = 'key files are never published';
const CREDENTIALS = 'credentials are never published';
const DEPENDENCIES = 'dependencies are left out';
const SYSTEM = 'it belongs to the operating system';
const BACKUP = 'backup copies are left out';
const SERVERS = 'descriptions of servers are left out';
const ACCESS = 'settings of a web server are never published';
const PROGRAMS = 'settings of programs, which may hold passwords, are never published';
const REPOSITORY = 'repositories, which hold all that was ever in them, are left out';

/** Refused whatever the name ends with. */
const ALWAYS: readonly Refusal[] = [
  { pattern: /^\./, reason: 'names that start with a dot are never published', rule: 'never', folders: true },
  { pattern: /\uFFFD/, reason: 'its name is not valid UTF-8', rule: 'never', folders: true },
  { pattern: /^sitelift\.json$/i, reason: 'it is the site file', rule: 'never' },
];

/** Refused unless the name ends like a page or an image; the first that matches decides. */
const REFUSALS: readonly Refusal[] = [
  {
    pattern: /^(service[-_]?account|client[-_]?secret|.*firebase-adminsdk).*\.json/i,
    reason: CREDENTIALS,
    rule: 'never',
  },
  {
    pattern: /^(.*[-_.])?credentials?(\.(json|csv|ya?ml|ini|txt|toml|xml|db))?$/i,
    reason: CREDENTIALS,
    rule: 'never',
  },
  { pattern: /^(rootkey|.*access_?keys)\.csv/i, reason: CREDENTIALS, rule: 'never' },
  {
    pattern:
      /^(s?ftp(-?config(-alt\d*)?)?\.json|(ws_ftp|winscp)\.ini|(filezilla|sitemanager|recentservers|dwsync)\.xml|[._]?(netrc|pgpass)(\.conf)?|.*_history|shadow|.*\.pwd)$/i,
    reason: CREDENTIALS,
    rule: 'never',
  },
  {
    pattern: /^((secrets?|passwords?)(\..+)?|passwd(\..+)?|kubeconfig([-_.].+)?|auth\.json)$/i,
    reason: CREDENTIALS,
    rule: 'never',
  },
  {
    pattern: /\.env(?![a-z0-9])|^env(\.(local|prod.*|dev.*|stag.*|test))?$/i,
    reason: 'environment files are never published',
    rule: 'never',
  },
  {
    pattern: /\.(tfstate|tfvars)(?![a-z0-9])/i,
    reason: 'Terraform’s state and variables are never published',
    rule: 'never',
    folders: true,
  },
  {
    pattern: /(^|[-_.])ht(passwd|access|group|digest)s?(?![a-z0-9])|^web\.([a-z0-9]+\.)?config(?![a-z0-9])/i,
    reason: ACCESS,
    rule: 'never',
  },
  { pattern: /^_vti_/i, reason: ACCESS, rule: 'never', folders: true },
  {
    pattern:
      /^(wp-config|(local)?(config|settings)|configuration|database|parameters)([-_.].*)?\.(php|inc)|^wp-config(\.txt)?$|^(app|connectionstrings)\.config$/i,
    reason: PROGRAMS,
    rule: 'never',
  },
  {
    pattern: /^((database|parameters)\.ya?ml|ormconfig\.(json|ya?ml)|application(-\w+)?\.(ya?ml|properties))$/i,
    reason: 'settings of programs, which may hold passwords, are left out',
    rule: 'left',
  },
  {
    pattern: /^appsettings(\..+)?\.json$/i,
    reason: 'it holds settings of a program, which are often secret',
    rule: 'stops',
  },
  {
    pattern:
      /\.(pem|key|p8|p12|pfx|ppk|jks|keystore|keytab|kdbx|ovpn|mobileprovision|asc|der)(?![a-z0-9])|^id_(rsa|dsa|ecdsa|ed25519)(?![a-z0-9])|^(secring|private)([-_.].*)?\.(gpg|pgp)$/i,
    reason: KEY,
    rule: 'never',
  },
  {
    pattern:
      /^(.*[-_. ])?(credentials?|secrets?|passwords?|tokens?|(api|access|private|secret)[-_ ]?keys?)([-_. ].*)?\.(json|csv|tsv|ya?ml|ini|txt|toml|xml|properties|conf|cfg|docx?|xlsx?|od[st]|rtf|enc)$|^(.*[-_.])?private[-_]?key$/i,
    reason: 'its name says that it holds something secret',
    rule: 'left',
  },
  { pattern: /^(cvs|_darcs|rcs|sccs)$/i, reason: REPOSITORY, rule: 'left', folders: true },
  { pattern: /^(node_modules|__pycache__|venv|virtualenv)$/i, reason: DEPENDENCIES, rule: 'left', folders: true },
  { pattern: /\.py[cod]$/i, reason: DEPENDENCIES, rule: 'left' },
  {
    pattern:
      /^((eh)?thumbs(_vista)?\.db|desktop\.ini|__macosx|icon\r|\$recycle\.bin|system volume information|lost\+found|@eadir)$/i,
    reason: SYSTEM,
    rule: 'left',
    folders: true,
  },
  {
    pattern:
      /(\.(bak|backup|old|orig|save|sav|(kate-)?sw[a-p]|tmp)[\d.]*|\.\w+[-_](bak|backup|old|orig|save)\d*|~|___jb_\w+___|^#.*#)$|^~\$/i,
    reason: BACKUP,
    rule: 'left',
    folders: true,
  },
  {
    pattern: /^(.*[-_. ])?(backup|bak|dump)s?([-_. \d].*)?\.(zip|tar|tgz|gz|bz2|xz|zst|7z|rar)$/i,
    reason: BACKUP,
    rule: 'left',
  },
  {
    pattern:
      /^(www|wwwroot|public_html|htdocs|httpdocs|web-?site|site)([-_. \d].*)?\.(zip|tar|tgz|tar\.(gz|bz2|xz|zst)|7z|rar)$/i,
    reason: BACKUP,
    rule: 'left',
  },
  {
    pattern:
      /\.(sql(ite\d?)?|db\d?|mdb|accdb|[pg]?dump|rdb|bson|frm|ibd|my[di]|mdf|ldf)(-(wal|shm|journal))?(\.(gz|bz2|xz|zst|zip|7z|txt))?$/i,
    reason: 'databases and copies of them are left out',
    rule: 'left',
  },
  {
    pattern: /\.(har|pcap(ng)?|hprof|m?dmp|rdp|pst|ost|mbox|eml)$|^core(\.\d+)?$/i,
    reason: 'recordings of traffic, memory and mail are left out',
    rule: 'left',
  },
  { pattern: /^(.*[-_.])?(error|access)_log(\..+)?$|\.log([-.\d].*)?$/i, reason: 'logs are left out', rule: 'left' },
  {
    pattern:
      /^((docker-)?compose.*\.ya?ml|(docker|container|vagrant|proc|jenkins)file(\..+)?|.*\.tf(\.json)?|ansible\.cfg|(nginx|httpd|apache2?|vhosts?|wg\d+)\.conf|php\.ini|my\.cnf|(serverless|vault.*)\.ya?ml)$/i,
    reason: SERVERS,
    rule: 'left',
  },
  {
    pattern:
      /\.(php\d?|phtml|phps|phar|inc|as[chmp]x?|cshtml|vbhtml|jspx?|jspf|f?cgi|p[lmy]|pyw|e?rb|cf[mc]|lua|tcl|sh|bash|ps1|bat|cmd)$|\.(php\d?|phtml|aspx?|jspx?|cfm)([-_.](txt|dist|sample|example|src|\d[-.\d]*)|_)$/i,
    reason: 'this server runs no programs, so everybody could read the source of this one',
    rule: 'stops',
  },
];

/** What people read; a page about backups or keys is no backup and no key. */
const READ = /\.(x?html?|css)$/i;

/** Why one part of a path is not simply published; undefined for most. A copy is refused like what it is a copy of. */
export function refusal(name: string, isFolder: boolean): Refusal | undefined {
  const found = [name, originalOf(name)].flatMap((spelling) => refusalOf(spelling, isFolder) ?? []);
  return found.find(({ rule }) => rule === 'never') ?? found[0];
}

/** What a copy was named before browsers and file managers numbered it, without the dots and spaces that Windows drops. */
function originalOf(name: string): string {
  return name
    .replace(/^copy of /i, '')
    .replace(/((?: -)? copy(?: \d+)?| ?\(\d+\))+(?=(\.\w+)*[. ]*$)/i, '')
    .replace(/[. ]+$/, '');
}

function refusalOf(name: string, isFolder: boolean): Refusal | undefined {
  const matches = ({ pattern, folders }: Refusal) => (folders || !isFolder) && pattern.test(name);
  const always = ALWAYS.find(matches);
  return always || (!isFolder && (READ.test(name) || isAsset(name))) ? always : REFUSALS.find(matches);
}

/** What a folder's content says of it: one that a package manager filled, or a bare repository. A `vendor` folder of a site's own scripts is none. */
export function folderRefusal(name: string, content: readonly string[]): Refusal | undefined {
  const isComposers = /^vendor$/i.test(name) && content.some((entry) => /^(autoload\.php|composer)$/i.test(entry));
  if (isComposers || content.includes('pyvenv.cfg')) return { pattern: /^/, reason: DEPENDENCIES, rule: 'left' };
  const isRepository = ['HEAD', 'objects', 'refs'].every((entry) => content.includes(entry));
  return isRepository ? { pattern: /^/, reason: REPOSITORY, rule: 'left' } : undefined;
}

/** Leave to publish what is otherwise left out or stops: patterns as in a `.gitignore`, matched against paths below the root. */
export function leave(allow: readonly string[]): (path: string) => boolean {
  const patterns = ignore().add([...allow]);
  return (path) => patterns.ignores(path);
}

/** Names of files by which Apache and IIS let only some people into a folder. */
export const ACCESS_FILE = /^(\.htaccess|web\.config)$/i;

const RESTRICTS =
  /\b(auth\w*|require\w*|deny|allow|order|satisfy|limit\w*|ipSecurity|requestFiltering)\b|[[,]\s*F\s*[\],]/i;

/** True when such a file says who may see what, and does not just redirect or set headers. */
export function restrictsAccess(text: string): boolean {
  return text.split('\n').some((line) => !/^\s*#/.test(line) && RESTRICTS.test(line));
}
