//! Every form with a secret made up here and with what is nearly one. `{a36}` in a row is 36 letters and digits, `{A…}`
//! capitals and digits, `{h…}` hexadecimal digits, `{d…}` digits, `{l…}` small letters: so no file here holds what looks like
//! a secret, and a change of one number is a near miss.

#![allow(clippy::unwrap_used)]

use pretty_assertions::assert_eq;

use crate::agent::redact::format::all;
use crate::agent::redact::secret::redacted;
use crate::agent::redact::stays::STAYS;

/// Kind | a secret | what is nearly one and stays.
const TOKENS: &str = "
anthropic key | sk-ant-api03-{a80}-{a12} | sk-ant-api03
openrouter key | sk-or-v1-{h64} | sk-or-v1-{h8}
openai key | sk-proj-{a48}_{a40} | sk-proj-{a8}
openai key | sk-svcacct-{a60} | sk-svcacct-{a8}
openai key | sk-admin-{a60} | sk-admin-panel
langfuse key | sk-lf-{h8}-{h4}-{h4}-{h4}-{h12} | sk-lf-{h8}
api key | sk-{a48} | sk-toggleable__label-arrow-2
api key | sk-{h32} | task-{h32}
google key | AIza{a35} | AIza{a36}
google key | AQ.Ab{a48} | AQ.Ab{a20}
groq key | gsk_{a52} | gsk_{a12}
xai key | xai-{a80} | xai-a-long-name-of-something-2
hugging face token | hf_{a34} | hf_ModelForSequenceClassification
hugging face token | api_org_{a34} | api_org_{a20}
replicate token | r8_{a37} | r8_{a20}
perplexity key | pplx-{a48} | pplx-{a20}
cerebras key | csk-{a48} | csk-{a20}
nvidia key | nvapi-{a64} | nvapi-{a20}
fireworks key | fw_{a24} | fw_{a8}
together key | tgp_v1_{a43} | tgp_v1_{a12}
langsmith key | lsv2_pt_{h32}_{h10} | lsv2_pt_{h8}
tavily key | tvly-dev-{a32} | tvly-dev-search
firecrawl key | fc-{h32} | fc-{h31}
github token | ghp_{a36} | ghp_{a8}
github token | gho_{a36} | gho_{a8}
github token | ghu_{a36} | ghu_{a8}
github token | ghs_{a36} | ghs_{a8}
github token | ghr_{a76} | ghr_{a8}
github token | github_pat_{a22}_{a59} | github_pat_{a12}
gitlab token | glpat-{a20} | glpat-{a8}
gitlab token | gldt-{a20} | gldt-{a8}
gitlab token | glptt-{h40} | glptt-{h8}
gitlab token | glrt-{a20} | glrt-{a8}
gitlab token | glcbt-64_{a20} | glcbt-{a8}
gitlab token | glft-{a20} | glft-{a8}
gitlab token | glimt-{a25} | glimt-{a8}
gitlab token | glagent-{a50} | glagent-{a8}
gitlab token | gloas-{h64} | gloas-{a8}
gitlab token | glsoat-{a20} | glsoat-{a8}
bitbucket token | ATBB{a32} | ATBB{a50}
atlassian token | ATATT3xFfGF0{a180}={h8} | ATATT3{a20}
atlassian token | ATCTT3xFfGN0{a180} | ATCTT3{a20}
linear key | lin_api_{a40} | lin_api_{a12}
linear key | lin_oauth_{h64} | lin_oauth_{h12}
sourcegraph token | sgp_{h16}_{h40} | sgp_{h16}
buildkite token | bkua_{h40} | bkua_{h39}
circleci token | CCIPAT_{a22}_{h40} | CCIPAT_{a22}
npm token | npm_{a36} | npm_config_registry_2
pypi token | pypi-AgEIcHlwaS5vcmc{a120} | pypi-server-2
crates.io token | cio{a32} | cio{a31}
rubygems key | rubygems_{h48} | rubygems_{h20}
nuget key | oy2{a43} | oy2{a42}
clojars token | CLOJARS_{h60} | CLOJARS_{h20}
docker token | dckr_pat_{a27} | dckr_pat_{a8}
docker token | dckr_oat_{a32} | dckr_oat_{a8}
artifactory key | AKCp{a69} | AKCp{a20}
aws key id | AKIA{A16} | AKIA{A17}
aws key id | ASIA{A16} | ASIA{A12}
aws key id | ABIA{A16} | ABIA{A12}
aws key id | ACCA{A16} | ACCA{A12}
aws bedrock key | ABSK{a132} | ABSK{a20}
google token | ya29.{a120} | ya29.{a8}
google secret | GOCSPX-{a28} | GOCSPX-{a8}
google token | 1//0{a80} | 1//0{a8}
digitalocean token | dop_v1_{h64} | dop_v1_{h63}
digitalocean token | doo_v1_{h64} | doo_v1_{h63}
digitalocean token | dor_v1_{h64} | dor_v1_{h63}
alibaba key id | LTAI{a20} | LTAI{a30}
tencent key id | AKID{a32} | AKID{a12}
yandex key | AQVN{a36} | AQVN{a12}
fly token | fm1r_{a120} | fm1r_{a20}
fly token | fm2_{a120} | fm2_{a20}
fly token | fo1_{a43} | fo1_{a20}
heroku key | HRKU-AA{a58} | HRKU-{a8}
vercel token | vercel_blob_rw_{a16}_{a30} | vercel_blob_rw_{a8}
vercel token | vcp_{a56} | vcp_{a12}
netlify token | nfp_{a36} | nfp_{a12}
supabase key | sbp_{h40} | sbp_{h12}
supabase key | sb_secret_{a22}_{a8} | sb_secret_{a8}
planetscale token | pscale_tkn_{a43} | pscale_tkn_{a8}
planetscale token | pscale_oauth_{a43} | pscale_oauth_{a8}
planetscale password | pscale_pw_{a43} | pscale_pw_{a8}
databricks token | dapi{h32} | dapi{h31}
render key | rnd_{a32} | rnd_{a12}
cloudflare key | v1.0-{h24}-{h146} | v1.0-{h24}
vault token | hvs.{a90} | hvs.{a8}
vault token | hvb.{a120} | hvb.{a8}
vault token | hvr.{a90} | hvr.{a8}
pulumi token | pul-{h40} | pul-{h39}
doppler token | dp.pt.{a43} | dp.pt.{a8}
doppler token | dp.st.dev.{a43} | dp.st.dev
doppler token | dp.ct.{a43} | dp.ct.{a8}
doppler token | dp.sa.{a43} | dp.sa.{a8}
tailscale key | tskey-auth-{a17}-{a32} | tskey-auth-{a8}
age key | AGE-SECRET-KEY-1{A58} | AGE-SECRET-KEY-1
1password token | ops_eyJ{a200} | ops_eyJ{a12}
grafana token | glsa_{a32}_{h8} | glsa_{a8}
grafana token | glc_eyJ{a100} | glc_eyJ{a8}
sentry token | sntrys_eyJ{a80}={a43} | sntrys_{a12}
sentry token | sntryu_{h64} | sntryu_{h12}
new relic key | NRAK-{A27} | NRAK-{A26}
dynatrace token | dt0c01.{A24}.{A64} | dt0c01.{A24}
honeycomb key | hcaik_{a58} | hcaik_{a12}
posthog key | phx_{a43} | phc_{a43}
sendgrid key | SG.{a22}.{a43} | SG.{a22}
mailgun key | key-{h32} | key-{h31}
brevo key | xkeysib-{h64}-{a16} | xkeysib-{h16}
resend key | re_{a8}_{a24} | re_export_the_names_of_2
slack token | xoxb-{d12}-{d12}-{a24} | xoxb-{d4}
slack token | xoxp-{d12}-{d12}-{h32} | xoxp-{d4}
slack token | xoxa-2-{d12}-{a24} | xoxa-2
slack token | xoxr-{d12}-{a24} | xoxr-{d4}
slack token | xoxs-{d12}-{a24} | xoxs-{d4}
slack token | xoxc-{d12}-{a24} | xoxc-{d4}
slack token | xoxd-{a60} | xoxd-{d4}
slack token | xoxe.xoxp-1-{a60} | xoxe.{a8}
slack token | xoxe-1-{a60} | xoxe-{a8}
slack token | xapp-1-A{A10}-{d12}-{h64} | xapp-1-A
slack webhook | hooks.slack.com/services/T{A8}/B{A10}/{a24} | hooks.slack.com/services/T2
slack webhook | hooks.slack.com/workflows/T{A8}/A{A10}/{d18}/{a24} | hooks.slack.com/workflows/T2
discord webhook | discord.com/api/webhooks/{d18}/{a68} | discord.com/api/webhooks/{d18}
discord webhook | discordapp.com/api/webhooks/{d18}/{a68} | discordapp.com/api/webhooks/{d18}
twilio key | SK{h32} | AC{h32}
stripe key | sk_live_{a24} | pk_live_{a24}
stripe key | sk_test_{a99} | sk_test_{a8}
stripe key | rk_live_{a24} | rk_live_{a8}
stripe key | rk_test_{a24} | rk_test_{a8}
stripe secret | whsec_{a32} | whsec_{a8}
api key | sk_{h48} | sk_{h12}
square token | sq0atp-{a22} | sq0atp-{a8}
square secret | sq0csp-{a43} | sq0csp-{a8}
shopify token | shpat_{h32} | shpat_{h31}
shopify token | shpca_{h32} | shpca_{h31}
shopify token | shppa_{h32} | shppa_{h31}
shopify secret | shpss_{h32} | shpss_{h31}
flutterwave key | FLWSECK_TEST-{h32}-X | FLWSECK_TEST
easypost key | EZAK{a54} | EZAK{a12}
notion token | ntn_{d11}{a35} | ntn_{a12}
notion token | secret_{a43} | secret_{a42}
figma token | figd_{a40} | figd_{a12}
postman key | PMAK-{h24}-{h34} | PMAK-{h24}
contentful token | CFPAT-{a43} | CFPAT-{a12}
typeform token | tfp_{a44}_{a14} | tfp_{a12}
dropbox token | sl.{a140} | sl.{a20}
readme key | rdme_{a70} | rdme_{a12}
prefect key | pnu_{a36} | pnu_{a12}
mapbox token | sk.eyJ{a70}.{a22} | pk.eyJ{a70}
json web token | eyJ{a30}.eyJ{a60}.{a43} | eyJ{a30}.eyJ{a60}
json web token | eyJ{a30}..{a16}.{a60}.{a22} | eyJ.eyJ.abc
discord token | M{a23}.{a6}.{a38} | M{a23}.{a5}.{a38}
airtable token | pat{a14}.{h64} | pat{a14}.{h12}
telegram token | {d9}:AA{a33} | {d9}:AB{a33}
mailchimp key | {h32}-us12 | {h32}-use
zai key | {h32}.{a16} | {h32}.png
azure secret | abc8Q~{a34} | abc8Q~{a12}
terraform token | {a14}.atlasv1.{a67} | {a14}.atlasv1.{a12}
";

/// Kind | a text with a secret between `«` and `»`.
const IN_PLACE: &str = r#"
password | DB_PASSWORD=«correcthorse» next
password | export PGPASSWORD='«correct horse battery»'
password | MYSQL_PWD=«hunter22»
password | SMTP_PASS="«hunter22»"
password | "password": "«hunter22»",
password | {\"password\":\"«hunter22»\"}
password | -d \"{\\\"password\\\":\\\"«hunter22»\\\"}\"
password | 'password' => '«hunter22»',
password |   password: «hunter22»
password |   - password: «correcthorse»
password | os.environ["DB_PASSWORD"] = "«hunter22»"
password | const PASSWORD: &str = "«hunter22»";
password | password = "«hunter22,with;marks»"
password | Server=db;User Id=sa;Password=«hunter22!»;Encrypt=true
password | jdbc:mysql://db/x?user=me&password=«hunter22»&ssl=true
password | mysql --user=me --password=«hunter22» db
password | tool --password «hunter22» x
password | curl -u admin:«hunter22» https://example.com
password | curl --user 'admin:«hunter 22»' https://example.com
password | machine example.com login me password «hunter22»
password | postgres://me:«hunter22»@db.example.com/x
password | redis://:«hunter22»@cache:6379/0
password | mongodb+srv://me:«p@ss,w0rd»@cluster.example.com
password | https://me:«hunter22»@example.com/path
password | amqp://me:«hunter22»@queue
password | spring.datasource.password=«hunter22»
password | ansible_become_pass: «hunter22»
password | tool --password=«correcthorse» x
password | sshpass -p «hunter22» ssh -p 2222 me@example.com
password | sshpass -p«hunter22» ssh me@example.com
password | sshpass -v -p '«hunter 22»' ssh me@example.com
password | x; /usr/bin/sshpass -p \"«hunter22»\" scp a b:c
password | {"command":"cd x\nsshpass -p «hunter22» ssh me"}
password | mysql -p«hunter22» -u root
password | mysql -u root -p'«hunter 22»' db
password | docker exec db mysqldump -uroot -p«hunter22» db | gzip > x
password | {"command":"mariadb -uroot -p«hunter22» db"}
password | redis-cli -h cache -a «hunter22» ping
password | mongosh -u me -p «hunter22» example.com
password | mysql -p«{a2000}» -u root
password | x && mysql -u root -p'«x⁂»' db
password | $ mysql -p«hunter22»
password | A=b sudo -u me mysql -p«hunter22»
password | sh -c "mongosh -u me -p «hunter22» db"
password | helm registry login -u me -p «hunter22»
password | docker login -u mysql -p «hunter22» registry.example.com
password | docker login -u me -p «hunter22» registry.example.com
key | AZURE_OPENAI_API_KEY=«{a32}»
key | api_key: «{a32}»
key | "apiKey": "«{a32}»"
key | x-api-key: «{a32}»
key | curl -H 'api-key: «{h32}»'
key | ?api_key=«{a24}»&x=1
key | aws_secret_access_key = «{a40}»
key | DefaultEndpointsProtocol=https;AccountName=x;AccountKey=«{a86}==»;EndpointSuffix=core.windows.net
key | Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=«{a43}=»
key | PrivateKey = «{a43}=»
key | PresharedKey = «{a43}=»
secret | client_secret: "«{a32}»"
secret | CLIENT_SECRET=«correcthorse»
secret | SECRET_KEY_BASE=«{h64}»
secret | "clientSecret": "«{a32}»"
secret | DJANGO_SECRET_KEY='«abc(def%ghi#jkl»'
token | access_token=«{a32}»
token | "refresh_token": "«{a32}»"
token | //registry.example.com/:_authToken=«{h36}»
token | _auth=«{a32}»
token | https://x.blob.core.windows.net/c?sv=2022&sig=«{a43}%3D»
token | https://b.s3.amazonaws.com/x?X-Amz-Signature=«{h64}»
token | https://maps.example.com/x?key=«{a32}»&v=2
token | OPENAI_KEY=«{a48}»
token | SECRET_TOKEN=«{a14}»
token | API_TOKEN=«{a8}» next
token | export SECRET_TOKEN="«{a14}»"
token | SECRET_TOKEN=«qwRtzu4opLk»
token | token: «{a14}»
token |   - token: «{a12}»
token | --token=«{a12}»
token | tool --api-token «{a10}» x
token | "token": "«{a14}»"
token | "refresh_token":"«{h12}»"
token | {\"token\":\"«{a14}»\"}
token | https://example.com/x?token=«{a14}»&v=2
token | api_token = «{a14}»
key | API_KEY=«qwertzui»
key | SECRET_ACCESS_KEY=«{a12}»
token | Authorization: token «{h40}»
bearer token | Authorization: Bearer «abcdefghijklmnop»
bearer token | "Authorization": "Bearer «{a32}»"
bearer token | curl -H "authorization: bearer «{a32}»"
bearer token | used Bearer «{a32}» for it
basic credentials | Authorization: Basic «{a24}==»
authorization | Authorization: «{a32}»
cookie | Cookie: «session={a24}; theme=dark»
cookie | Set-Cookie: «id={a24}; Path=/; HttpOnly»
github token | GITHUB_TOKEN=«ghp_{a36}»
github token | git clone https://x-access-token:«ghs_{a36}»@github.com/x/y
github token | {"text":"a\n«ghp_{a36}»\nb"}
github token | token%3D«ghp_{a36}»
anthropic key | "api_key": "«sk-ant-api03-{a90}»"
private key | «-----BEGIN RSA PRIVATE KEY-----⏎{a64}⏎{a20}==⏎-----END RSA PRIVATE KEY-----» after
private key | «-----BEGIN OPENSSH PRIVATE KEY-----⏎{a70}⏎-----END OPENSSH PRIVATE KEY-----»
private key | «-----BEGIN ENCRYPTED PRIVATE KEY-----⏎{a64}⏎{a64}»
private key | «-----BEGIN EC PRIVATE KEY-----⏎Proc-Type: 4,ENCRYPTED⏎DEK-Info: AES-128-CBC,{A32}⏎⏎{a64}⏎-----END EC PRIVATE KEY-----»
private key | «-----BEGIN PGP PRIVATE KEY BLOCK-----⏎Version: 2⏎⏎{a64}⏎={a4}⏎-----END PGP PRIVATE KEY BLOCK-----»
private key | "private_key": "«-----BEGIN PRIVATE KEY-----\n{a64}\n{a64}\n-----END PRIVATE KEY-----»\n"
private key | +«-----BEGIN PRIVATE KEY-----⏎+{a64}⏎+-----END PRIVATE KEY-----»
private key | «-----BEGIN OpenVPN Static key V1-----⏎{h32}⏎{h32}⏎-----END OpenVPN Static key V1-----»
private key | one line «-----BEGIN PRIVATE KEY----- {a64} {a64} -----END PRIVATE KEY-----» end
private key | Private-Lines: 2⏎«{a64}⏎{a64}»⏎Private-MAC: {h40}
"#;

/// A row with its letters made up.
fn made(row: &str) -> String {
    let mut out = String::new();
    let mut rest = row;
    let mut turn = 7_usize;
    while let Some(at) = rest.find('{') {
        let (before, brace) = rest.split_at(at);
        out.push_str(before);
        let count = brace.get(2..).and_then(|inner| {
            let end = inner.find('}')?;
            Some((inner.get(..end)?.parse::<usize>().ok()?, end))
        });
        let letters: &[u8] = match (brace.as_bytes().get(1).copied().unwrap_or(b'{'), count) {
            (b'a', Some(_)) => b"k7Qw2RtZ9pLx4VbN8mJc3HsD6fGy5TuA1eKi0ME",
            (b'A', Some(_)) => b"Q7W2RTZ9PLX4VBN8MJC3HSD6FGY5",
            (b'h', Some(_)) => b"3f9a0c7e51bd8264",
            (b'd', Some(_)) => b"7302918465",
            (b'l', Some(_)) => b"qwertzuiop",
            _ => {
                out.push('{');
                rest = &brace[1..];
                continue;
            }
        };
        let (count, end) = count.unwrap();
        out.extend((0..count).map(|number| char::from(letters[(number + turn) % letters.len()])));
        turn += 5;
        rest = &brace[2 + end + 1..];
    }
    out.push_str(rest);
    out.replace('⏎', "\n").replace('⁂', &"é".repeat(300))
}

fn rows(table: &str) -> impl Iterator<Item = &str> {
    table.lines().filter(|line| !line.is_empty())
}

/// What came out otherwise, row by row.
fn others(rows: impl IntoIterator<Item = (String, String)>) -> Vec<(String, String)> {
    let looked = rows.into_iter();
    let looked = looked.map(|(text, expected)| (redacted(&text).into_owned(), expected));
    looked
        .filter(|(found, expected)| found != expected)
        .collect()
}

#[test]
fn every_token_is_named_and_its_neighbour_stays() {
    let mut cases = Vec::new();
    let mut tried: Vec<String> = Vec::new();
    for row in rows(TOKENS) {
        let [kind, secret, near] = row.split(" | ").collect::<Vec<_>>().try_into().unwrap();
        let (secret, near) = (made(secret), made(near));
        for (before, after) in [
            ("", ""),
            ("see ", " there"),
            ("x=\"", "\","),
            ("(", ")."),
            ("a\\n", "\\n"),
            ("é", "é"),
        ] {
            let expected = format!("{before}‹redacted:{kind}›{after}");
            cases.push((format!("{before}{secret}{after}"), expected));
            let text = format!("{before}{near}{after}");
            cases.push((text.clone(), text));
        }
        tried.push(secret);
    }
    assert_eq!(others(cases), []);
    // A form without a row here is not tried.
    let is_tried = |start: &str| tried.iter().any(|secret| secret.starts_with(start));
    let missing: Vec<_> = all().iter().filter(|row| !is_tried(row.1)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(tried.len() >= 60);
}

#[test]
fn what_its_name_gives_away_is_named_in_its_place() {
    let mut cases = Vec::new();
    for row in rows(IN_PLACE) {
        let (kind, text) = row.split_once(" | ").unwrap();
        let text = made(text);
        let (before, rest) = text.split_once('«').unwrap();
        let (secret, after) = rest.split_once('»').unwrap();
        let expected = format!("{before}‹redacted:{kind}›{after}");
        cases.push((format!("{before}{secret}{after}"), expected.clone()));
        // A second time nothing is changed.
        cases.push((expected.clone(), expected));
    }
    assert_eq!(others(cases), []);
}

#[test]
fn words_numbers_and_code_stay() {
    let lines: Vec<String> = rows(STAYS).map(made).collect();
    let whole = lines.join("\n");
    let cases = lines.into_iter().map(|line| (line.clone(), line));
    assert_eq!(others(cases), []);
    assert_eq!(redacted(&whole), whole);
}

/// This repository speaks of secrets on many pages and holds none.
#[test]
fn pages_of_this_repository_stay() {
    let pages = [
        include_str!("../../../README.md"),
        include_str!("../../../SECURITY.md"),
        include_str!("../../../ARCHITECTURE.md"),
        include_str!("../../../CHANGELOG.md"),
        include_str!("../../../Cargo.lock"),
        include_str!("../../config/load.rs"),
        include_str!("../../config/show.rs"),
        include_str!("../../provider/http/mod.rs"),
    ];
    let lines = pages.iter().flat_map(|page| page.lines());
    let cases = lines.map(|line| (line.to_owned(), line.to_owned()));
    assert_eq!(others(cases), []);
}

/// What would take a slow pattern hours: a hundred kilobytes of beginnings that never become a secret.
#[test]
fn hostile_texts_take_no_longer_than_others() {
    for part in [
        "sk-",
        "eyJ.",
        "eyJa-",
        "AIza-",
        "a.atlasv1.",
        "://a:",
        "password=a.",
        "password: \"",
        "--password ",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\nabcdefghijklmnop\n-----END ",
        "M-",
        "MaaaaaaaaaaaaaaaaaaaaaaaM.",
        "eyJaaaaaaaaaaaa.eyJaaaaaaaaaaaa-",
        "SG..",
        "~",
        "=",
        "curl -u ",
        "Authorization: ",
        "Private-Lines: 1\n",
        "token=aaaaaaaaaaaaaaaaaaaa.",
        "mysql -p ",
        " -p",
        "sshpass -p -p -p ",
    ] {
        let text = part.repeat(100_000 / part.len());
        let once = redacted(&text).into_owned();
        assert!(once.len() < text.len() * 4, "{part}");
    }
}
