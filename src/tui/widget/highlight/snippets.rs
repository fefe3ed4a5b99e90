//! What the lexers make of a snippet per language: each line of code with the letters of its inks below it.
#![expect(
    clippy::needless_raw_string_hashes,
    reason = "all snippets are written alike, whatever quotes they hold"
)]

use pretty_assertions::assert_eq;

use crate::tui::widget::highlight::{Language, letters};

#[test]
fn snippets_have_the_inks_a_reader_expects() {
    for (language, snippet) in SNIPPETS {
        let snippet = snippet.trim_start_matches('\n').trim_end_matches(' ');
        let code: Vec<&str> = snippet.lines().step_by(2).collect();
        let inks = letters(*language, &code.join("\n"));
        let mut found = String::new();
        for (code, inks) in code.iter().zip(inks.split('\n')) {
            found.extend([code, "\n", inks.trim_end(), "\n"]);
        }
        assert_eq!(found, snippet, "{language:?}");
    }
}

/// k keyword, t type, f function, s string, n number, c comment, C constant, o operator, a attribute, p property, h heading,
/// b strong, i emphasis, l link, q quote, backtick code, m marker, + added, - removed, @ hunk; blank is plain.
const SNIPPETS: &[(Language, &str)] = &[
    (
        Language::Rust,
        r####"
#[derive(Debug, Clone)]
aaaaaaaaaaaaaaaaaaaaaaa
pub fn retry<'a>(h: &'a Map, n: u32) -> Option<Wait> { // why
kkk kk fffffoaao  o oaa ttt   o ttt  oo ttttttotttto   cccccc
    let d = base * 2u32.pow(n) + 1_000.5e-3; println!("{d}\" x");
    kkk   o      o nnnn fff    o nnnnnnnnnn  ffffffff sssssssss
    let c = '\n'; let q = 'x'; let r = r#"raw " still
    kkk   o ssss  kkk   o sss  kkk   o ssssssssssssss
end"#; /* a /* b */
sssss  cccccccccccc
 c */ match self.cap { 0..=9 => Self::MAX_CAP, _ => true }
ccccc kkkkk kkkk       n  on oo ttttooCCCCCCC    oo CCCC
"####,
    ),
    (
        Language::Python,
        r####"
@app.route("/x")
aaaaaaaaaa ssss
async def go(self, n: int = 0x1F) -> str:
kkkkk kkk ff kkkk   o ttt o nnnn  oo ttto
    """Doc
    ssssss
    string"""
sssssssssssss
    x = f'a {n}' + rb"\x00" # no
      o ssssssss o ssssssss cccc
    return None if n > 1.5 else Foo.bar(n)
    kkkkkk CCCC kk   o nnn kkkk ttt fff
"####,
    ),
    (
        Language::JavaScript,
        r####"
import { a } from './b.js';
kkkkkk       kkkk ssssssss
const f = async (x) => `t ${x + g("}")} u
kkkkk   o kkkkk     oo sssoo  o f sss oss
v` + /re[/]x/gi.test(x) / 2;
ss o ssssssssss ffff    o n
class A extends B { @dec m() { return <Foo bar={x} a="b">don't</Foo>; } }
kkkkk t kkkkkkk t   aaaa f     kkkkkk ottt    o     ossso     oottto
let n: number = 0b11 ?? undefined; // end
kkk  o tttttt o nnnn oo CCCCCCCCC  cccccc
"####,
    ),
    (
        Language::Go,
        r####"
func (r *Retry) Do(ctx context.Context) (int, error) {
kkkk    ottttt  ff             ttttttt   ttt  ttttt
  x := `raw
    oo ssss
more` + "s" // c
sssss o sss cccc
  for i := range 10 { go r.run(i, 'x', nil) }
  kkk   oo kkkkk nn   kk   fff    sss  CCC
  type Foo struct { a int }
  kkkk ttt kkkkkk     ttt
"####,
    ),
    (
        Language::C,
        r####"
#include <stdio.h>
aaaaaaaa sssssssss
#define MAX 10 // ten
aaaaaaa CCC nn cccccc
static int main(int argc, char **argv) {
kkkkkk ttt ffff ttt       tttt oo
  printf("%d\n", 0xFFu + 1'000); /* a
  ffffff ssssss  nnnnn o nnnnn   cccc
 b */ return NULL; }
ccccc kkkkkk CCCC
auto s = R"x(raw " )" )x"; std::vector<Foo> v;
kkkk   o ssssssssssssssss     oo      ottto
"####,
    ),
    (
        Language::Java,
        r####"
@Override
aaaaaaaaa
public static void main(String[] args) throws IOException {
kkkkkk kkkkkk tttt ffff tttttt         kkkkkk ttttttttttt
  var s = """
  kkk   o sss
    text "q" block"""; char c = 'x';
sssssssssssssssssssss  tttt   o sss
  return new Foo<>(1L).bar(); // c
  kkkkkk kkk tttoo nn  fff    cccc
}

"####,
    ),
    (
        Language::Ruby,
        r####"
class Foo < Bar
kkkkk ttt o ttt
  attr_reader :name
  kkkkkkkkkkk CCCCC
  def go?(x) = @x ||= "a #{h["k"]} b"
  kkk fff    o pp ooo sssoo  sss osss
  puts <<~EOS, y: 1
       kkkkkk  Co n
    text #{x}
sssssssssssss
  EOS
kkkkk
=begin
cccccc
comment
ccccccc
=end
cccc
  x =~ /re/i unless nil # c
    oo sssss kkkkkk CCC ccc
"####,
    ),
    (
        Language::Shell,
        r####"
#!/bin/bash
ccccccccccc
set -euo pipefail
kkk aaaa
FOO="a $(echo "b") $X c" # no
ppposssoo     sssossssss cccc
if [ -n "${X:-}" ]; then git commit -m 'it is' --all | grep -v x$1; fi
kk   aa ssssssss    kkkk fff        aa sssssss aaaaa o ffff aa  pp  kk
cat <<'EOF' > out
fff kkkkkkk o
$not a var
ssssssssss
EOF
kkk
for s in $(seq 0 3); do SHARD=$s cargo test; done
kkk   kk   fff n n   kk pppppopp             kkkk
echo ${#a} foo#bar
ffff ppppp
"####,
    ),
    (
        Language::Sql,
        r####"
SELECT name, count(*) AS n FROM users -- all
kkkkkk       fffff o  kk   kkkk       cccccc
WHERE name LIKE 'it''s%' AND age >= 18 /* x */ ORDER BY n DESC;
kkkkk      kkkk ssssssss kkk     oo nn ccccccc kkkkk kk   kkkk
CREATE TABLE t (id INTEGER PRIMARY KEY, name text NOT NULL);
kkkkkk kkkkk       ttttttt kkkkkkk kkk       tttt kkk CCCC
"####,
    ),
    (
        Language::Json,
        r####"
{ "key": "va\"lue", "n": -1.5e3, // c
  ppppp  sssssssss  ppp  nnnnnn  cccc
  "list": [true, null, "x"] }
  pppppp   CCCC  CCCC  sss
"####,
    ),
    (
        Language::Toml,
        r####"
# c
ccc
[package.meta]
tttttttttttttt
name = "x" # c
pppp o sss ccc
version = { a = 1, features = ["b"] }
ppppppp o   p o n  pppppppp o  sss
date = 2026-11-23T10:00:00Z
pppp o nnnnnnnnnnnnnnnnnnnn
text = """
pppp o sss
many " lines
ssssssssssss
"""
sss
flag = true
pppp o CCCC
"####,
    ),
    (
        Language::Yaml,
        r####"
---
kkk
name: build # c
ppppo ssssssccc
on: [push, pull]
ppo  ssss  ssss
steps:
pppppo
  - run: |
  o pppo o
      cargo test
ssssssssssssssss
      echo hi: x
ssssssssssssssss
  - uses: actions/checkout@v4
  o ppppo sssssssssssssssssss
    with: { depth: 1, x: "a" }
    ppppo   pppppo n  po sss
key: 'it''s'
pppo sssssss
n: 1.5
po nnn
b: true
po CCCC
url: http://x.y/z
pppo ssssssssssss
anchor: &a *b
ppppppo aa aa
"####,
    ),
    (
        Language::Html,
        r####"
<!DOCTYPE html>
okkkkkkkk ppppo
<div class="a b" id=x disabled>text &amp; <b>bold</b><!-- c
okkk ppppposssss ppos ppppppppo     CCCCC oko    ookocccccc
d --></div>
cccccookkko
<script type="m">
okkkkkk ppppossso
let a = "<b>";

</script><br/>a < b
ookkkkkkookkoo
"####,
    ),
    (
        Language::Css,
        r####"
@media (max-width: 10px) {
kkkkkk  kkkkkkkkka nnnn
  .a > b:hover, #id { color: #fff; margin: 0 -1px 1.5em; --x: var(--y, 2%); } /* c
  tt o kaaaaaa  ttt   pppppo nnnn  ppppppo n      nnnnn  pppo fff ppp  nn     cccc
 d */
ccccc
}

$v: 1px;
ppo nnn
a::before { content: "x" !important }
kaaaaaaaa   pppppppo sss kkkkkkkkkk
"####,
    ),
    (
        Language::Markdown,
        r####"
# Head
hhhhhh
text **bold** and *em* `code` [l](u) snake_case_word
     bbbbbbbb     iiii `````` llllll
- item
m
1. one
mm
> quote
qqqqqqq
```rust
mmmmmmm
let x;
``````
```
mmm
end

"####,
    ),
    (
        Language::Docker,
        r####"
FROM rust:1.95 AS build
kkkk           kk
# c
ccc
RUN cargo build --release \
kkk             aaaaaaaaa o
  && echo "$X ${Y}"
  oo      sssssssss
ENV A=b
kkk  o
"####,
    ),
    (
        Language::Make,
        r####"
CC ?= gcc
pp oo
.PHONY: all
ffffffo
all: $(OBJS) main.o # c
fffo ppppppp        ccc
	@$(CC) -o $@ $< "x"
 oppppp    pp pp sss
ifeq ($(A),b)
kkkk  pppp
endif
kkkkk
"####,
    ),
    (
        Language::Diff,
        r####"
diff --git a/x b/x
@@@@@@@@@@@@@@@@@@
--- a/x
@@@@@@@
+++ b/x
@@@@@@@
@@ -1 +1 @@
@@@@@@@@@@@
-old
----
+new
++++
 same

"####,
    ),
];
