//! What is nearly a secret and none, for the corpus beside it: flat data.

/// What stays as it is, line by line.
pub(crate) const STAYS: &str = r#"
commit {h40}
6d2a629 Hold when memory is given back, apart from what other trials look at
sha256:{h64}
{h32}  archive.tar.gz
index {h7}..{h7} 100644
550e8400-e29b-41d4-a716-446655440000
01890a5d-ac96-774b-bcce-b302099a8057
data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA{a90}/{a90}+{a90}AAAAEAAAAB
integrity sha512-{a86}==
"resolved": "https://registry.npmjs.org/left-pad/-/left-pad-1.3.0.tgz#{h40}"
ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{a43} me@example.com
-----BEGIN CERTIFICATE-----
-----BEGIN PUBLIC KEY-----
if text.contains("-----BEGIN PRIVATE KEY-----") { return; }
grep -r "BEGIN RSA PRIVATE KEY" .
see https://example.com:8080/a@b
https://example.com/path?page=2&sort=name
ssh://git@example.com:22/x.git
git@github.com:owner/name.git
https://user@example.com/x
postgres://me:$PASSWORD@db/x
postgres://me:${DB_PASSWORD}@db/x
postgres://USER:<password>@db/x
the password is kept elsewhere
the password: please enter it
Password: ********
password = getpass.getpass()
password = user.password
let password = read_password(&path)?;
pub password: String,
    password: Option<String>,
    password: SecretString,
const password = process.env.DB_PASSWORD;
password: ${{ secrets.DB_PASSWORD }}
DB_PASSWORD=$(pass show db)
DB_PASSWORD=${DB_PASSWORD}
DB_PASSWORD=
"password": "",
"password": null,
"passwordLabel": "Enter your password here",
"password": "required",
api_key = os.environ["OPENAI_API_KEY"]
api_key=api_key, model=model
key_env = "ANTHROPIC_API_KEY"
max_tokens: 1024
"next_token": null,
tokens=123456789012345678
tokens=1234
max_tokens: 4096
token: 42
token: 1234567890
key: value
CACHE_KEY=deps-v12-linux
SORT_KEY=created2x
EOS_TOKEN=endoftext2
"next_token": "a1b2c3d4e5"
page_token=a1b2c3d4e5
the token: version2b of it
token: Token2Kind,
token: sha256sum
"token": "identifier"
"token": "number1"
token: token.kind2x
token = parser.next2(at)
API_TOKEN=$SECRET_TOKEN
API_TOKEN=${TOKEN_2}
API_TOKEN=<your-token-2>
API_TOKEN=your-token-2
API_TOKEN=changeme-2
API_TOKEN=example-token-1
API_TOKEN=placeholder
TOKEN=/run/secrets/token2
TOKEN=./token2.txt
TOKEN=~/.token2file
TOKEN=12345678
--token=$TOKEN
--token "$TOKEN2"
--token=tokens/a1b2c3.txt
--max-tokens=40960000
docker build --secret=id=npmrc,src=.npmrc .
docker build --secret id=npmrc,src=.npmrc .
sshpass -p "$PASS" ssh me@example.com
sshpass -p PASS ssh me@example.com
sshpass -e ssh -p 2222 me@example.com
sshpass ssh -p 2222 me@example.com
mysql -p -u root
mysql -p mydata
mysql --port=3306 --protocol=tcp
mysql -pPASS
by `sshpass -p`, `mysql -p` and `docker login -p` it is told
mysql -u root -p$PASS
mkdir -p mysql/data; ssh -p 2222 x
echo mysql | tar -pxf x.tar
docker run -p 8080:8080 image
docker run -d --name mongo -p 27017:27017 mongo:7
docker run -d --name mongo -p db.local:27017 mongo:7
docker compose --profile mongo -p myproject up
gh auth login -p https
ssh -l login -p 2222 host
ssh -l mongo -p 2222 host
mongo -p 27017
TOKEN=StringLiteral
SECRET_TOKEN=qwRtzuIopLk
"token": "Int64Lit"
"token": "sha256Hash"
"token": "utf8Value"
grep -a mysql data
ps -p 12345
"total_tokens": 12345678901234567890,
token: CancellationToken,
fn token(&mut self, at: usize) -> Option<Token> {
let token = self.next_token(at)?;
the authorization: it is asked for
author: somebody1234567890
cookie: a small thing
primary_key = 1234567890abcdef
docker run -u 1000:1000 image
curl -u "$USER:$TOKEN" https://example.com
bearer of good news and of more
a_very_long_identifier_that_goes_on_and_on_and_never_ends_2
AVeryLongIdentifierThatGoesOnAndOnAndNeverEnds2
/usr/lib/x86_64-linux-gnu/libstdc++.so.6.0.30
the task-list is on disk-0123456789
1700000000:AB
0x7ffee4b8c8a0 0xdeadbeefdeadbeefdeadbeefdeadbeef
std::collections::HashMap::<String, Secret>::new()
pass: 12, fail: 0
compass: north-by-northwest-12
secrets: inherit
secret: true
&signature::ECDSA_P256_SHA256_ASN1_SIGNING,
const FS_ENCRYPTION_KEY: u32 = 0x80506617;
‹redacted:github token› PASSWORD=‹redacted:password›
"#;
