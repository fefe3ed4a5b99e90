//! `creel completions` and `creel man`, for those who package it.

use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;

use crate::command::cli::Cli;
use crate::command::{Ended, Face, exit};

pub fn completions(shell: Shell, face: &mut Face<'_>) -> Ended {
    // Into a buffer first: the generator panics when it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "creel", &mut script);
    face.out.write_all(&script)?;
    Ok(exit::DONE)
}

/// One page for all commands.
pub fn man(face: &mut Face<'_>) -> Ended {
    let mut command = Cli::command();
    command.build();
    let mut page = Vec::new();
    Man::new(command.clone()).render(&mut page)?;
    for sub in command
        .get_subcommands()
        .filter(|sub| sub.get_name() != "help")
    {
        section(sub, &mut page)?;
    }
    face.out.write_all(&page)?;
    Ok(exit::DONE)
}

fn section(command: &Command, page: &mut Vec<u8>) -> Result<(), std::io::Error> {
    let name = command
        .get_bin_name()
        .unwrap_or(command.get_name())
        .to_owned();
    let man = Man::new(command.clone());
    let mut part = Vec::new();
    man.render_synopsis_section(&mut part)?;
    man.render_description_section(&mut part)?;
    man.render_options_section(&mut part)?;
    // The parts of a command are smaller sections under its name.
    let part = String::from_utf8_lossy(&part).replace(".SH ", ".SS ");
    page.extend(format!(".SH \"{}\"\n{part}", name.to_uppercase()).bytes());
    for sub in command
        .get_subcommands()
        .filter(|sub| sub.get_name() != "help")
    {
        section(sub, page)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::tests::written;

    #[tokio::test]
    async fn the_manual_has_every_command() {
        let (page, err, code) = written(b"", async |face: &mut Face<'_>| man(face)).await;
        assert_eq!((err.as_str(), code), ("", 0));
        for wanted in [
            ".TH creel 1",
            ".SH \"CREEL RUN\"",
            "max\\-steps",
            ".SH \"CREEL CONFIG SHOW\"",
            "143",
        ] {
            assert!(page.contains(wanted), "{wanted}");
        }
    }

    #[tokio::test]
    async fn every_shell_has_completions() {
        for shell in [
            Shell::Bash,
            Shell::Elvish,
            Shell::Fish,
            Shell::PowerShell,
            Shell::Zsh,
        ] {
            let (script, _, code) =
                written(b"", async |face: &mut Face<'_>| completions(shell, face)).await;
            assert!(code == 0 && script.contains("max-steps"), "{shell}");
        }
    }
}
