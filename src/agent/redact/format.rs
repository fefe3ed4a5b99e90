//! What tokens look like: a row for each form that a vendor gives its keys. Forms without a beginning of their own are in
//! [`crate::agent::redact::form`], and what only its name gives away in [`crate::agent::redact::named`].

use std::sync::LazyLock;

/// The bytes that follow the beginning of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    /// Letters and digits.
    Plain,
    /// Capitals and digits.
    Capital,
    /// `0` to `9` and `a` to `f`, in small letters.
    Hex,
    /// Letters, digits and `_`.
    Word,
    /// As in base64 for addresses: letters, digits, `_` and `-`.
    Url,
    /// The same with `=`, which stands before a sum or at the end.
    Summed,
    /// As `Url`, for beginnings that words have too: a stretch of 16 letters and digits must be in it, both of them.
    Mixed,
    /// As `Url` with points.
    Dotted,
    /// As `Url` with slashes.
    Path,
    /// As in base64: letters, digits, `+`, `/` and `=`.
    Base64,
}

impl Body {
    pub(crate) const COUNT: usize = Self::Base64 as usize + 1;

    pub(crate) const fn has(self, byte: u8) -> bool {
        match self {
            Self::Plain => byte.is_ascii_alphanumeric(),
            Self::Capital => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Hex => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
            Self::Word => byte.is_ascii_alphanumeric() || byte == b'_',
            Self::Url | Self::Mixed => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Self::Summed => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'='),
            Self::Dotted => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'),
            Self::Path => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'/'),
            Self::Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='),
        }
    }
}

/// One form: what it is, how it begins, what follows, and how many bytes of that at least and at most.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Format {
    pub kind: &'static str,
    pub start: &'static str,
    pub body: Body,
    pub least: usize,
    pub most: usize,
}

/// As many as there are.
const ANY: usize = usize::MAX;

type Row = (&'static str, &'static str, Body, usize, usize);

/// Of two beginnings of which one begins with the other, the longer stands first. Lengths are what vendors give out, a
/// little less where they have changed; one number twice where the form has never had another.
const ROWS: &[Row] = &[
    // Models.
    ("anthropic key", "sk-ant-", Body::Url, 20, ANY),
    ("openrouter key", "sk-or-v1-", Body::Url, 20, ANY),
    ("openai key", "sk-proj-", Body::Url, 20, ANY),
    ("openai key", "sk-svcacct-", Body::Url, 20, ANY),
    ("openai key", "sk-admin-", Body::Url, 20, ANY),
    ("langfuse key", "sk-lf-", Body::Url, 32, ANY),
    ("api key", "sk-", Body::Mixed, 16, ANY),
    ("google key", "AIza", Body::Url, 35, 35),
    ("google key", "AQ.Ab", Body::Url, 40, ANY),
    ("groq key", "gsk_", Body::Plain, 20, ANY),
    ("xai key", "xai-", Body::Mixed, 20, ANY),
    ("hugging face token", "hf_", Body::Plain, 34, 40),
    ("hugging face token", "api_org_", Body::Plain, 34, 40),
    ("replicate token", "r8_", Body::Plain, 37, 40),
    ("perplexity key", "pplx-", Body::Plain, 32, ANY),
    ("cerebras key", "csk-", Body::Plain, 32, ANY),
    ("nvidia key", "nvapi-", Body::Url, 40, ANY),
    ("fireworks key", "fw_", Body::Plain, 20, 40),
    ("together key", "tgp_v1_", Body::Url, 32, ANY),
    ("langsmith key", "lsv2_", Body::Word, 32, ANY),
    ("tavily key", "tvly-", Body::Mixed, 20, ANY),
    ("firecrawl key", "fc-", Body::Hex, 32, 32),
    // Forges.
    ("github token", "github_pat_", Body::Word, 22, ANY),
    ("github token", "ghp_", Body::Plain, 20, ANY),
    ("github token", "gho_", Body::Plain, 20, ANY),
    ("github token", "ghu_", Body::Plain, 20, ANY),
    ("github token", "ghs_", Body::Plain, 20, ANY),
    ("github token", "ghr_", Body::Plain, 20, ANY),
    ("gitlab token", "glpat-", Body::Url, 16, ANY),
    ("gitlab token", "gldt-", Body::Url, 16, ANY),
    ("gitlab token", "glptt-", Body::Url, 16, ANY),
    ("gitlab token", "glrt-", Body::Url, 16, ANY),
    ("gitlab token", "glcbt-", Body::Url, 16, ANY),
    ("gitlab token", "glft-", Body::Url, 16, ANY),
    ("gitlab token", "glimt-", Body::Url, 16, ANY),
    ("gitlab token", "glagent-", Body::Url, 16, ANY),
    ("gitlab token", "gloas-", Body::Url, 16, ANY),
    ("gitlab token", "glsoat-", Body::Url, 16, ANY),
    ("bitbucket token", "ATBB", Body::Plain, 28, 40),
    ("atlassian token", "ATATT3", Body::Summed, 60, ANY),
    ("atlassian token", "ATCTT3", Body::Summed, 60, ANY),
    ("linear key", "lin_api_", Body::Plain, 32, ANY),
    ("linear key", "lin_oauth_", Body::Plain, 32, ANY),
    ("sourcegraph token", "sgp_", Body::Word, 40, ANY),
    ("buildkite token", "bkua_", Body::Plain, 40, 40),
    ("circleci token", "CCIPAT_", Body::Word, 40, ANY),
    // Registries of packages.
    ("npm token", "npm_", Body::Plain, 36, 36),
    ("pypi token", "pypi-", Body::Url, 40, ANY),
    ("crates.io token", "cio", Body::Plain, 32, 32),
    ("rubygems key", "rubygems_", Body::Hex, 48, 48),
    ("nuget key", "oy2", Body::Plain, 43, 43),
    ("clojars token", "CLOJARS_", Body::Plain, 60, 60),
    ("docker token", "dckr_pat_", Body::Url, 20, ANY),
    ("docker token", "dckr_oat_", Body::Url, 20, ANY),
    ("artifactory key", "AKCp", Body::Plain, 60, ANY),
    // Clouds and where programs run.
    ("aws key id", "AKIA", Body::Capital, 16, 16),
    ("aws key id", "ASIA", Body::Capital, 16, 16),
    ("aws key id", "ABIA", Body::Capital, 16, 16),
    ("aws key id", "ACCA", Body::Capital, 16, 16),
    ("aws bedrock key", "ABSK", Body::Base64, 100, ANY),
    ("google token", "ya29.", Body::Url, 20, ANY),
    ("google secret", "GOCSPX-", Body::Url, 24, ANY),
    ("google token", "1//0", Body::Url, 40, ANY),
    ("digitalocean token", "dop_v1_", Body::Hex, 64, 64),
    ("digitalocean token", "doo_v1_", Body::Hex, 64, 64),
    ("digitalocean token", "dor_v1_", Body::Hex, 64, 64),
    ("alibaba key id", "LTAI", Body::Plain, 16, 24),
    ("tencent key id", "AKID", Body::Plain, 32, 32),
    ("yandex key", "AQVN", Body::Url, 35, 38),
    ("fly token", "fm1r_", Body::Base64, 60, ANY),
    ("fly token", "fm2_", Body::Base64, 60, ANY),
    ("fly token", "fo1_", Body::Url, 40, ANY),
    ("heroku key", "HRKU-", Body::Url, 36, ANY),
    ("vercel token", "vercel_blob_rw_", Body::Word, 30, ANY),
    ("vercel token", "vcp_", Body::Plain, 24, ANY),
    ("netlify token", "nfp_", Body::Plain, 36, ANY),
    ("supabase key", "sbp_", Body::Hex, 40, 40),
    ("supabase key", "sb_secret_", Body::Url, 20, ANY),
    ("planetscale token", "pscale_tkn_", Body::Dotted, 32, ANY),
    ("planetscale token", "pscale_oauth_", Body::Dotted, 32, ANY),
    ("planetscale password", "pscale_pw_", Body::Dotted, 32, ANY),
    ("databricks token", "dapi", Body::Hex, 32, 32),
    ("render key", "rnd_", Body::Plain, 28, ANY),
    ("cloudflare key", "v1.0-", Body::Url, 100, ANY),
    ("vault token", "hvs.", Body::Url, 24, ANY),
    ("vault token", "hvb.", Body::Url, 24, ANY),
    ("vault token", "hvr.", Body::Url, 24, ANY),
    ("pulumi token", "pul-", Body::Hex, 40, 40),
    ("doppler token", "dp.pt.", Body::Plain, 40, ANY),
    ("doppler token", "dp.st.", Body::Dotted, 40, ANY),
    ("doppler token", "dp.ct.", Body::Plain, 40, ANY),
    ("doppler token", "dp.sa.", Body::Plain, 40, ANY),
    ("tailscale key", "tskey-", Body::Mixed, 20, ANY),
    ("age key", "AGE-SECRET-KEY-1", Body::Capital, 58, 58),
    ("1password token", "ops_eyJ", Body::Url, 60, ANY),
    // Watching.
    ("grafana token", "glsa_", Body::Word, 40, ANY),
    ("grafana token", "glc_eyJ", Body::Base64, 32, ANY),
    ("sentry token", "sntrys_", Body::Base64, 40, ANY),
    ("sentry token", "sntryu_", Body::Hex, 64, 64),
    ("new relic key", "NRAK-", Body::Capital, 27, 27),
    ("dynatrace token", "dt0c01.", Body::Dotted, 60, ANY),
    ("honeycomb key", "hcaik_", Body::Plain, 50, ANY),
    ("posthog key", "phx_", Body::Plain, 36, ANY),
    // Mail and chat.
    ("sendgrid key", "SG.", Body::Dotted, 50, ANY),
    ("mailgun key", "key-", Body::Plain, 32, 32),
    ("brevo key", "xkeysib-", Body::Url, 60, ANY),
    ("resend key", "re_", Body::Mixed, 30, 40),
    ("slack token", "xoxb-", Body::Url, 10, ANY),
    ("slack token", "xoxp-", Body::Url, 10, ANY),
    ("slack token", "xoxa-", Body::Url, 10, ANY),
    ("slack token", "xoxr-", Body::Url, 10, ANY),
    ("slack token", "xoxs-", Body::Url, 10, ANY),
    ("slack token", "xoxc-", Body::Url, 10, ANY),
    ("slack token", "xoxd-", Body::Url, 10, ANY),
    ("slack token", "xoxe.", Body::Dotted, 20, ANY),
    ("slack token", "xoxe-", Body::Url, 20, ANY),
    ("slack token", "xapp-", Body::Url, 20, ANY),
    (
        "slack webhook",
        "hooks.slack.com/services/",
        Body::Path,
        30,
        ANY,
    ),
    (
        "slack webhook",
        "hooks.slack.com/workflows/",
        Body::Path,
        30,
        ANY,
    ),
    (
        "discord webhook",
        "discord.com/api/webhooks/",
        Body::Path,
        60,
        ANY,
    ),
    (
        "discord webhook",
        "discordapp.com/api/webhooks/",
        Body::Path,
        60,
        ANY,
    ),
    ("twilio key", "SK", Body::Hex, 32, 32),
    // Payment and shops.
    ("stripe key", "sk_live_", Body::Plain, 16, ANY),
    ("stripe key", "sk_test_", Body::Plain, 16, ANY),
    ("stripe key", "rk_live_", Body::Plain, 16, ANY),
    ("stripe key", "rk_test_", Body::Plain, 16, ANY),
    ("stripe secret", "whsec_", Body::Base64, 16, ANY),
    ("api key", "sk_", Body::Plain, 32, ANY),
    ("square token", "sq0atp-", Body::Url, 22, ANY),
    ("square secret", "sq0csp-", Body::Url, 40, ANY),
    ("shopify token", "shpat_", Body::Hex, 32, 32),
    ("shopify token", "shpca_", Body::Hex, 32, 32),
    ("shopify token", "shppa_", Body::Hex, 32, 32),
    ("shopify secret", "shpss_", Body::Hex, 32, 32),
    ("flutterwave key", "FLWSECK", Body::Url, 32, ANY),
    ("easypost key", "EZAK", Body::Plain, 54, 54),
    // Papers and pictures.
    ("notion token", "ntn_", Body::Plain, 40, ANY),
    ("notion token", "secret_", Body::Plain, 43, 43),
    ("figma token", "figd_", Body::Url, 40, ANY),
    ("postman key", "PMAK-", Body::Url, 59, 59),
    ("contentful token", "CFPAT-", Body::Url, 43, 43),
    ("typeform token", "tfp_", Body::Dotted, 40, ANY),
    ("dropbox token", "sl.", Body::Dotted, 100, ANY),
    ("readme key", "rdme_", Body::Plain, 60, ANY),
    ("prefect key", "pnu_", Body::Plain, 36, 36),
    ("mapbox token", "sk.eyJ", Body::Dotted, 60, ANY),
];

/// By their first byte, sorted out when the first text is looked at.
static BY_START: LazyLock<Vec<Vec<Format>>> = LazyLock::new(|| {
    let mut sorted = vec![Vec::new(); 256];
    for &(kind, start, body, least, most) in ROWS {
        if let Some(rows) = start
            .bytes()
            .next()
            .and_then(|byte| sorted.get_mut(usize::from(byte)))
        {
            rows.push(Format {
                kind,
                start,
                body,
                least,
                most,
            });
        }
    }
    sorted
});

/// The forms that begin with a byte.
pub(crate) fn starting(byte: u8) -> &'static [Format] {
    BY_START.get(usize::from(byte)).map_or(&[], Vec::as_slice)
}

/// Every form, in order.
#[cfg(test)]
pub(crate) fn all() -> &'static [Row] {
    ROWS
}
