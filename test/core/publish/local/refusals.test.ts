import assert from 'node:assert/strict';
import {
  ACCESS_FILE,
  folderRefusal,
  leave,
  refusal,
  restrictsAccess,
} from '../../../../src/core/publish/local/refusals';

const NEVER = `
  .env .git .htaccess .HTPASSWD .env.html .hidden.png sitelift.json Sitelift.JSON
  wp-config.php wp-config.php.bak wp-config-sample.php config.php config.inc.php Configuration.php LocalSettings.php settings.local.php database.php
  terraform.tfstate terraform.tfstate.backup prod.tfvars prod.tfvars.json credentials credentials.json Credentials.csv aws_credentials.csv
  new_user_credentials.csv secrets.yml secrets.js passwords.txt service-account.json service_account-prod.json client_secret_1.json
  x-firebase-adminsdk-1.json prod.env prod.env.local env env.local ENV.production app.env~ htpasswd htgroups web.config
  AuthKey_X.p8 AuthKey.P8 key.der cert.PEM server.key SERVER.KEY server.key.bak server.key.1 server.pem.txt id_rsa id_ed25519_sk ID_RSA.PUB
  a.p12 a.pfx a.ppk a.jks a.keystore a.keytab a.kdbx home.ovpn kubeconfig kubeconfig.yaml rootkey.csv accessKeys.csv auth.json passwd
  secrets passwords passwd.txt kubeconfig-prod prod.env-old prod.env_bak htdigest users.htpasswd htpasswd.txt Web.Release.config web.config.txt wp-config
  wp-config.txt app.config sftp-config.json ftp.json WS_FTP.ini filezilla.xml dwsync.xml _netrc pgpass.conf bash_history shadow service.pwd secring.gpg
  serviceaccount.json clientsecret.json client_secret.json.bak credential.json credentials.yml credentials.yaml access_keys.csv anna_accessKeys.csv secret.txt
  password.txt env.development env.staging localconfig.php settings.php5 wp-config.php8 config-old.inc
  sftp.json ftp-config.json ftpconfig.json sftp-config-alt.json sftp-config-alt12.json WinSCP.ini netrc mysql_history my.htaccess connectionStrings.config
  private-2.pgp private.gpg _vti_cnf
`;
const LEFT = `
  index.html~ index.php~ a.bak a.BAK a.bak2 page.html.old a.orig a.save a.swp x.swo x.tmp #a# dump.sql dump.sql.gz a.sqlite a.sqlite3 a.db data.sqlite-wal
  backup.zip site-backup-2026.tar.gz backup2.7z my_dump.tgz error_log access_log apache-error_log.1 debug.log a.log.1.gz thumbs.db Thumbs.db desktop.ini
  docker-compose.yml docker-compose.prod.yaml compose.yaml Dockerfile Dockerfile.prod Vagrantfile a.pyc
  prod-secrets.json app.secrets.json credentials-2.csv credentials.json.enc api_keys.json apikey.txt token.json private_key.txt privatekey database.yml
  parameters.yaml application-prod.yml ormconfig.json index.php_bak index.html-old a.swn a.kate-swp index.html___jb_tmp___ ~$brief.docx dump.sql.txt a.frm
  www.zip public_html.tar.gz site-2026.zip a.har a.eml core core.1234 main.tf nginx.conf vault.yml
  a.bak.12 site-backups.zip a.db3 error_log.10 a.log-2026 a.log compose.yml ehthumbs.db ehthumbs_vista.db thumbs_vista.db #note#
  database.yaml parameters.yml ormconfig.yml ormconfig.yaml application.yaml application.properties api-key.txt apikeys.json notes_secret_2.docx
  notes_secret_2.doc passwords-old.xlsx passwords-old.xls secret-notes.odt my-private-key index.html_bak12 wwwroot.zip htdocs.tgz web-site.zip website.rar
  site.tar.xz a.pdump a.gdump a.dump a.myd a.myi a.pcap a.pcapng a.mdmp a.dmp a.tf.json vhost.conf vhosts.conf apache.conf apache2.conf wg0.conf wg12.conf
  vault-prod.yaml serverless.yaml CVS node_modules token.yml token.yaml my.privatekey old.private_key index.php_bak2
`;
const STOPS = `
  index.php INDEX.PHP a.php5 a.phtml a.phar header.inc a.asp a.aspx a.ashx a.asmx a.cshtml a.jsp a.jspx a.cgi a.fcgi a.pl a.pm a.py a.rb a.erb a.cfm a.lua
  install.sh a.ps1 a.bat index.php.txt index.php-dist index.php.1 index.php.2026-01-31 page.aspx_ appsettings.json appsettings.Production.json
  my-config.php reconfig.php a.php5_ a.asp.txt a.jsp-dist a.jspx.sample index.php-1 index.php.12
`;
const PUBLISHED = `
  index.html style.css app.js data.json logo.png LICENSE robots.txt sitemap.xml CNAME fonts.woff2 release-1.2.zip downloads.tar.gz app.wasm
  credentials.html secrets.html the.key.to.it.html a.key.png backup.html backup.css monkey.keyboard.js environment.js changelog.txt blog.xml
  catalog.json keys.json author.json settings.json dialog.js config.js update.exe description.txt humans.txt manifest.webmanifest
  what-is-a.log.html docker.html profile.json logs.json oldest.txt threshold.js
  datepicker.pl.js strings.pl.json sitemap.xml.gz site.css.gz website.js tokens.css tokens.js token-ring.html secretary.txt history.txt Release.gpg app.js.map
  environments.json application.js database.js index.php.html website.webmanifest corefile.txt package.json copyright.txt copy.txt photocopy.txt
  my-sitelift.json sitelift.json.txt self-service-accounts.json nocredentials.json grootkey.csv opensecrets.json kubeconfigure.js
  oauth.json auth.json.txt openenv env.js env.testing a.environment prod.tfvarsdoc xhtpasswd a.keynote.txt a.dera.txt paid_rsa id_rsax
  a.pycx xdesktop.ini desktop.ini.txt a~b.txt a#b# mybackup.zip dumpling.zip backup.zip.txt a.dbx terror_log error_logs.txt a.logo a.login.js
  my-compose.yml compose.yaml.txt dockerfiles.txt a.shx credentials.xhtml credentials.htm
  myftp.json ftp.json5 xfilezilla.xml shadows overshadow a.pwdx secretsanta passwdx htaccessx myweb.config web.configure my_vti_x wp-configuration my-wp-config
  myapp.config app.config.js mydatabase.yml database.yml.md myappsettings.json appsettings.json5 myprivate.gpg private.gpgx secrings.gpg mytoken.json
  token.jsonx tokenx.json myprivatekey privatekeys cvsx xcvs index.html___jb_tmp___x a~$b.docx mysite.zip sites.zip www.zipx a.sql.md core.js a.harx
  secrets.htm passwords.xhtml hardcore core.12x my.cnfx xnginx.conf nginx.conf.md a.php.textile index.php.1x
`;
const names = (list: string) => list.trim().split(/\s+/);
const rules = (list: string) => names(list).map((name) => [name, refusal(name, false)?.rule]);

describe('refusal', () => {
  it('lets nobody publish secrets, whatever their case and whatever hangs on their names', () => {
    for (const [name, rule] of rules(NEVER)) assert.equal(rule, 'never', name);
    assert.equal(refusal('sitelift\uFFFD.txt', false)?.rule, 'never');
  });

  it('takes a copy for what it is a copy of, and drops what Windows drops', () => {
    for (const name of [
      ...[
        'credentials (1).csv',
        'credentials copy.json',
        'Copy of credentials.json',
        'rootkey (12).csv',
        'prod.env copy 2',
      ],
      ...[
        'prod - Copy.env',
        'credentials.json ',
        'prod.env.',
        'sitelift copy.json',
        'sitelift.json. ',
        'server.key (1)',
      ],
    ]) {
      assert.equal(refusal(name, false)?.rule, 'never', name);
    }
    for (const name of ['dump.sql copy', 'debug (2).log', 'my passwords.txt']) {
      assert.equal(refusal(name, false)?.rule, 'left', name);
    }
    for (const name of ['index.php.', 'index copy.php', 'index.php ']) {
      assert.equal(refusal(name, false)?.rule, 'stops', name);
    }
    for (const name of ['rootkey(3).csv', 'prod.env copy 12', 'prod.env copy copy', 'prod.env (1) (2).']) {
      assert.equal(refusal(name, false)?.rule, 'never', name);
    }
    for (const name of ['xcopy of server.crt', 'photocopy of auth.json', 'auth copy.json.txt']) {
      assert.equal(refusal(name, false), undefined, name);
    }
    for (const name of ['index copy.html', 'photo (1).txt', 'data copy.json', 'copy of a.txt']) {
      assert.equal(refusal(name, false), undefined, name);
    }
  });

  it('leaves out backups, databases, logs and what describes servers', () => {
    for (const [name, rule] of rules(LEFT)) assert.equal(rule, 'left', name);
  });

  it('stops at what another server would run', () => {
    for (const [name, rule] of rules(STOPS)) assert.equal(rule, 'stops', name);
  });

  it('takes what a site consists of, pages and images about secrets too', () => {
    for (const [name, rule] of rules(PUBLISHED)) assert.equal(rule, undefined, name);
  });

  it('refuses folders of dependencies and hidden ones, and not those that are named like a file', () => {
    const folders = [
      'node_modules',
      'Node_Modules',
      'venv',
      '__pycache__',
      '.git',
      'site.old',
      '__MACOSX',
      'CVS',
      '_vti_pvt',
      '$RECYCLE.BIN',
      'lost+found',
      'a.tfstate',
    ];
    for (const name of [...folders, 'a\uFFFD']) assert.ok(refusal(name, true), name);
    for (const name of ['credentials', 'env', 'auth.json', 'perl.pl', 'data.db', 'sitelift.json', 'my-venv', 'venvs']) {
      assert.equal(refusal(name, true), undefined, name);
    }
  });
});

describe('a reason', () => {
  it('tells what a name was taken for', () => {
    const reasons: Record<string, RegExp> = {
      '.env': /start with a dot/,
      'a\uFFFD.txt': /not valid UTF-8/,
      'sitelift.json': /the site file/,
      'server.key': /^key files/,
      'credentials.json': /^credentials/,
      'prod.env': /^environment files/,
      'prod.tfvars': /^Terraform/,
      'web.config': /settings of a web server/,
      'wp-config.php': /may hold passwords/,
      node_modules: /^dependencies/,
      'Thumbs.db': /operating system/,
      'icon\r': /operating system/,
      'a.bak': /^backup copies/,
      'a.sql': /^databases/,
      error_log: /^logs/,
      Dockerfile: /descriptions of servers/,
      'a.php': /could read the source/,
      'app.config': /may hold passwords/,
      'database.yml': /may hold passwords, are left out/,
      'appsettings.json': /often secret/,
      'prod-secrets.json': /^its name says/,
      CVS: /^repositories/,
      'a.har': /^recordings/,
    };
    for (const [name, reason] of Object.entries(reasons))
      assert.match(refusal(name, false)?.reason ?? '', reason, name);
  });
});

describe('folderRefusal', () => {
  it('knows a bare repository by what is in it', () => {
    assert.equal(folderRefusal('demo.git', ['HEAD', 'config', 'objects', 'refs'])?.rule, 'left');
    assert.equal(folderRefusal('demo', ['HEAD', 'objects.html', 'refs']), undefined);
  });

  it('knows a folder that a package manager filled by what is in it', () => {
    const composers = folderRefusal('Vendor', ['a.js', 'Autoload.php']);
    assert.deepEqual([composers?.rule, composers?.reason], ['left', 'dependencies are left out']);
    assert.ok(folderRefusal('vendor', ['composer']));
    assert.ok(folderRefusal('my', ['bin', 'pyvenv.cfg']));
    for (const [name, ...content] of [
      ['vendor', 'jquery.js', 'my-composer', 'composer.json', 'old-autoload.php', 'autoload.php.txt'],
      ['vendors', 'autoload.php'],
      ['my-vendor', 'autoload.php'],
      ['js', 'autoload.php'],
      ['vendor'],
    ] as const) {
      assert.equal(folderRefusal(name, content), undefined, name);
    }
  });
});

describe('leave', () => {
  it('is given by patterns as in a .gitignore, whatever the case', () => {
    const allowed = leave(['/downloads/*.sql', '*.sh', 'members/', '!members/list.sh']);
    for (const path of ['downloads/A.SQL', 'a/b/install.sh', 'members/a.php']) assert.ok(allowed(path), path);
    for (const path of ['a.sql', 'x/downloads/a.sql', 'downloads/x/a.sql', 'member/a.php'])
      assert.ok(!allowed(path), path);
    assert.ok(!leave([])('a.php'));
  });
});

describe('restrictsAccess', () => {
  it('is asked of the files that Apache and IIS read', () => {
    for (const name of ['.htaccess', 'Web.config']) assert.match(name, ACCESS_FILE);
    for (const name of ['my.htaccess', '.htaccess.txt', 'web.config.bak']) assert.doesNotMatch(name, ACCESS_FILE);
  });

  it('knows the directives of Apache and IIS that keep people out', () => {
    for (const text of [
      'AuthUserFile /etc/users',
      'Require valid-user',
      '<Files secret.txt>\n  <RequireAll>',
      '# who may come\norder deny,allow',
      'deny from all',
      'allow from 10.0.0.0/8',
      'Satisfy any',
      '<LimitExcept GET>',
      'RewriteRule ^private/ - [F]',
      'RewriteRule ^private#old - [NC, F ,L]',
      '<configuration><system.web><authorization><deny users="?"/></authorization></system.web></configuration>',
      '<ipSecurity/>',
    ]) {
      assert.ok(restrictsAccess(text), text);
    }
  });

  it('passes what only redirects, compresses or sets headers', () => {
    for (const text of [
      '',
      '# Require all denied',
      'Redirect /old /new\n \t# Require all denied',
      'RewriteEngine On\nRewriteRule ^old$ /new [R=301,L]',
      'ExpiresActive On\nHeader set Cache-Control "max-age=600"',
      'ErrorDocument 404 /404.html',
    ]) {
      assert.ok(!restrictsAccess(text), text);
    }
  });
});
